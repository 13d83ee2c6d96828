#include "core/balance/outlier.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/clusters.h"

namespace limpet {
namespace {

using testing::cluster_of_weights;

constexpr int64_t kNow = 5'000'000;

OutlierSettings settings(uint32_t errors, int64_t ejection_ms = 1'000, uint32_t percent = 10) {
  OutlierSettings outlier;
  outlier.consecutive_errors = errors;
  outlier.ejection_ms = ejection_ms;
  outlier.max_percent = percent;
  return outlier;
}

Cluster cluster_of(size_t endpoints, const OutlierSettings& outlier) {
  return cluster_of_weights(std::vector<uint32_t>(endpoints, 1), {}, outlier);
}

size_t ejected(const Cluster& cluster, int64_t now_ms) {
  size_t count = 0;
  for (const Endpoint& endpoint : cluster.endpoints) count += is_ejected(cluster, endpoint, now_ms);
  return count;
}

TEST(Outlier, ErrorsInARowEject) {
  const Cluster cluster = cluster_of(3, settings(3));
  const Endpoint& endpoint = cluster.endpoints[0];
  EXPECT_EQ(note_error(cluster, endpoint, kNow), 0);
  EXPECT_EQ(note_error(cluster, endpoint, kNow), 0);
  note_success(cluster, endpoint);
  EXPECT_EQ(note_error(cluster, endpoint, kNow), 0);
  EXPECT_EQ(note_error(cluster, endpoint, kNow), 0);
  EXPECT_FALSE(is_ejected(cluster, endpoint, kNow));
  EXPECT_EQ(note_error(cluster, endpoint, kNow), 1'000);
  EXPECT_TRUE(is_ejected(cluster, endpoint, kNow));
  EXPECT_TRUE(is_ejected(cluster, endpoint, kNow + 999));
  EXPECT_FALSE(is_ejected(cluster, endpoint, kNow + 1'000));
  EXPECT_FALSE(is_ejected(cluster, cluster.endpoints[1], kNow));
}

TEST(Outlier, WithoutAPolicyNobodyIs) {
  const Cluster cluster = cluster_of(3, {});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(note_error(cluster, cluster.endpoints[0], kNow), 0);
  note_success(cluster, cluster.endpoints[0]);
  EXPECT_FALSE(is_ejected(cluster, cluster.endpoints[0], kNow));
}

TEST(Outlier, EachEjectionIsLongerUpToTheLongest) {
  const Cluster cluster = cluster_of(2, settings(1, 60'000));
  int64_t now = kNow;
  for (const int64_t length : {60'000, 120'000, 180'000, 240'000, 300'000, 300'000}) {
    EXPECT_EQ(note_error(cluster, cluster.endpoints[0], now), length);
    now += length;
  }
  const Cluster longer = cluster_of(2, settings(1, 3'600'000));
  EXPECT_EQ(note_error(longer, longer.endpoints[0], kNow), 3'600'000);
  EXPECT_EQ(note_error(longer, longer.endpoints[0], kNow + 3'600'000), 3'600'000);
}

TEST(Outlier, WhatLiesLongBackIsForgiven) {
  const Cluster cluster = cluster_of(2, settings(1, 1'000));
  const Endpoint& endpoint = cluster.endpoints[0];
  note_error(cluster, endpoint, kNow);
  note_error(cluster, endpoint, kNow + 1'000);
  EXPECT_EQ(note_error(cluster, endpoint, kNow + 3'000), 3'000);
  EXPECT_EQ(note_error(cluster, endpoint, kNow + 6'000 + 2'500), 2'000) << "two of three are over";
  EXPECT_EQ(note_error(cluster, endpoint, kNow + 10'500 + 1'000'000), 1'000);
}

TEST(Outlier, ErrorsOfThoseUnderWaySayNothingNew) {
  const Cluster cluster = cluster_of(2, settings(2));
  note_error(cluster, cluster.endpoints[0], kNow);
  EXPECT_EQ(note_error(cluster, cluster.endpoints[0], kNow), 1'000);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(note_error(cluster, cluster.endpoints[0], kNow + 1), 0);
  EXPECT_EQ(note_error(cluster, cluster.endpoints[0], kNow + 1'000), 0) << "it begins anew";
}

TEST(Outlier, NoMoreThanTheirPartOneAtLeastAndNeverAll) {
  const struct {
    size_t endpoints;
    uint32_t percent;
    size_t most;
  } cases[] = {{1, 100, 0}, {2, 10, 1}, {2, 100, 1}, {10, 10, 1}, {10, 25, 2}, {10, 100, 9}};
  for (const auto& each : cases) {
    const Cluster cluster = cluster_of(each.endpoints, settings(1, 1'000, each.percent));
    for (const Endpoint& endpoint : cluster.endpoints) note_error(cluster, endpoint, kNow);
    EXPECT_EQ(ejected(cluster, kNow), each.most) << each.endpoints << " " << each.percent;
    // Who comes back makes room for another.
    for (const Endpoint& endpoint : cluster.endpoints) note_error(cluster, endpoint, kNow + 1'000);
    EXPECT_EQ(ejected(cluster, kNow + 1'000), each.most);
  }
}

TEST(Outlier, WorkersTogetherDoNotEjectMoreThanThat) {
  for (int round = 0; round < 50; ++round) {
    const Cluster cluster = cluster_of(8, settings(1, 1'000, 25));
    std::vector<std::thread> workers;
    for (int w = 0; w < 4; ++w) {
      workers.emplace_back([&] {
        for (const Endpoint& endpoint : cluster.endpoints) note_error(cluster, endpoint, kNow);
      });
    }
    for (std::thread& worker : workers) worker.join();
    EXPECT_LE(ejected(cluster, kNow), 2U);
    EXPECT_GE(ejected(cluster, kNow), 1U);
  }
}

TEST(Outlier, EjectionsLiveOnAcrossTables) {
  const OutlierSettings outlier = settings(1, 1'000);
  const Cluster before = cluster_of(2, outlier);
  note_error(before, before.endpoints[0], kNow);
  const Cluster after = cluster_of_weights({1, 1, 1}, {}, outlier, &before);
  EXPECT_TRUE(is_ejected(after, after.endpoints[0], kNow));
  EXPECT_EQ(ejected(after, kNow), 1U);
  // Without the policy it is nobody's business.
  Balancing least;
  least.type = BalancerType::kLeastRequest;
  const Cluster off = cluster_of_weights({1, 1, 1}, least, {}, &after);
  EXPECT_EQ(ejected(off, kNow), 0U);
}

}  // namespace
}  // namespace limpet
