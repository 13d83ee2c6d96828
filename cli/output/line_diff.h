// What turns one text into another, line by line, as `diff -u` shows it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace limpet::cli {

struct DiffLine {
  enum class Mark : char { kSame = ' ', kRemoved = '-', kAdded = '+' };
  Mark mark;
  std::string_view text;  // of the text it comes from, without the line feed

  friend bool operator==(const DiffLine&, const DiffLine&) = default;
};

// All lines of both texts, as few of them as can be removed or added; texts that have thousands of
// differences are told as one removal and one addition. The result refers to the texts.
std::vector<DiffLine> diff_lines(std::string_view before, std::string_view after);

struct DiffStyle {
  std::string before_name;  // behind "---"
  std::string after_name;   // behind "+++"
  bool color = false;       // for a terminal
};

// Hunks with three lines around each change; "" when the texts are the same.
std::string unified_diff(std::string_view before, std::string_view after, const DiffStyle& style);

}  // namespace limpet::cli
