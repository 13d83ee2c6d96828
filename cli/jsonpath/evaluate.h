#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "cli/jsonpath/syntax.h"
#include "manifest/document.h"

namespace limpet::cli::jsonpath {

// Nodes that one evaluation may look at: descents into descents see everything very often.
inline constexpr size_t kMaxSteps = 20'000'000;

using Nodes = std::vector<const DocumentNode*>;

// What the path leads to, in the document's order; nothing where something on the way is missing.
// The nodes are the document's.
absl::StatusOr<Nodes> find(const Path& path, const DocumentNode& root,
                           size_t max_steps = kMaxSteps);

// The template with its paths replaced by what they lead to: several with spaces between.
absl::StatusOr<std::string> render(const std::vector<Part>& parts, const DocumentNode& root,
                                   size_t max_steps = kMaxSteps);

// A scalar as it is, a list or a map as JSON in one line.
std::string text_of(const DocumentNode& node);

}  // namespace limpet::cli::jsonpath
