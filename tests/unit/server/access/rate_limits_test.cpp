#include "server/access/rate_limits.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

using std::chrono::milliseconds;

TEST(RateLimits, ABurstAndThenSoManyASecond) {
  RateLimits limits({.per_second = 10, .burst = 3});
  RateLimits::Time now{};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limits.admit("a", now));
  EXPECT_FALSE(limits.admit("a", now));
  EXPECT_TRUE(limits.admit("b", now)) << "each has its own";
  now += milliseconds(99);
  EXPECT_FALSE(limits.admit("a", now));
  now += milliseconds(2);
  EXPECT_TRUE(limits.admit("a", now)) << "what was refused did not count";
  EXPECT_FALSE(limits.admit("a", now));
  now += std::chrono::hours(1);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limits.admit("a", now));
  EXPECT_FALSE(limits.admit("a", now)) << "an hour's silence saves no more than a burst";
}

TEST(RateLimits, ForgetsThoseThatHaveBeenSilent) {
  RateLimits limits({.per_second = 1, .burst = 1});
  RateLimits::Time now{};
  for (size_t i = 0; i < RateLimits::kMaxCallers; ++i) limits.admit(std::to_string(i), now);
  now += std::chrono::seconds(2);
  EXPECT_TRUE(limits.admit("late", now));
  EXPECT_TRUE(limits.admit("0", now));
}

}  // namespace
}  // namespace limpet
