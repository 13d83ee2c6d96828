#include "core/routing/rate_limit.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "core/routing/compile_index.h"
#include "core/routing/match.h"
#include "core/routing/status.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::from_text;
using testing::SnapshotBuilder;
using testing::web_snapshot;

RateLimitSettings settings(uint32_t requests, int64_t window_ms, uint32_t burst) {
  RateLimitSettings settings;
  settings.requests = requests;
  settings.window_ms = window_ms;
  settings.burst = burst;
  return settings;
}

TEST(RateLimit, ABurstPassesAndThenWhatComesAnew) {
  RateLimit limit(settings(10, 1000, 5));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(limit.take(0, 1000), 0) << i;
  EXPECT_EQ(limit.take(0, 1000), 100);
  EXPECT_EQ(limit.take(0, 1040), 60);
  EXPECT_EQ(limit.take(0, 1100), 0);
  EXPECT_GT(limit.take(0, 1100), 0);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(limit.take(0, 9000), 0) << "no more than full: " << i;
  EXPECT_GT(limit.take(0, 9000), 0);
}

TEST(RateLimit, ARefusalTakesNothing) {
  RateLimit limit(settings(1, 1000, 1));
  EXPECT_EQ(limit.take(0, 0), 0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(limit.take(0, 500), 500);
  EXPECT_EQ(limit.take(0, 1000), 0);
}

TEST(RateLimit, TheGreatestValuesDoNotOverflow) {
  RateLimit slow(settings(1, 86'400'000, 1'000'000'000));
  EXPECT_EQ(slow.take(0, int64_t{1} << 40), 0);
  RateLimit fast(settings(1'000'000'000, 1000, 1));
  EXPECT_EQ(fast.take(0, int64_t{1} << 40), 0);
  EXPECT_EQ(fast.take(0, int64_t{1} << 40), 1);
}

TEST(RateLimit, EachClientHasABucket) {
  RateLimitSettings per_client = settings(1, 1000, 1);
  per_client.client = RequestKey();
  RateLimit limit(per_client);
  EXPECT_EQ(limit.take(7, 0), 0);
  EXPECT_EQ(limit.take(8, 0), 0);
  EXPECT_GT(limit.take(7, 0), 0);
  EXPECT_GT(limit.take(8, 0), 0);
  EXPECT_EQ(limit.take(0, 0), 0) << "those without a key have one together";
  EXPECT_GT(limit.take(0, 0), 0);
}

TEST(RateLimit, OfTooManyClientsTheFullestBucketGivesWay) {
  RateLimitSettings per_client = settings(1, 1000, 1);
  per_client.client = RequestKey();
  RateLimit limit(per_client);
  const auto same_set = [](uint64_t n) { return 5 + n * RateLimit::kSets; };
  for (uint64_t n = 0; n < RateLimit::kWays; ++n) {
    EXPECT_EQ(limit.take(same_set(n), 10 * static_cast<int64_t>(n)), 0);
  }
  EXPECT_EQ(limit.take(same_set(99), 100), 0);
  EXPECT_GT(limit.take(same_set(1), 100), 0) << "emptied after the first";
  EXPECT_EQ(limit.take(same_set(0), 100), 0) << "the first gave way, and begins anew";
}

TEST(RateLimit, WorkersShareIt) {
  RateLimit limit(settings(1, 86'400'000, 1000));
  std::atomic<int> passed{0};
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&] {
      for (int k = 0; k < 1000; ++k) {
        if (limit.take(0, 1) == 0) ++passed;
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(passed, 1000);
}

// ---- As a policy of a route.

std::string policy(const std::string& name, int requests, const std::string& created = "1") {
  return str_cat("metadata { name: '", name, "' namespace: 'shop' creation_timestamp: '", created,
                 "' } spec { target_ref { kind: 'HTTPRoute' name: 'web' } "
                 "rate_limit { requests: ",
                 requests, " } }");
}

std::shared_ptr<RateLimit> limit_of(const RoutingTable& table) {
  return match(*table.ports.at(8000), {"any", "/"}).rule->rate_limit;
}

TEST(RateLimitPolicy, HoldsForItsRouteAndIsKeptWhileItSaysTheSame) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  const auto without = compile(builder.build(), nullptr).table;
  EXPECT_EQ(limit_of(*without), nullptr);

  builder.add<v1::RateLimitPolicy>(policy("limit", 7));
  const auto with = compile(builder.build(), without.get()).table;
  ASSERT_NE(limit_of(*with), nullptr);
  EXPECT_EQ(limit_of(*with)->settings().requests, 7U);
  EXPECT_EQ(limit_of(*with)->settings().burst, 7U);

  // Another port of the route's Gateway: the route is compiled anew, what was counted stays.
  builder.add<v1::Gateway>(
      "metadata { name: 'edge' namespace: 'shop' } spec { "
      "listeners { name: 'http' port: 8000 protocol: 'HTTP' } "
      "listeners { name: 'more' port: 8001 protocol: 'HTTP' } }");
  const auto moved = compile(builder.build(), with.get()).table;
  EXPECT_EQ(limit_of(*moved), limit_of(*with));
  EXPECT_EQ(match(*moved->ports.at(8001), {"any", "/"}).rule->rate_limit, limit_of(*with));

  builder.add<v1::RateLimitPolicy>(policy("limit", 8));
  const auto changed = compile(builder.build(), moved.get()).table;
  EXPECT_EQ(limit_of(*changed)->settings().requests, 8U);

  builder.remove({"RateLimitPolicy", "shop", "limit"});
  EXPECT_EQ(limit_of(*compile(builder.build(), changed.get()).table), nullptr);
}

TEST(RateLimitPolicy, TheOldestHoldsAndOthersAreTold) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  builder.add<v1::RateLimitPolicy>(policy("a-newer", 5, "2026-02-01T00:00:00Z"));
  builder.add<v1::RateLimitPolicy>(policy("b-older", 6, "2026-01-01T00:00:00Z"));
  builder.add<v1::RateLimitPolicy>(policy("c-alike", 6, "2026-03-01T00:00:00Z"));
  const auto table = compile(builder.build(), nullptr).table;
  EXPECT_EQ(limit_of(*table)->settings().requests, 6U);
  const auto reason = [&](const std::string& text) {
    v1::Resource resource;
    *resource.mutable_rate_limit_policy() = from_text<v1::RateLimitPolicy>(text);
    set_status(*table, resource);
    return resource.rate_limit_policy().status().conditions(0).reason();
  };
  EXPECT_EQ(reason(policy("a-newer", 5)), "Conflicted");
  EXPECT_EQ(reason(policy("b-older", 6)), "Accepted");
  EXPECT_EQ(reason(policy("c-alike", 6)), "Accepted");
  EXPECT_EQ(reason("metadata { name: 'x' namespace: 'shop' } spec { target_ref { "
                   "kind: 'HTTPRoute' name: 'none' } rate_limit { requests: 1 } }"),
            "TargetNotFound");
  EXPECT_EQ(reason("metadata { name: 'x' namespace: 'shop' } spec { target_ref { "
                   "kind: 'HTTPRoute' name: 'web' namespace: 'other' } }"),
            "Invalid");
}

}  // namespace
}  // namespace limpet
