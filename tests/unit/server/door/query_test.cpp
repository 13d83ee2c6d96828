#include "server/door/query.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(ParseTarget, SegmentsAndParameters) {
  const auto target = parse_target("/v1/a%2Fb/c+d?x=1&y=a+b%2C%C3%A9&flag&empty=");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->path, (std::vector<std::string>{"v1", "a/b", "c+d"}));
  const std::map<std::string, std::string> expected = {
      {"x", "1"}, {"y", "a b,\xC3\xA9"}, {"flag", ""}, {"empty", ""}};
  EXPECT_EQ(target->parameters, expected);
}

TEST(ParseTarget, RefusesWhatIsNoText) {
  for (const char* wrong : {"/v1/%", "/v1/%4", "/v1/%zz", "/v1/%00", "/v1/a?x=%0a", "/v1/%FF",
                            "/v1/a?%C3=1", "/v1/a?x=1&x=2"}) {
    EXPECT_FALSE(parse_target(wrong).ok()) << wrong;
  }
}

TEST(ParseBool, ItsWords) {
  EXPECT_TRUE(*parse_bool("x", ""));
  EXPECT_TRUE(*parse_bool("x", "true"));
  EXPECT_FALSE(*parse_bool("x", "false"));
  EXPECT_EQ(parse_bool("x", "yes").status().message(), "x must be true or false, not yes");
}

TEST(ParseNumber, ItsBounds) {
  EXPECT_EQ(*parse_number("x", "18446744073709551615", UINT64_MAX), UINT64_MAX);
  for (const char* wrong : {"", "-1", "+1", " 1", "1.0", "18446744073709551616"}) {
    EXPECT_FALSE(parse_number("x", wrong, UINT64_MAX).ok()) << wrong;
  }
  EXPECT_FALSE(parse_number("x", "11", 10).ok());
}

}  // namespace
}  // namespace limpet
