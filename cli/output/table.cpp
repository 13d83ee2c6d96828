#include "cli/output/table.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include "cli/output/width.h"

namespace limpet::cli {
namespace {

constexpr size_t kGap = 3;
constexpr size_t kSmallestColumn = 8;  // less says nothing

constexpr std::string_view kIdentifying[] = {"NAME",     "NAMESPACE", "NODE",
                                             "REVISION", "KIND",      "EVENT"};

const std::string& shown(const std::string& cell) {
  static const std::string kNone = "<none>";
  return cell.empty() ? kNone : cell;
}

}  // namespace

void fit_widths(std::vector<size_t>& widths, const std::vector<size_t>& smallest, size_t columns) {
  size_t total = std::accumulate(widths.begin(), widths.end(), kGap * (widths.size() - 1));
  while (total > columns) {
    size_t widest = widths.size();
    for (size_t i = 0; i < widths.size(); ++i) {
      const bool elastic = widths[i] > smallest[i];
      if (elastic && (widest == widths.size() || widths[i] > widths[widest])) widest = i;
    }
    if (widest == widths.size()) return;
    --widths[widest];
    --total;
  }
}

std::vector<size_t> Table::smallest_widths(const std::vector<size_t>& widths) const {
  std::vector<size_t> smallest;
  for (size_t i = 0; i < widths.size(); ++i) {
    const std::string& title = rows_.front()[i];
    const bool whole = std::ranges::find(kIdentifying, title) != std::end(kIdentifying);
    smallest.push_back(
        whole ? widths[i] : std::min(widths[i], std::max(kSmallestColumn, display_width(title))));
  }
  return smallest;
}

std::string Table::to_string(const TableLayout& layout) const {
  std::vector<size_t> widths;
  return to_string(widths, layout);
}

std::string Table::to_string(std::vector<size_t>& widths, const TableLayout& layout) const {
  widths.resize(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    if (&row == &rows_.front() && !layout.with_header) continue;
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(shown(row[i])));
    }
  }
  if (layout.columns > 0) fit_widths(widths, smallest_widths(widths), layout.columns);
  std::string out;
  for (const auto& row : rows_) {
    if (&row == &rows_.front() && !layout.with_header) continue;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string cell =
          layout.columns > 0 ? shortened(shown(row[i]), widths[i]) : shown(row[i]);
      out += cell;
      if (i + 1 < row.size()) out.append(widths[i] - display_width(cell) + kGap, ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace limpet::cli
