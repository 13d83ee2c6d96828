#include "cli/output/line_diff.h"

#include <gtest/gtest.h>

namespace limpet::cli {
namespace {

using Mark = DiffLine::Mark;

// "abc" is the text of three lines "a", "b" and "c".
std::string lines_of(std::string_view letters) {
  std::string text;
  for (char letter : letters) text += std::string(1, letter) + "\n";
  return text;
}

// "a-b+c": marks stand before what they mark.
std::string marked(const std::string& before, const std::string& after) {
  std::string text;
  for (const DiffLine& line : diff_lines(before, after)) {
    if (line.mark != Mark::kSame) text += static_cast<char>(line.mark);
    text += line.text;
  }
  return text;
}

TEST(DiffLines, TellsWhatIsRemovedAndAdded) {
  const std::string_view cases[][3] = {
      {"", "", ""},
      {"a", "a", "a"},
      {"", "ab", "+a+b"},
      {"ab", "", "-a-b"},
      {"abc", "ac", "a-bc"},
      {"ac", "abc", "a+bc"},
      {"abc", "axc", "a-b+xc"},
      {"ab", "xy", "-a-b+x+y"},
      {"aab", "ab", "a-ab"},
  };
  for (const auto& [before, after, expected] : cases) {
    EXPECT_EQ(marked(lines_of(before), lines_of(after)), expected) << before << " -> " << after;
  }
}

// The paper's own example: the shortest script has five edits.
TEST(DiffLines, FindsTheShortestScript) {
  const std::string before = lines_of("abcabba");
  const std::string after = lines_of("cbabac");
  const auto lines = diff_lines(before, after);
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const DiffLine& line) { return line.mark != Mark::kSame; }),
            5);
}

// Every pair of texts of up to five lines over two letters: each side can be read back.
TEST(DiffLines, HoldsBothTextsWhole) {
  std::vector<std::string> texts{""};
  for (size_t i = 0; texts[i].size() < 5; ++i) {
    texts.push_back(texts[i] + "a");
    texts.push_back(texts[i] + "b");
  }
  for (const std::string& x : texts) {
    for (const std::string& y : texts) {
      const std::string before = lines_of(x);
      const std::string after = lines_of(y);
      std::string old_side;
      std::string new_side;
      for (const DiffLine& line : diff_lines(before, after)) {
        if (line.mark != Mark::kAdded) old_side += line.text;
        if (line.mark != Mark::kRemoved) new_side += line.text;
      }
      ASSERT_EQ(old_side, x);
      ASSERT_EQ(new_side, y);
    }
  }
}

TEST(DiffLines, GivesUpOnThousandsOfEdits) {
  std::string before;
  std::string after;
  for (int i = 0; i < 3000; ++i) {
    before += "b" + std::to_string(i) + "\n";
    after += "a" + std::to_string(i) + "\n";
  }
  const auto lines = diff_lines(before, after);
  ASSERT_EQ(lines.size(), 6000U);
  EXPECT_EQ(lines.front(), (DiffLine{Mark::kRemoved, "b0"}));
  EXPECT_EQ(lines.back(), (DiffLine{Mark::kAdded, "a2999"}));
}

TEST(UnifiedDiff, IsEmptyForEqualTexts) { EXPECT_EQ(unified_diff("a\n", "a\n", {"x", "y"}), ""); }

TEST(UnifiedDiff, ShowsThreeLinesAround) {
  EXPECT_EQ(unified_diff(lines_of("abcdefghi"), lines_of("abcdXfghi"), {"x", "y"}),
            "--- x\n+++ y\n"
            "@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+X\n f\n g\n h\n");
}

TEST(UnifiedDiff, JoinsNearChangesAndSplitsFarOnes) {
  // Six lines between the changes are told in one hunk, seven are not.
  EXPECT_EQ(unified_diff(lines_of("a123456b"), lines_of("A123456B"), {"x", "y"}),
            "--- x\n+++ y\n"
            "@@ -1,8 +1,8 @@\n-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
  EXPECT_EQ(unified_diff(lines_of("a1234567b"), lines_of("A1234567B"), {"x", "y"}),
            "--- x\n+++ y\n"
            "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n"
            "@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}

TEST(UnifiedDiff, NamesEmptySides) {
  EXPECT_EQ(unified_diff("", "a\nb\n", {"/dev/null", "y"}),
            "--- /dev/null\n+++ y\n@@ -0,0 +1,2 @@\n+a\n+b\n");
  EXPECT_EQ(unified_diff("a\n", "", {"x", "/dev/null"}),
            "--- x\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n");
}

TEST(UnifiedDiff, ColorsLinesForATerminal) {
  EXPECT_EQ(unified_diff("a\nb\n", "a\nc\n", {"x", "y", true}),
            "\x1b[31m--- x\x1b[m\n\x1b[32m+++ y\x1b[m\n\x1b[36m@@ -1,2 +1,2 @@\x1b[m\n"
            " a\n\x1b[31m-b\x1b[m\n\x1b[32m+c\x1b[m\n");
}

}  // namespace
}  // namespace limpet::cli
