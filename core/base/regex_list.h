// Many regular expressions, to find the first that takes a text without trying each of them.
//
// They are cut in halves, and those again, down to a few. Each part has one automaton that says in
// one pass over the text whether any expression of the part takes it; parts that say no are left
// out. So the first of n is found in about log n passes, and that there is none in one.
//
// Immutable, to be asked by any number of threads. To ask takes no memory but what RE2 keeps for
// texts it has not seen the like of: within regex.cpp's limit for each part.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <re2/re2.h>
#include <re2/set.h>

namespace limpet {

class RegexList {
 public:
  RegexList() = default;
  // None may be null.
  explicit RegexList(const std::vector<const RE2*>& expressions);

  // Calls visit(index) for those that may take the whole of the text, in their order, until it
  // returns true; then returns true. A few that do not take it are among them.
  template <typename Visit>
  bool visit_likely(std::string_view text, Visit&& visit) const {
    return visit_part(kWhole, 0, size_, text, visit);
  }

 private:
  // Parts are numbered as in a heap: the halves of `part` are 2 * part and 2 * part + 1.
  static constexpr size_t kWhole = 1;
  // Parts that are no larger have no automaton.
  static constexpr size_t kTriedOneByOne = 4;

  static size_t middle(size_t begin, size_t end) { return begin + (end - begin) / 2; }

  void build(const std::vector<const RE2*>& expressions, size_t part, size_t begin, size_t end);
  bool may_take(size_t part, std::string_view text) const;

  template <typename Visit>
  bool visit_part(size_t part, size_t begin, size_t end, std::string_view text,
                  Visit& visit) const {
    if (end - begin <= kTriedOneByOne) {
      for (size_t index = begin; index < end; ++index) {
        if (visit(index)) return true;
      }
      return false;
    }
    if (!may_take(part, text)) return false;
    const size_t half = middle(begin, end);
    return visit_part(2 * part, begin, half, text, visit) ||
           visit_part(2 * part + 1, half, end, text, visit);
  }

  size_t size_ = 0;
  std::vector<std::unique_ptr<RE2::Set>> automata_;  // by part; null: none, the part may take it
};

}  // namespace limpet
