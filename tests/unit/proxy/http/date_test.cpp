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

}  // namespace
}  // namespace limpet::http
