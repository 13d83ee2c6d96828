// Myers, "An O(ND) Difference Algorithm and Its Variations" (1986): on diagonal k = x - y of the
// grid of both texts, how far d edits lead, for d = 0, 1, ... until the far corner is reached.
#include "cli/output/line_diff.h"

#include <algorithm>
#include <map>

#include "core/base/text.h"

namespace limpet::cli {
namespace {

using Mark = DiffLine::Mark;
using Lines = std::vector<std::string_view>;

constexpr size_t kContext = 3;
// The search takes memory in proportion to the square: 2,000 edits are 8 MB.
constexpr int kMaxEdits = 2000;

Lines split(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

class Search {
 public:
  Search(const Lines& before, const Lines& after)
      : n_(static_cast<int>(before.size())), m_(static_cast<int>(after.size())) {
    // Numbered, so that comparing two lines is comparing two numbers.
    std::map<std::string_view, int> numbers;
    const auto number = [&numbers](std::string_view line) {
      return numbers.try_emplace(line, static_cast<int>(numbers.size())).first->second;
    };
    for (std::string_view line : before) before_.push_back(number(line));
    for (std::string_view line : after) after_.push_back(number(line));
  }

  // The marks of all lines in order; nothing when there are too many edits.
  std::vector<Mark> run() {
    for (int edits = 0; edits <= kMaxEdits; ++edits) {
      if (extend(edits)) return trace_back(edits);
    }
    return {};
  }

 private:
  // reach_[d][i] is the x that d edits lead to on diagonal k = 2i - d.
  bool extend(int d) {
    std::vector<int> reach(static_cast<size_t>(d) + 1);
    for (int i = 0; i <= d; ++i) {
      const int k = 2 * i - d;
      int x = d == 0 ? 0 : adds(d, i) ? at(d - 1, i) : at(d - 1, i - 1) + 1;
      while (x < n_ && x - k < m_ && same(x, x - k)) ++x;
      reach[static_cast<size_t>(i)] = x;
      if (x >= n_ && x - k >= m_) {
        reach_.push_back(std::move(reach));
        return true;
      }
    }
    reach_.push_back(std::move(reach));
    return false;
  }

  // Whether the d-th edit of a path to diagonal 2i - d adds a line; else it removes one.
  bool adds(int d, int i) const { return i == 0 || (i != d && at(d - 1, i - 1) < at(d - 1, i)); }

  std::vector<Mark> trace_back(int edits) const {
    std::vector<Mark> marks;
    int x = n_;
    int y = m_;
    for (int d = edits; d > 0; --d) {
      const int i = (x - y + d) / 2;
      const bool added = adds(d, i);
      const int start = added ? at(d - 1, i) : at(d - 1, i - 1) + 1;
      y -= x - start;
      for (; x > start; --x) marks.push_back(Mark::kSame);
      marks.push_back(added ? Mark::kAdded : Mark::kRemoved);
      --(added ? y : x);
    }
    marks.insert(marks.end(), static_cast<size_t>(x), Mark::kSame);
    std::reverse(marks.begin(), marks.end());
    return marks;
  }

  int at(int d, int i) const { return reach_[static_cast<size_t>(d)][static_cast<size_t>(i)]; }
  bool same(int x, int y) const {
    return before_[static_cast<size_t>(x)] == after_[static_cast<size_t>(y)];
  }

  const int n_;
  const int m_;
  std::vector<int> before_;
  std::vector<int> after_;
  std::vector<std::vector<int>> reach_;
};

std::vector<Mark> marks_of(const Lines& before, const Lines& after) {
  std::vector<Mark> marks = Search(before, after).run();
  if (marks.empty()) {
    marks.assign(before.size(), Mark::kRemoved);
    marks.insert(marks.end(), after.size(), Mark::kAdded);
  }
  return marks;
}

std::string_view color_of(std::string_view line) {
  switch (line.front()) {
    case '-':
      return "\x1b[31m";
    case '+':
      return "\x1b[32m";
    case '@':
      return "\x1b[36m";
    default:
      return "";
  }
}

// Takes a text apart into hunks and writes them.
class UnifiedWriter {
 public:
  explicit UnifiedWriter(const DiffStyle& style) : style_(style) {}

  std::string write(const std::vector<DiffLine>& lines) {
    line(str_cat("--- ", style_.before_name));
    line(str_cat("+++ ", style_.after_name));
    for (size_t begin = 0; begin < lines.size();) {
      const size_t change = next_change(lines, begin);
      if (change == lines.size()) break;
      const size_t first = std::max(begin, change - std::min(change, kContext));
      advance(lines, begin, first);
      begin = end_of_hunk(lines, change);
      hunk(lines, first, begin);
    }
    return std::move(out_);
  }

 private:
  static size_t next_change(const std::vector<DiffLine>& lines, size_t from) {
    while (from < lines.size() && lines[from].mark == Mark::kSame) ++from;
    return from;
  }

  // Changes whose surroundings touch are told in one hunk.
  static size_t end_of_hunk(const std::vector<DiffLine>& lines, size_t change) {
    size_t end = change;
    for (size_t next = change; next < lines.size() && next <= end + 2 * kContext;) {
      end = next + 1;
      next = next_change(lines, end);
    }
    return std::min(end + kContext, lines.size());
  }

  void advance(const std::vector<DiffLine>& lines, size_t begin, size_t end) {
    for (; begin < end; ++begin) {
      if (lines[begin].mark != Mark::kAdded) ++before_line_;
      if (lines[begin].mark != Mark::kRemoved) ++after_line_;
    }
  }

  void hunk(const std::vector<DiffLine>& lines, size_t begin, size_t end) {
    const size_t before = before_line_;
    const size_t after = after_line_;
    advance(lines, begin, end);
    line(str_cat("@@ -", range(before, before_line_), " +", range(after, after_line_), " @@"));
    for (; begin < end; ++begin) {
      line(str_cat(std::string(1, static_cast<char>(lines[begin].mark)), lines[begin].text));
    }
  }

  // "FIRST,COUNT"; an empty range is named by the line before it.
  static std::string range(size_t begin, size_t end) {
    return str_cat(begin == end ? begin : begin + 1, ",", end - begin);
  }

  void line(const std::string& text) {
    const std::string_view color = style_.color ? color_of(text) : "";
    out_ += str_cat(color, text, color.empty() ? "\n" : "\x1b[m\n");
  }

  const DiffStyle& style_;
  std::string out_;
  size_t before_line_ = 0;  // lines already told, of each text
  size_t after_line_ = 0;
};

}  // namespace

std::vector<DiffLine> diff_lines(std::string_view before, std::string_view after) {
  const Lines old_lines = split(before);
  const Lines new_lines = split(after);
  std::vector<DiffLine> result;
  size_t x = 0;
  size_t y = 0;
  for (Mark mark : marks_of(old_lines, new_lines)) {
    result.push_back({mark, mark == Mark::kAdded ? new_lines[y] : old_lines[x]});
    if (mark != Mark::kAdded) ++x;
    if (mark != Mark::kRemoved) ++y;
  }
  return result;
}

std::string unified_diff(std::string_view before, std::string_view after, const DiffStyle& style) {
  if (before == after) return {};
  return UnifiedWriter(style).write(diff_lines(before, after));
}

}  // namespace limpet::cli
