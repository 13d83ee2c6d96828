#include "cli/output/table.h"

#include <algorithm>

namespace limpet::cli {
namespace {

const std::string& shown(const std::string& cell) {
  static const std::string kNone = "<none>";
  return cell.empty() ? kNone : cell;
}

// In characters rather than bytes; wide ones count as one.
size_t width_of(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

std::string Table::to_string() const {
  std::vector<size_t> widths;
  return to_string(widths, true);
}

std::string Table::to_string(std::vector<size_t>& widths, bool with_header) const {
  constexpr size_t kGap = 3;
  widths.resize(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width_of(shown(row[i])));
  }
  std::string out;
  for (const auto& row : rows_) {
    if (&row == &rows_.front() && !with_header) continue;
    for (size_t i = 0; i < row.size(); ++i) {
      out += shown(row[i]);
      if (i + 1 < row.size()) out.append(widths[i] - width_of(shown(row[i])) + kGap, ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace limpet::cli
