#include "core/base/regex_list.h"

#include "core/base/regex.h"

namespace limpet {

RegexList::RegexList(const std::vector<const RE2*>& expressions) : size_(expressions.size()) {
  if (size_ > kTriedOneByOne) build(expressions, kWhole, 0, size_);
}

void RegexList::build(const std::vector<const RE2*>& expressions, size_t part, size_t begin,
                      size_t end) {
  if (automata_.size() <= part) automata_.resize(part + 1);
  automata_[part] = compile_regex_set(
      {expressions.data() + begin, expressions.data() + end});
  const size_t half = middle(begin, end);
  if (half - begin > kTriedOneByOne) build(expressions, 2 * part, begin, half);
  if (end - half > kTriedOneByOne) build(expressions, 2 * part + 1, half, end);
}

bool RegexList::may_take(size_t part, std::string_view text) const {
  const RE2::Set* set = automata_[part].get();
  if (set == nullptr) return true;
  RE2::Set::ErrorInfo error;
  // Where its memory does not suffice for the text, each expression is left to say for itself.
  return set->Match(text, nullptr, &error) || error.kind != RE2::Set::kNoError;
}

}  // namespace limpet
