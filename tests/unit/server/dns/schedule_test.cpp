#include "server/dns/schedule.h"

#include <string>

#include <gtest/gtest.h>

namespace limpet {
namespace {

EntryKey service(const std::string& name) { return {"Service", "server", name}; }
DnsTarget target(const std::string& name, int64_t interval_ms = 5000) {
  return {name, interval_ms};
}

DnsResult good(int64_t ttl_ms) {
  DnsResult result;
  result.good = true;
  result.ttl_ms = ttl_ms;
  return result;
}
const DnsResult kBad;

TEST(DnsWait, IsTheLesserOfTimeToLiveAndInterval) {
  EXPECT_EQ(dns_wait_ms(5000, 3000, 0, 0), 3000);
  EXPECT_EQ(dns_wait_ms(5000, 60'000, 0, 0), 5000);
  EXPECT_EQ(dns_wait_ms(60'000, 30'000, 0, 0), 30'000);
  EXPECT_EQ(dns_wait_ms(5000, 0, 0, 0), DnsSchedule::kMinWaitMs);
}

TEST(DnsWait, DoublesWithFailuresUpToTheInterval) {
  std::vector<int64_t> waits;
  for (int failures = 1; failures <= 5; ++failures) {
    waits.push_back(dns_wait_ms(5000, 0, failures, 0));
  }
  EXPECT_EQ(waits, (std::vector<int64_t>{1000, 2000, 4000, 5000, 5000}));
  EXPECT_EQ(dns_wait_ms(5000, 0, 1'000'000, 0), 5000);
}

TEST(DnsWait, IsUpToATenthShorter) {
  for (uint64_t random = 0; random < 3000; ++random) {
    const int64_t wait = dns_wait_ms(5000, 5000, 0, random);
    EXPECT_GE(wait, 4500);
    EXPECT_LE(wait, 5000);
    EXPECT_EQ(dns_wait_ms(5000, 1000, 0, random), 1000);
  }
}

TEST(DnsSchedule, AsksAtOnceAndThenInTime) {
  DnsSchedule schedule;
  EXPECT_EQ(schedule.next_ms(), std::nullopt);
  schedule.set(service("a"), target("a.test"), 100);
  EXPECT_EQ(schedule.next_ms(), 100);
  EXPECT_TRUE(schedule.begin(99).empty());
  const auto rounds = schedule.begin(100);
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].service, service("a"));
  EXPECT_EQ(rounds[0].target, target("a.test"));
  EXPECT_EQ(schedule.next_ms(), std::nullopt);
  EXPECT_TRUE(schedule.begin(100'000).empty());  // one round at a time
  EXPECT_TRUE(schedule.finish(rounds[0], good(2000), 200, 0));
  EXPECT_EQ(schedule.next_ms(), 2200);
  EXPECT_EQ(schedule.begin(2200).size(), 1U);
}

TEST(DnsSchedule, ForgetsFailuresAfterAGoodRound) {
  DnsSchedule schedule;
  schedule.set(service("a"), target("a.test"), 0);
  int64_t now = 0;
  std::vector<int64_t> waits;
  for (const DnsResult& result : {kBad, kBad, good(5000), kBad}) {
    const auto rounds = schedule.begin(now);
    ASSERT_EQ(rounds.size(), 1U);
    schedule.finish(rounds[0], result, now, 0);
    waits.push_back(*schedule.next_ms() - now);
    now = *schedule.next_ms();
  }
  EXPECT_EQ(waits, (std::vector<int64_t>{1000, 2000, 5000, 1000}));
}

TEST(DnsSchedule, AnotherTargetIsAskedForAtOnce) {
  DnsSchedule schedule;
  schedule.set(service("a"), target("old.test"), 0);
  const auto old = schedule.begin(0);
  schedule.set(service("a"), target("old.test"), 10);  // the same: goes on
  EXPECT_TRUE(schedule.begin(10).empty());
  schedule.set(service("a"), target("new.test"), 20);
  const auto fresh = schedule.begin(20);
  ASSERT_EQ(fresh.size(), 1U);
  EXPECT_EQ(fresh[0].target.name, "new.test");
  EXPECT_FALSE(schedule.finish(old[0], good(1000), 30, 0));
  EXPECT_TRUE(schedule.finish(fresh[0], good(1000), 40, 0));
  EXPECT_EQ(schedule.next_ms(), 1040);
}

TEST(DnsSchedule, WhatIsGoneIsNotAskedFor) {
  DnsSchedule schedule;
  schedule.set(service("a"), target("a.test"), 0);
  schedule.set(service("b"), target("b.test"), 0);
  schedule.remove(service("a"));
  const auto rounds = schedule.begin(0);
  ASSERT_EQ(rounds.size(), 1U);
  schedule.remove(service("b"));
  schedule.remove(service("b"));
  EXPECT_FALSE(schedule.finish(rounds[0], good(1000), 10, 0));
  EXPECT_EQ(schedule.next_ms(), std::nullopt);
}

TEST(DnsSchedule, OnlySoManyAreUnderWay) {
  DnsSchedule schedule;
  const size_t all = DnsSchedule::kMaxRounds + 5;
  for (size_t i = 0; i < all; ++i) {
    schedule.set(service("s" + std::to_string(i)), target("a.test"), 0);
  }
  const auto first = schedule.begin(0);
  EXPECT_EQ(first.size(), DnsSchedule::kMaxRounds);
  EXPECT_TRUE(schedule.begin(0).empty());
  EXPECT_EQ(schedule.next_ms(), std::nullopt);
  // The place of one that is gone is free only when its round is over.
  schedule.remove(first[0].service);
  EXPECT_TRUE(schedule.begin(0).empty());
  schedule.finish(first[0], kBad, 0, 0);
  EXPECT_EQ(schedule.begin(0).size(), 1U);
  for (size_t i = 1; i < first.size(); ++i) schedule.finish(first[i], good(9000), 0, 0);
  EXPECT_EQ(schedule.begin(0).size(), 4U);
}

}  // namespace
}  // namespace limpet
