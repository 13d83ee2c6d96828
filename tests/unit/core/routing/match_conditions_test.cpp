#include "core/routing/match_conditions.h"

#include <gtest/gtest.h>

#include "core/base/regex.h"
#include "tests/support/header_list.h"

namespace limpet {
namespace {

using testing::HeaderList;
using Fields = HeaderList::Fields;

std::string param(std::string_view query, std::string_view name) {
  std::string scratch;
  std::string_view value;
  return find_param(query, name, scratch, value) ? std::string(value) : "(none)";
}

TEST(MatchConditions, OfSeveralParametersTheFirstCounts) {
  EXPECT_EQ(param("a=1&b=2&a=3", "a"), "1");
  EXPECT_EQ(param("a=1&b=2&a=3", "b"), "2");
  EXPECT_EQ(param("a=1&b=2", "c"), "(none)");
  EXPECT_EQ(param("", "a"), "(none)");
  EXPECT_EQ(param("&&a=1", "a"), "1");
  EXPECT_EQ(param("a", "a"), "");
  EXPECT_EQ(param("a=", "a"), "");
  EXPECT_EQ(param("a=b=c", "a"), "b=c");
  EXPECT_EQ(param("aa=1", "a"), "(none)");
}

TEST(MatchConditions, ParametersAreComparedDecoded) {
  EXPECT_EQ(param("q=a%20b+c", "q"), "a b c");
  EXPECT_EQ(param("%71=1", "q"), "1");
  EXPECT_EQ(param("q=%2", "q"), "%2");
  EXPECT_EQ(param("q=%zz%41", "q"), "%zzA");
}

bool holds(const MatchConditions& conditions, const HeaderList::Fields& fields,
           std::string_view query = {}, std::string_view method = "GET") {
  const HeaderList headers(fields);
  return conditions.hold({"h", "/a", query, method, &headers});
}

TEST(MatchConditions, AllMustHold) {
  MatchConditions conditions;
  conditions.method = "POST";
  conditions.headers = {{"x-a", "1", nullptr}};
  conditions.params = {{"q", "2", nullptr}};
  EXPECT_TRUE(holds(conditions, Fields{{"X-A", "1"}}, "q=2", "POST"));
  EXPECT_FALSE(holds(conditions, Fields{{"X-A", "1"}}, "q=2", "GET"));
  EXPECT_FALSE(holds(conditions, Fields{{"X-A", "2"}}, "q=2", "POST"));
  EXPECT_FALSE(holds(conditions, Fields{{"X-A", "1"}}, "q=3", "POST"));
  EXPECT_FALSE(conditions.hold({"h", "/a", "q=2", "POST", nullptr}));
}

TEST(MatchConditions, RepeatedFieldsAreOneList) {
  MatchConditions conditions;
  conditions.headers = {{"accept", "a,,b", nullptr}};
  EXPECT_TRUE(holds(conditions,
                    Fields{{"Accept", "a"}, {"x", "y"}, {"ACCEPT", ""}, {"accept", "b"}}));
  EXPECT_FALSE(holds(conditions, Fields{{"Accept", "a"}}));
}

TEST(MatchConditions, RegularExpressionsTakeTheWholeValue) {
  MatchConditions conditions;
  conditions.headers = {{"x", "", compile_regex("v[0-9]+")}};
  EXPECT_TRUE(holds(conditions, Fields{{"x", "v12"}}));
  EXPECT_FALSE(holds(conditions, Fields{{"x", "v12b"}}));
  EXPECT_FALSE(holds(conditions, Fields{{"x", "av12"}}));
  conditions = {};
  conditions.path = compile_regex("/a|/b");
  EXPECT_TRUE(holds(conditions, {}));
  EXPECT_FALSE(conditions.hold({"h", "/ab"}));
}

}  // namespace
}  // namespace limpet
