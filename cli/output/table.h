#pragma once

#include <string>
#include <vector>

namespace limpet::cli {

struct TableLayout {
  bool with_header = true;
  size_t columns = 0;  // of the terminal that the table is to fit into; 0: none
};

// Columns as wide as their widest cell, three spaces apart, as kubectl has them. An empty cell is
// shown as "<none>", so that a line can be split at spaces.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}

  // Requires: as many cells as the header has.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.size() == 1; }
  std::string to_string(const TableLayout& layout = {}) const;
  // For a table that is shown piece by piece: the columns are at least as wide as `widths`, which
  // then are those of this piece.
  std::string to_string(std::vector<size_t>& widths, const TableLayout& layout) const;

 private:
  // Columns that say which row it is (NAME, NODE, ...) stay whole.
  std::vector<size_t> smallest_widths(const std::vector<size_t>& widths) const;

  std::vector<std::vector<std::string>> rows_;
};

// Takes from the widest columns, one after the other, until all of them and the gaps between fit
// into `columns`, or until none is above its smallest width.
void fit_widths(std::vector<size_t>& widths, const std::vector<size_t>& smallest, size_t columns);

}  // namespace limpet::cli
