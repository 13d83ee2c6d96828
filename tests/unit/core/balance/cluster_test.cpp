#include "core/balance/cluster.h"

#include <gtest/gtest.h>

#include "tests/support/clusters.h"

namespace limpet {
namespace {

using testing::cluster_of_weights;

TEST(Cluster, FindsByUid) {
  Cluster cluster;
  for (const uint64_t uid : {3, 7, 9}) {
    Endpoint endpoint;
    endpoint.uid = uid;
    cluster.endpoints.push_back(endpoint);
  }
  EXPECT_EQ(cluster.find(7), &cluster.endpoints[1]);
  EXPECT_EQ(cluster.find(8), nullptr);
  EXPECT_EQ(cluster.find(10), nullptr);
  EXPECT_EQ(Cluster().find(1), nullptr);
}

Balancing slow_start(int64_t ms) {
  Balancing balancing;
  balancing.slow_start_ms = ms;
  return balancing;
}

TEST(Cluster, WhatNobodyAsksForIsNotThere) {
  const Cluster before = cluster_of_weights({1});
  const Cluster cluster = cluster_of_weights({5, 5}, {}, {}, &before);
  EXPECT_TRUE(cluster.plain);
  EXPECT_TRUE(cluster.cumulative.empty()) << "all alike";
  EXPECT_EQ(cluster.endpoints[1].live, nullptr);
  EXPECT_EQ(cluster.endpoints[1].warmup, nullptr);
}

TEST(Cluster, WeightsAddUpOverTheEligible) {
  Cluster cluster = cluster_of_weights({3, 9, 0, 2});
  EXPECT_EQ(cluster.cumulative, (std::vector<uint32_t>{3, 12, 12, 14}));
  EXPECT_FALSE(cluster.plain);
  cluster.eligible = {0, 3};
  cluster.prepare(nullptr);
  EXPECT_EQ(cluster.cumulative, (std::vector<uint32_t>{3, 5}));
}

TEST(Cluster, WhoIsNewOrHasRecoveredWarmsUp) {
  Cluster start = cluster_of_weights({1, 1}, slow_start(1'000));
  EXPECT_EQ(start.endpoints[0].warmup, nullptr) << "the node's cold start";
  start.endpoints[1].takes_new = false;
  const Cluster grown = cluster_of_weights({1, 1, 1}, slow_start(1'000), {}, &start);
  EXPECT_EQ(grown.endpoints[0].warmup, nullptr);
  EXPECT_NE(grown.endpoints[1].warmup, nullptr) << "recovered";
  EXPECT_NE(grown.endpoints[2].warmup, nullptr) << "new";
  const Cluster later = cluster_of_weights({1, 1, 1}, slow_start(2'000), {}, &grown);
  EXPECT_EQ(later.endpoints[2].warmup, grown.endpoints[2].warmup) << "goes on";
  const Cluster off = cluster_of_weights({1, 1, 1}, {}, {}, &later);
  EXPECT_EQ(off.endpoints[2].warmup, nullptr);
  const Cluster on = cluster_of_weights({1, 1, 1}, slow_start(1'000), {}, &off);
  EXPECT_EQ(on.endpoints[2].warmup, nullptr) << "a policy makes nobody new";
}

TEST(Cluster, RequestsInFlightLiveOnAcrossTables) {
  Balancing least;
  least.type = BalancerType::kLeastRequest;
  const Cluster before = cluster_of_weights({1, 1}, least);
  const InFlight request(before.endpoints[1].live);
  const Cluster after = cluster_of_weights({1, 2, 1}, least, {}, &before);
  EXPECT_EQ(after.endpoints[1].live->in_flight, 1U);
  EXPECT_EQ(after.endpoints[2].live->in_flight, 0U);
}

TEST(Cluster, EndpointsWithoutNamesGoByTheirAddress) {
  Endpoint endpoint;
  endpoint.addresses = {*SocketAddress::parse("10.0.0.1", 80),
                        *SocketAddress::parse("10.0.0.2", 80)};
  endpoint.name = "10.0.0.1:80";
  EXPECT_EQ(names_of(endpoint), (std::vector<std::string>{"10.0.0.1:80", "10.0.0.1"}));
  endpoint.name = "web-0";
  EXPECT_EQ(names_of(endpoint), (std::vector<std::string>{"web-0"}));
}

}  // namespace
}  // namespace limpet
