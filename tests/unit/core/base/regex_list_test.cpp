#include "core/base/regex_list.h"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "core/base/regex.h"
#include "core/base/text.h"

namespace limpet {
namespace {

class Expressions {
 public:
  void add(const std::string& pattern) {
    owned_.push_back(compile_regex(pattern));
    ASSERT_NE(owned_.back(), nullptr) << pattern;
    pointers_.push_back(owned_.back().get());
  }

  RegexList list() const { return RegexList(pointers_); }

  std::vector<size_t> that_take(std::string_view text) const {
    std::vector<size_t> indices;
    for (size_t i = 0; i < pointers_.size(); ++i) {
      if (RE2::FullMatch(text, *pointers_[i])) indices.push_back(i);
    }
    return indices;
  }

  // Those that the list leads to and that do take it; `tries` is how many it leads to.
  std::vector<size_t> found(const RegexList& list, std::string_view text, size_t* tries) const {
    std::vector<size_t> indices;
    *tries = 0;
    list.visit_likely(text, [&](size_t index) {
      ++*tries;
      if (RE2::FullMatch(text, *pointers_[index])) indices.push_back(index);
      return false;
    });
    return indices;
  }

 private:
  std::vector<std::shared_ptr<const RE2>> owned_;
  std::vector<const RE2*> pointers_;
};

TEST(RegexListTest, NoneTakesNothing) {
  EXPECT_FALSE(RegexList().visit_likely("/", [](size_t) { return true; }));
}

TEST(RegexListTest, StopsAtTheFirstThatIsTaken) {
  Expressions expressions;
  for (int i = 0; i < 100; ++i) expressions.add(str_cat("/", i % 10, "/.*"));
  std::vector<size_t> visited;
  EXPECT_TRUE(expressions.list().visit_likely("/7/x", [&](size_t index) {
    visited.push_back(index);
    return index >= 17;
  }));
  EXPECT_EQ(visited.back(), 17U);
}

TEST(RegexListTest, TriesFewOfMany) {
  Expressions expressions;
  for (int i = 0; i < 1'000; ++i) expressions.add(str_cat("/api/v", i, "/[a-z]+"));
  const RegexList list = expressions.list();
  size_t tries = 0;
  EXPECT_EQ(expressions.found(list, "/api/v617/items", &tries), std::vector<size_t>{617});
  EXPECT_LE(tries, 8U);
  EXPECT_TRUE(expressions.found(list, "/api/v617/items/", &tries).empty());
  EXPECT_EQ(tries, 0U);
}

// Random expressions over a small alphabet, of which many take a text, against trying each.
TEST(RegexListTest, LeadsToAllThatTakeATextInTheirOrder) {
  std::mt19937 random(11);
  const std::vector<std::string> parts = {"a", "b", "ab", "[ab]", ".*", "(a|bb)", "a?", "b+",
                                          "\\x{e4}", "", "$", "^", "(?i)A", "\\b", "[^a]"};
  const std::vector<std::string> letters = {"a", "b", "A", "\xc3\xa4", "\xff", "\n", " "};
  const auto any = [&](const std::vector<std::string>& of) { return of[random() % of.size()]; };
  size_t taken = 0;
  for (int round = 0; round < 60; ++round) {
    Expressions expressions;
    for (size_t n = random() % 60; n > 0; --n) {
      expressions.add(str_cat(any(parts), any(parts), any(parts)));
    }
    const RegexList list = expressions.list();
    for (int i = 0; i < 100; ++i) {
      std::string text;
      for (size_t n = random() % 5; n > 0; --n) text += any(letters);
      size_t tries = 0;
      const std::vector<size_t> expected = expressions.that_take(text);
      EXPECT_EQ(expressions.found(list, text, &tries), expected) << text;
      taken += expected.size();
    }
  }
  EXPECT_GT(taken, 1'000U);
}

// A repetition of thousands is too large for the automata's memory; each says for itself then.
TEST(RegexListTest, ThoseThatAreTooLargeTogetherAreTriedOneByOne) {
  Expressions expressions;
  for (int i = 0; i < 40; ++i) expressions.add(str_cat("((x{30}){25}|", i, ")y?"));
  const RegexList list = expressions.list();
  size_t tries = 0;
  EXPECT_EQ(expressions.found(list, "23", &tries), std::vector<size_t>{23});
  EXPECT_EQ(expressions.found(list, std::string(750, 'x'), &tries).size(), 40U);
}

}  // namespace
}  // namespace limpet
