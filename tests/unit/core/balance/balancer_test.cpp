#include "core/balance/balancer.h"

#include <cmath>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "core/balance/outlier.h"
#include "core/balance/rendezvous.h"
#include "tests/support/clusters.h"

namespace limpet {
namespace {

using testing::cluster_of_weights;

constexpr int64_t kNow = 5'000'000;

Balancing balancing_of(BalancerType type, int64_t slow_start_ms = 0) {
  Balancing balancing;
  balancing.type = type;
  balancing.slow_start_ms = slow_start_ms;
  return balancing;
}

uint64_t first(const Cluster& cluster, uint64_t key = 0, int64_t now_ms = kNow) {
  return CandidateWalk().next(cluster, key, {}, now_ms)->uid;
}

// All candidates of one request, in their order.
std::vector<uint64_t> walk(const Cluster& cluster, uint64_t key = 0) {
  CandidateWalk walk;
  std::vector<uint64_t> order;
  while (const Endpoint* endpoint = walk.next(cluster, key, order, kNow)) {
    order.push_back(endpoint->uid);
  }
  return order;
}

// How often each is the first of so many requests, one after the other.
std::map<uint64_t, int> shares(const Cluster& cluster, int requests, int64_t now_ms = kNow) {
  std::map<uint64_t, int> count;
  for (int i = 0; i < requests; ++i) ++count[first(cluster, 0, now_ms)];
  return count;
}

// ---- Round robin.

TEST(Balancer, EqualWeightsAlternateStrictly) {
  const Cluster cluster = cluster_of_weights({7, 7, 7});
  EXPECT_TRUE(cluster.plain);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(first(cluster), 1U + i % 3);
  EXPECT_EQ(walk(cluster), (std::vector<uint64_t>{1, 2, 3}));
  EXPECT_EQ(walk(cluster), (std::vector<uint64_t>{2, 3, 1}));
}

TEST(Balancer, SettingsThatHaveNothingToSayAlternateStrictlyToo) {
  OutlierSettings outlier;
  outlier.consecutive_errors = 5;
  const Cluster cluster =
      cluster_of_weights({1, 1, 1}, balancing_of(BalancerType::kRoundRobin, 1'000), outlier);
  EXPECT_FALSE(cluster.plain);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(first(cluster), 1U + i % 3);
}

TEST(Balancer, WeightsGiveShares) {
  const Cluster cluster = cluster_of_weights({70, 20, 10});
  const auto count = shares(cluster, 1'000);
  EXPECT_NEAR(count.at(1), 700, 3);
  EXPECT_NEAR(count.at(2), 200, 3);
  EXPECT_NEAR(count.at(3), 100, 3);
}

// At no time is one more than a few requests ahead of its share: no bursts.
TEST(Balancer, WeightedTurnsAreSmooth) {
  const Cluster cluster = cluster_of_weights({3, 2, 1});
  std::map<uint64_t, int> count;
  for (int i = 1; i <= 5'000; ++i) {
    ++count[first(cluster)];
    EXPECT_LT(std::abs(count[1] - i * 3 / 6.0), 4) << i;
    EXPECT_LT(std::abs(count[2] - i * 2 / 6.0), 4) << i;
    EXPECT_LT(std::abs(count[3] - i * 1 / 6.0), 4) << i;
  }
}

TEST(Balancer, TheGreatestWeightsThereCanBeDoNotOverflow) {
  const Cluster cluster = cluster_of_weights(std::vector<uint32_t>(255, 1'000));
  EXPECT_EQ(shares(cluster, 255).size(), 255U);
  std::vector<uint32_t> weights(255, 1'000);
  weights[0] = 1;
  const auto count = shares(cluster_of_weights(weights), 254'001);
  EXPECT_EQ(count.size(), 255U);
  EXPECT_LE(count.at(1), 4);
}

TEST(Balancer, WeightZeroComesWhenNoOtherIsLeft) {
  for (const BalancerType type :
       {BalancerType::kRoundRobin, BalancerType::kLeastRequest, BalancerType::kHash}) {
    const Cluster cluster = cluster_of_weights({0, 1, 0, 3}, balancing_of(type));
    for (uint64_t key = 1; key < 100; ++key) {
      const std::vector<uint64_t> order = walk(cluster, key);
      ASSERT_EQ(order.size(), 4U);
      EXPECT_EQ(order[0] % 2 + order[1] % 2, 0U) << "2 and 4 first";
    }
    // All others are gone: then they serve, all of them.
    const Cluster rest = cluster_of_weights({0, 0}, balancing_of(type));
    std::map<uint64_t, int> count;
    for (uint64_t key = 1; key < 100; ++key) ++count[first(rest, hash64(key))];
    EXPECT_GT(count[1], 20);
    EXPECT_GT(count[2], 20);
  }
}

TEST(Balancer, NobodyIsLeft) {
  for (const BalancerType type :
       {BalancerType::kRoundRobin, BalancerType::kLeastRequest, BalancerType::kHash}) {
    const Cluster cluster = cluster_of_weights({}, balancing_of(type));
    EXPECT_EQ(CandidateWalk().next(cluster, 1, {}, kNow), nullptr);
  }
}

// ---- Least request.

TEST(Balancer, OfTwoTheLessLoadedIsTaken) {
  const Cluster cluster = cluster_of_weights({1, 1}, balancing_of(BalancerType::kLeastRequest));
  const InFlight one(cluster.endpoints[0].live);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(first(cluster), 2U);
  const InFlight two(cluster.endpoints[1].live);
  const auto count = shares(cluster, 10);
  EXPECT_EQ(count.at(1), 5);
  EXPECT_EQ(count.at(2), 5);
}

TEST(Balancer, LoadCountsForItsWeight) {
  const Cluster cluster = cluster_of_weights({1, 4}, balancing_of(BalancerType::kLeastRequest));
  std::vector<InFlight> running;
  running.emplace_back(cluster.endpoints[0].live);
  for (int i = 0; i < 3; ++i) running.emplace_back(cluster.endpoints[1].live);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(first(cluster), 2U) << "3 of 4 is less than 1 of 1";
  for (int i = 0; i < 2; ++i) running.emplace_back(cluster.endpoints[1].live);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(first(cluster), 1U) << "5 of 4 is more than 1 of 1";
}

// Requests that never end: what two choices are for (Mitzenmacher 2001).
TEST(Balancer, TheGreatestLoadStaysNearTheAverage) {
  const Cluster cluster =
      cluster_of_weights(std::vector<uint32_t>(50, 1), balancing_of(BalancerType::kLeastRequest));
  std::vector<InFlight> running;
  // One gets slow: it starts with a load that others have yet to come to.
  for (int i = 0; i < 40; ++i) running.emplace_back(cluster.endpoints[0].live);
  for (int i = 0; i < 50 * 20; ++i) {
    const Endpoint* chosen = CandidateWalk().next(cluster, 0, {}, kNow);
    running.emplace_back(chosen->live);
  }
  EXPECT_EQ(cluster.endpoints[0].live->in_flight, 40U) << "nothing more for the slow one";
  for (size_t i = 1; i < 50; ++i) {
    EXPECT_NEAR(cluster.endpoints[i].live->in_flight, 1'000 / 49, 3) << i;
  }
}

TEST(Balancer, TheNextOfTwoIsAmongThoseThatAreLeft) {
  const Cluster cluster =
      cluster_of_weights({1, 1, 1, 1}, balancing_of(BalancerType::kLeastRequest));
  const InFlight busy(cluster.endpoints[2].live);
  for (int i = 0; i < 20; ++i) {
    const std::vector<uint64_t> order = walk(cluster);
    EXPECT_EQ(std::set<uint64_t>(order.begin(), order.end()).size(), 4U);
    EXPECT_NE(order[0], 3U);
    EXPECT_EQ(order[3], 3U);
  }
}

// ---- Hash.

TEST(Balancer, AKeyHasItsEndpointAndOnlyItsEndpointsKeysMove) {
  const Balancing hash = balancing_of(BalancerType::kHash);
  const Cluster four = cluster_of_weights({1, 1, 1, 1}, hash);
  Cluster three = cluster_of_weights({1, 1, 1, 1}, hash);
  three.eligible = {0, 1, 3};
  three.prepare(nullptr);
  int moved = 0;
  for (int i = 0; i < 4'000; ++i) {
    const uint64_t key = hash64(std::to_string(i));
    const uint64_t before = first(four, key);
    EXPECT_EQ(first(four, key), before);
    const uint64_t after = first(three, key);
    if (after != before) ++moved;
    EXPECT_TRUE(after == before || before == 3) << key;
    EXPECT_EQ(after == before, before != 3) << key;
    // Who fails is followed by whom the key would go to without it.
    if (before == 3) { EXPECT_EQ(walk(four, key)[1], after); }
  }
  EXPECT_NEAR(moved, 1'000, 100);
}

TEST(Balancer, KeysAreSpreadByWeight) {
  const Cluster cluster = cluster_of_weights({70, 20, 10}, balancing_of(BalancerType::kHash));
  std::map<uint64_t, int> count;
  for (int i = 0; i < 20'000; ++i) ++count[first(cluster, hash64(std::to_string(i)))];
  EXPECT_NEAR(count[1], 14'000, 400);
  EXPECT_NEAR(count[2], 4'000, 300);
  EXPECT_NEAR(count[3], 2'000, 250);
}

TEST(Balancer, RequestsWithoutAKeyGoInTurn) {
  const Cluster cluster = cluster_of_weights({1, 1}, balancing_of(BalancerType::kHash));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(first(cluster), 1U + i % 2);
}

// ---- Slow start.

class SlowStartTest : public ::testing::Test {
 protected:
  static constexpr int64_t kWindow = 10'000;

  // Two that were there, and a third.
  Cluster grown(BalancerType type) const {
    const Cluster before = cluster_of_weights({1, 1}, balancing_of(type, kWindow));
    return cluster_of_weights({1, 1, 1}, balancing_of(type, kWindow), {}, &before);
  }
};

TEST_F(SlowStartTest, ANewEndpointComesToItsShareLinearly) {
  const Cluster cluster = grown(BalancerType::kRoundRobin);
  const Endpoint& fresh = cluster.endpoints[2];
  EXPECT_EQ(warm_share(cluster, cluster.endpoints[0], kNow), kFullShare);
  EXPECT_EQ(warm_share(cluster, fresh, kNow), kLeastShare) << "begins when it is first asked";
  EXPECT_EQ(warm_share(cluster, fresh, kNow + kWindow / 4), kFullShare / 4);
  EXPECT_EQ(warm_share(cluster, fresh, kNow + kWindow / 2), kFullShare / 2);
  EXPECT_EQ(warm_share(cluster, fresh, kNow + kWindow), kFullShare);
  EXPECT_EQ(warm_share(cluster, fresh, kNow - 4), kLeastShare) << "another worker's clock";
}

TEST_F(SlowStartTest, WhatItDoesNotTakeTheOthersShare) {
  const Cluster cluster = grown(BalancerType::kRoundRobin);
  warm_share(cluster, cluster.endpoints[2], kNow);
  const auto begun = shares(cluster, 3'000, kNow);
  EXPECT_NEAR(begun.at(3), 3'000 / 2.0 / 64, 15);
  const auto half = shares(cluster, 5'000, kNow + kWindow / 2);
  EXPECT_NEAR(half.at(1), 2'000, 100);
  EXPECT_NEAR(half.at(2), 2'000, 100);
  EXPECT_NEAR(half.at(3), 1'000, 100);
  const auto whole = shares(cluster, 3'000, kNow + kWindow);
  EXPECT_EQ(whole.at(3), 1'000);
}

TEST_F(SlowStartTest, ItsLoadCountsForTheShareItHas) {
  const Cluster cluster = grown(BalancerType::kLeastRequest);
  warm_share(cluster, cluster.endpoints[2], kNow);
  std::vector<InFlight> running;
  for (int i = 0; i < 250; ++i) {
    running.emplace_back(CandidateWalk().next(cluster, 0, {}, kNow + kWindow / 2)->live);
  }
  EXPECT_NEAR(cluster.endpoints[2].live->in_flight, 50, 10);
}

TEST_F(SlowStartTest, KeysMoveToItOneByOneAndToNobodyElse) {
  const Cluster cluster = grown(BalancerType::kHash);
  warm_share(cluster, cluster.endpoints[2], kNow);
  std::map<uint64_t, uint64_t> home;
  size_t moved = 0;
  for (const int64_t at : {kNow, kNow + kWindow / 4, kNow + kWindow / 2, kNow + kWindow}) {
    const size_t before = moved;
    for (int i = 0; i < 3'000; ++i) {
      const uint64_t key = hash64(std::to_string(i));
      const uint64_t now_at = first(cluster, key, at);
      const auto [place, fresh] = home.try_emplace(key, now_at);
      if (fresh || place->second == now_at) continue;
      EXPECT_EQ(now_at, 3U);
      place->second = now_at;
      ++moved;
    }
    if (at != kNow) { EXPECT_GT(moved, before); }
  }
  size_t on_new = 0;
  for (const auto& [key, uid] : home) on_new += uid == 3 ? 1 : 0;
  EXPECT_NEAR(static_cast<double>(on_new), 1'000, 100);
}

TEST_F(SlowStartTest, AllOfThemNewShareAllTheSame) {
  const Cluster before = cluster_of_weights({}, balancing_of(BalancerType::kRoundRobin, kWindow));
  const Cluster cluster = cluster_of_weights(
      {1, 1, 1}, balancing_of(BalancerType::kRoundRobin, kWindow), {}, &before);
  for (const auto& [uid, count] : shares(cluster, 3'000)) EXPECT_NEAR(count, 1'000, 100) << uid;
}

// ---- Endpoints that are ejected.

TEST(Balancer, TurnsOfAnEjectedEndpointGoToAllOthersAlike) {
  OutlierSettings outlier;
  outlier.consecutive_errors = 1;
  for (const BalancerType type : {BalancerType::kRoundRobin, BalancerType::kLeastRequest}) {
    const Cluster cluster = cluster_of_weights({1, 1, 1, 1}, balancing_of(type), outlier);
    ASSERT_GT(note_error(cluster, cluster.endpoints[1], kNow), 0);
    const auto count = shares(cluster, 300);
    EXPECT_FALSE(count.contains(2));
    for (const uint64_t uid : {1, 3, 4}) EXPECT_NEAR(count.at(uid), 100, 20) << uid;
    EXPECT_EQ(walk(cluster).size(), 4U) << "it is still one to ask when nobody else is left";
  }
}

TEST(Balancer, TheLastWhoIsNotEjectedIsFoundAmongMany) {
  OutlierSettings outlier;
  outlier.consecutive_errors = 1;
  outlier.max_percent = 100;
  const Cluster cluster = cluster_of_weights(std::vector<uint32_t>(20, 1), {}, outlier);
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(note_error(cluster, cluster.endpoints[i], kNow) > 0, i != 19) << i;
  }
  for (int i = 0; i < 50; ++i) EXPECT_EQ(first(cluster), 20U);
}

TEST(Balancer, BackFromAnEjectionAnEndpointWarmsUp) {
  OutlierSettings outlier;
  outlier.consecutive_errors = 1;
  const Cluster cluster =
      cluster_of_weights({1, 1}, balancing_of(BalancerType::kRoundRobin, 10'000), outlier);
  const Endpoint& endpoint = cluster.endpoints[0];
  const int64_t length = note_error(cluster, endpoint, kNow);
  EXPECT_EQ(warm_share(cluster, endpoint, kNow + length), kLeastShare);
  EXPECT_EQ(warm_share(cluster, endpoint, kNow + length + 5'000), kFullShare / 2);
  EXPECT_EQ(warm_share(cluster, endpoint, kNow + length + 10'000), kFullShare);
}

}  // namespace
}  // namespace limpet
