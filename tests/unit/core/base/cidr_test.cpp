#include "core/base/cidr.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

bool contains(std::string_view range, std::string_view ip) {
  return Cidr::parse(range)->contains(*SocketAddress::parse(ip, 80));
}

TEST(Cidr, HasTheAddressesUnderItsPrefix) {
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(contains("192.168.1.128/25", "192.168.1.200"));
  EXPECT_FALSE(contains("192.168.1.128/25", "192.168.1.127"));
  EXPECT_TRUE(contains("fd00::/7", "fc01::1"));
  EXPECT_FALSE(contains("fd00::/8", "fc01::1"));
  EXPECT_TRUE(contains("::/0", "2001:db8::1"));
}

TEST(Cidr, OfOneAddressHasThatAlone) {
  EXPECT_TRUE(contains("10.1.2.3", "10.1.2.3"));
  EXPECT_FALSE(contains("10.1.2.3", "10.1.2.2"));
  EXPECT_TRUE(contains("::1", "::1"));
  EXPECT_FALSE(contains("::1/128", "::2"));
}

TEST(Cidr, TakesAMappedAddressForTheAddressItMaps) {
  EXPECT_TRUE(contains("10.0.0.0/8", "::ffff:10.1.1.1"));
  EXPECT_FALSE(contains("10.0.0.0/8", "::10.1.1.1"));
}

TEST(Cidr, OfAllIPv4HasNoIPv6) {
  EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
}

TEST(Cidr, IgnoresBitsBehindThePrefix) {
  EXPECT_EQ(Cidr::parse("10.1.2.3/8"), Cidr::parse("10.0.0.0/8"));
}

TEST(Cidr, RefusesWhatIsNone) {
  for (const char* text : {"", "/8", "10.0.0/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
                           "10.0.0.0/+8", "10.0.0.0/ 8", "fd00::/129", "host/8", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(Cidr::parse(text)) << text;
  }
}

TEST(CidrSet, HasWhatAnyOfItsRangesHas) {
  const CidrSet set({*Cidr::parse("10.0.0.0/8"), *Cidr::parse("fd00::/8")});
  EXPECT_TRUE(set.contains(*SocketAddress::parse("fd01::1", 1)));
  EXPECT_TRUE(set.contains(*SocketAddress::parse("10.0.0.1", 1)));
  EXPECT_FALSE(set.contains(*SocketAddress::parse("192.0.2.1", 1)));
  EXPECT_FALSE(CidrSet().contains(*SocketAddress::parse("10.0.0.1", 1)));
}

}  // namespace
}  // namespace limpet
