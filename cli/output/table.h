#pragma once

#include <string>
#include <vector>

namespace limpet::cli {

// Columns as wide as their widest cell, three spaces apart, as kubectl has them. An empty cell is
// shown as "<none>", so that a line can be split at spaces.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}

  // Requires: as many cells as the header has.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.size() == 1; }
  std::string to_string() const;
  // For a table that is shown piece by piece: the columns are at least as wide as `widths`, which
  // then are those of this piece.
  std::string to_string(std::vector<size_t>& widths, bool with_header) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace limpet::cli
