#include "proxy/http/date.h"

#include <gtest/gtest.h>

namespace limpet::http {
namespace {

std::string date(int64_t unix_s) {
  std::string out;
  append_date(unix_s, out);
  return out;
}

TEST(Date, IsAnImfFixdate) {
  EXPECT_EQ(date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date(1709251199), "Thu, 29 Feb 2024 23:59:59 GMT");
}

TEST(Date, OfCookiesIsReadAsBrowsersDo) {
  for (const char* text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "Sun, 6-nov-1994 8:49:37", "08:49:37 6 November 94",
        "1994 08:49:37 06 Nov", "06 Nov 1994 08:49:37.5 +0200", "06 Nov 0094 08:49:37"}) {
    EXPECT_EQ(parse_cookie_date(text), 784111777) << text;
  }
  EXPECT_EQ(parse_cookie_date("Thu, 01-Jan-1970 00:00:10 GMT"), 10);
  EXPECT_EQ(parse_cookie_date("Thu, 01 Jan 69 00:00:00 GMT"), 3124224000);
  EXPECT_EQ(parse_cookie_date("31 Dec 9999 23:59:59"), 253402300799);
  for (const char* text :
       {"", "0", "-1", "never", "06 Nov 1994", "Nov 1994 08:49:37", "06 1994 08:49:37",
        "06 Nov 08:49:37", "30 Feb 1994 08:49:37", "00 Nov 1994 08:49:37", "06 Nov 1600 08:49:37",
        "06 Nov 1994 24:00:00", "06 Nov 1994 08:60:00", "06 Nov 1994 08:49:60",
        "06 Nov 1994 008:49:37", "06 Nov 1994 08:49", "006 Nov 1994 08:49:37",
        "06 No 1994 08:49:37", "06 Nov 19945 08:49:37"}) {
    EXPECT_EQ(parse_cookie_date(text), std::nullopt) << text;
  }
}

TEST(Date, ReadsWhatItWrites) {
  for (int64_t unix_s = 0; unix_s < 253402300800; unix_s += 86'399 * 1'009) {
    EXPECT_EQ(parse_cookie_date(date(unix_s)), unix_s) << date(unix_s);
  }
}

}  // namespace
}  // namespace limpet::http
