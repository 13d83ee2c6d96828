#include "core/base/socket_address.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(SocketAddress, ReadsAndPrintsBothFamilies) {
  EXPECT_EQ(SocketAddress::parse("10.0.0.7", 80)->to_string(), "10.0.0.7:80");
  EXPECT_EQ(SocketAddress::parse("fd00::7", 8080)->to_string(), "[fd00::7]:8080");
  EXPECT_EQ(SocketAddress::parse("fd00::7", 8080)->port(), 8080);
  EXPECT_EQ(SocketAddress::parse("::ffff:10.0.0.7", 80)->ip(), "10.0.0.7");
}

TEST(SocketAddress, RefusesWhatIsNotNumeric) {
  for (const char* text : {"", "localhost", "10.0.0", "10.0.0.256", "fd00::7::", "[::1]"}) {
    EXPECT_FALSE(SocketAddress::parse(text, 80)) << text;
  }
}

TEST(SocketAddress, EqualityIsAddressAndPort) {
  EXPECT_EQ(*SocketAddress::parse("10.0.0.7", 80), *SocketAddress::parse("10.0.0.7", 80));
  EXPECT_FALSE(*SocketAddress::parse("10.0.0.7", 80) == *SocketAddress::parse("10.0.0.7", 81));
  EXPECT_FALSE(*SocketAddress::parse("10.0.0.7", 80) == *SocketAddress::parse("::1", 80));
}

}  // namespace
}  // namespace limpet
