#include "cli/jsonpath/parser.h"

#include <string>

#include <gtest/gtest.h>

namespace limpet::cli::jsonpath {
namespace {

std::string error(const std::string& source) {
  const auto parts = parse_template(source);
  return parts.ok() ? "" : std::string(parts.status().message());
}

TEST(ParserTest, MistakesAreToldWithTheirColumn) {
  EXPECT_EQ(error("{.items[*}"), "column 10: unexpected \"}\"");
  EXPECT_EQ(error("{.items[0"), "column 10: a ] is missing");
  EXPECT_EQ(error("{.items"), "column 8: a } is missing");
  EXPECT_EQ(error("{}"), "column 2: nothing between { and }");
  EXPECT_EQ(error("{items}"), "column 2: unexpected \"i\"");
  EXPECT_EQ(error("{.a..}{.b.}{.[}"),
            "column 15: must be a number, a slice such as 1:3, a name "
            "in quotes, * or ?()");
  EXPECT_EQ(error("{.items[a]}"),
            "column 9: must be a number, a slice such as 1:3, a name in "
            "quotes, * or ?()");
  EXPECT_EQ(error("{.items[0:2:0]}"), "column 9: the step of a slice must be above 0");
  EXPECT_EQ(error("{.items['a]}"), "column 9: this quote does not end");
  EXPECT_EQ(error("{.items[?@.a]}"), "column 10: a filter is ?(...)");
  EXPECT_EQ(error("{.items[?(@.a=1)]}"), "column 14: must be ==, !=, <, <=, >, >= or )");
  EXPECT_EQ(error("{.items[?(@.a==)]}"), "column 16: unexpected \")\"");
  EXPECT_EQ(error("{range .items[*]}{.a}"), "column 18: this range has no {end}");
  EXPECT_EQ(error("x{end}"), "column 3: {end} without a range");
  EXPECT_EQ(error("{['a',b]}"), "column 7: unexpected \"b\"");
  EXPECT_EQ(error("{['a',"), "column 7: it ends too early");
  // Characters, not bytes.
  EXPECT_EQ(error("\xC3\xA4{x}"), "column 3: unexpected \"x\"");
}

TEST(ParserTest, NestingAndLengthHaveLimits) {
  std::string nested;
  for (int i = 0; i < 100; ++i) nested += "{range .a}";
  EXPECT_NE(error(nested).find("more than 16 ranges"), std::string::npos);
  nested = "{.a";
  for (int i = 0; i < 100; ++i) nested += "[?(@";
  EXPECT_NE(error(nested).find("more than 16 filters"), std::string::npos);
  EXPECT_NE(error(std::string(kMaxTemplateBytes + 1, 'x')).find("longer"), std::string::npos);
}

TEST(ParserTest, ThePartsOfATemplate) {
  const auto parts = parse_template("a{range .b[*]}{.c}{end}");
  ASSERT_TRUE(parts.ok());
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ((*parts)[0].text, "a");
  EXPECT_EQ((*parts)[1].kind, Part::Kind::kRange);
  ASSERT_EQ((*parts)[1].path.steps.size(), 2U);
  EXPECT_EQ((*parts)[1].path.steps[1].kind, Step::Kind::kWildcard);
  ASSERT_EQ((*parts)[1].parts.size(), 1U);
  EXPECT_EQ((*parts)[1].parts[0].path.steps[0].names, std::vector<std::string>{"c"});
}

}  // namespace
}  // namespace limpet::cli::jsonpath
