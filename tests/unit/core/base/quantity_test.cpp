#include "core/base/quantity.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(Duration, AsGatewayApiWritesIt) {
  EXPECT_EQ(parse_duration_ms("10s"), 10'000);
  EXPECT_EQ(parse_duration_ms("500ms"), 500);
  EXPECT_EQ(parse_duration_ms("1m30s"), 90'000);
  EXPECT_EQ(parse_duration_ms("1h2m3s4ms"), 3'723'004);
  EXPECT_EQ(parse_duration_ms("0s"), 0);
  EXPECT_EQ(parse_duration_ms("99999h"), 99'999 * int64_t{3'600'000});
  EXPECT_EQ(parse_duration_ms("1s1s"), 2'000) << "GEP-2257 demands no order";
  for (const char* wrong : {"", "10", "s", "-1s", "+1s", "1.5s", "1 s", " 1s", "1s ", "1d", "1us",
                            "100000s", "1h1h1h1h1h", "1S", "ms", "1m s", "1e3s"}) {
    EXPECT_FALSE(parse_duration_ms(wrong)) << wrong;
  }
}

TEST(Bytes, AsQuantities) {
  EXPECT_EQ(parse_bytes("8192"), 8192);
  EXPECT_EQ(parse_bytes("32Ki"), 32 * 1024);
  EXPECT_EQ(parse_bytes("1Mi"), 1024 * 1024);
  EXPECT_EQ(parse_bytes("2k"), 2000);
  EXPECT_EQ(parse_bytes("2M"), 2'000'000);
  EXPECT_EQ(parse_bytes("0"), 0);
  EXPECT_EQ(parse_bytes("1099511627776"), int64_t{1} << 40);
  for (const char* wrong : {"", "Ki", "1K", "1kB", "1.5Ki", "-1", "1 Ki", "1KiKi", "1Gi", "0x10",
                            "1099511627777", "1048577Mi", "99999999999999"}) {
    EXPECT_FALSE(parse_bytes(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace limpet
