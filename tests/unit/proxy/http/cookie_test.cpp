#include "proxy/http/cookie.h"

#include <vector>

#include <gtest/gtest.h>

namespace limpet::http {
namespace {

std::vector<std::string> values(std::vector<std::string_view> fields, std::string_view name) {
  Head head;
  for (const std::string_view field : fields) {
    head.fields[head.field_count++] = {"Cookie", field, FieldId::kCookie};
  }
  std::vector<std::string> found;
  visit_cookies(head, name, [&](std::string_view value) {
    found.emplace_back(value);
    return false;
  });
  return found;
}

using Values = std::vector<std::string>;

TEST(Cookie, IsFoundByItsExactName) {
  EXPECT_EQ(values({"a=1; sid=x; b=2"}, "sid"), Values{"x"});
  EXPECT_EQ(values({"sid=x;sid=y", "sid=\"z\""}, "sid"), (Values{"x", "y", "z"}));
  EXPECT_EQ(values({"SID=x; xsid=y; sidx=z"}, "sid"), Values{});
  EXPECT_EQ(values({"sid"}, "sid"), Values{""});
  EXPECT_EQ(values({"sid=a=b"}, "sid"), Values{"a=b"});
  EXPECT_EQ(values({" ; ;; sid = x ;"}, "sid"), Values{"x"});
}

TEST(Cookie, TheOthersArePassedOn) {
  const auto others = [](std::string_view value) {
    std::string out;
    append_other_cookies(value, "sid", out);
    return out;
  };
  EXPECT_EQ(others("a=1; sid=x; b=2"), "a=1; b=2");
  EXPECT_EQ(others("sid=x"), "");
  EXPECT_EQ(others("sid=x; sid=y; c"), "c");
  EXPECT_EQ(others("a=\"1; 2\""), "a=\"1; 2\"");
}

}  // namespace
}  // namespace limpet::http
