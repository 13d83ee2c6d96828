#pragma once

#include <string>
#include <string_view>

#include <absl/time/time.h>

namespace limpet::cli {

inline constexpr size_t kLabelWidth = 14;

// "Name:         fortio-route\n"; "<none>" when there is no value.
std::string label_line(std::string_view label, std::string_view value);

// "2026-11-23T10:24:49Z (5s ago)"
std::string time_text(absl::Time time, absl::Time now);

}  // namespace limpet::cli
