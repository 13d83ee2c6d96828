#pragma once

#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "cli/jsonpath/syntax.h"

namespace limpet::cli::jsonpath {

inline constexpr size_t kMaxTemplateBytes = 64 * 1024;
inline constexpr int kMaxNesting = 16;  // of ranges in ranges, and of filters in filters

// Errors begin with the place: "column 7: ".

// {range .items[*]}{.metadata.name}{"\n"}{end}. Text without any brace that begins like a path
// is one.
absl::StatusOr<std::vector<Part>> parse_template(std::string_view text);

// One path, as columns and orders are given: {.metadata.name}, .metadata.name or metadata.name.
absl::StatusOr<Path> parse_path(std::string_view text);

}  // namespace limpet::cli::jsonpath
