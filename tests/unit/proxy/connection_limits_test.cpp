#include "proxy/connection_limits.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(ConnectionLimits, ANodeTakesAsManyAsItMay) {
  ConnectionLimits limits(2, 0);
  EXPECT_TRUE(limits.enter());
  EXPECT_TRUE(limits.enter());
  EXPECT_FALSE(limits.enter());
  limits.leave();
  EXPECT_TRUE(limits.enter());
  EXPECT_FALSE(limits.enter());
}

TEST(ConnectionLimits, AnAddressTakesAsManyAsItMay) {
  ConnectionLimits limits(100, 2);
  EXPECT_TRUE(limits.enter_address("10.0.0.1"));
  EXPECT_TRUE(limits.enter_address("10.0.0.1"));
  EXPECT_FALSE(limits.enter_address("10.0.0.1"));
  EXPECT_TRUE(limits.enter_address("10.0.0.2"));
  limits.leave_address("10.0.0.1");
  EXPECT_TRUE(limits.enter_address("10.0.0.1"));
}

TEST(ConnectionLimits, WithoutALimitNoAddressIsCounted) {
  ConnectionLimits limits(100, 0);
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(limits.enter_address("10.0.0.1"));
}

}  // namespace
}  // namespace limpet
