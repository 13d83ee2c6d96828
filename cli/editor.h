#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>

namespace limpet::cli {

// The words of an editor's command: split at spaces, but for those in quotes.
std::vector<std::string> editor_words(std::string_view command);

// Lets a person edit the file with $GWCTL_EDITOR, $VISUAL, $EDITOR or vi, and returns when that has
// ended. The error says what went wrong.
absl::Status edit_file(const std::string& file);

}  // namespace limpet::cli
