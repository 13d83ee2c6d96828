#include "proxy/rate_limiter.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace limpet {
namespace {

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kSecond = 1'000 * kMs;
constexpr int64_t kNow = 1'000 * kSecond;

RateLimitSettings rate(int64_t requests, int64_t window_s, int64_t burst, bool by_key = false) {
  RateLimitSettings settings;
  settings.set_rate(requests, window_s, burst);
  if (by_key) settings.client.emplace();
  return settings;
}

// A limiter with its settings.
struct Limit {
  explicit Limit(RateLimitSettings its) : settings(std::move(its)) {}
  int64_t take(std::string_view key, int64_t now_ns) { return limiter.take(settings, key, now_ns); }
  size_t keys() const { return limiter.keys(); }

  const RateLimitSettings settings;
  RateLimiter limiter;
};

int passed(Limit& limit, std::string_view key, int64_t now_ns, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += limit.take(key, now_ns) == 0 ? 1 : 0;
  return count;
}

TEST(RateLimiter, LetsABurstThroughAndThenTheRate) {
  Limit limit(rate(10, 1, 5));
  EXPECT_EQ(passed(limit, "", kNow, 20), 5);
  EXPECT_EQ(passed(limit, "", kNow + 99 * kMs, 20), 0);
  EXPECT_EQ(passed(limit, "", kNow + 100 * kMs, 20), 1);
  EXPECT_EQ(passed(limit, "", kNow + 350 * kMs, 20), 2);
  // A bucket holds no more than it does.
  EXPECT_EQ(passed(limit, "", kNow + 3600 * kSecond, 20), 5);
}

TEST(RateLimiter, TellsHowLongToWait) {
  Limit limit(rate(1, 10, 2));
  EXPECT_EQ(limit.take("", kNow), 0);
  EXPECT_EQ(limit.take("", kNow + kSecond), 0);
  EXPECT_EQ(limit.take("", kNow + kSecond), 9 * kSecond);
  EXPECT_EQ(limit.take("", kNow + 10 * kSecond - 1), 1);
  EXPECT_EQ(limit.take("", kNow + 10 * kSecond), 0);
}

TEST(RateLimiter, TakesTheGreatestNumbers) {
  Limit most(rate(1'000'000'000, 1, 1'000'000'000));
  EXPECT_EQ(passed(most, "", kNow, 1000), 1000);
  Limit slow(rate(1, 86'400, 1'000'000'000));
  EXPECT_EQ(passed(slow, "", kNow, 1000), 1000);
  EXPECT_GT(slow.settings.burst_ns, 0);
}

TEST(RateLimiter, GivesEachKeyABucket) {
  Limit limit(rate(2, 1, 2, true));
  EXPECT_EQ(passed(limit, "a", kNow, 5), 2);
  EXPECT_EQ(passed(limit, "b", kNow, 5), 2);
  EXPECT_EQ(passed(limit, "", kNow, 5), 2);
  EXPECT_EQ(passed(limit, "a", kNow + 500 * kMs, 5), 1);
  EXPECT_EQ(limit.keys(), 3U);
}

TEST(RateLimiter, KeysAreBoundedAndThoseThatHaveTakenMostStay) {
  Limit limit(rate(100, 1, 100, true));
  EXPECT_EQ(passed(limit, "greedy", kNow, 200), 100);
  for (size_t i = 0; i < 4 * RateLimiter::kMaxKeys; ++i) {
    limit.take("invented " + std::to_string(i), kNow);
  }
  EXPECT_LE(limit.keys(), RateLimiter::kMaxKeys);
  EXPECT_GT(limit.keys(), RateLimiter::kMaxKeys / 2);
  EXPECT_EQ(passed(limit, "greedy", kNow, 200), 0) << "its bucket is as empty as before";
}

TEST(RateLimiter, FullBucketsMakeRoom) {
  Limit limit(rate(1, 1, 1, true));
  for (int second = 0; second < 1000; ++second) {
    for (int i = 0; i < 16; ++i) {
      const std::string key = std::to_string(second) + "/" + std::to_string(i);
      EXPECT_EQ(limit.take(key, kNow + 2 * second * kSecond), 0);
    }
  }
  EXPECT_LT(limit.keys(), 2000U);
}

TEST(RateLimiter, ThreadsTakeNoMoreThanThereIs) {
  for (const bool by_key : {false, true}) {
    Limit limit(rate(1000, 86'400, 1000, by_key));
    std::atomic<int> all{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] { all += passed(limit, "key", kNow, 1000); });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(all, 1000);
  }
}

}  // namespace
}  // namespace limpet
