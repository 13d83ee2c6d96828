#include "core/balance/rendezvous.h"

#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace limpet {
namespace {

Cluster cluster_of(std::vector<uint64_t> uids) {
  Cluster cluster;
  for (const uint64_t uid : uids) {
    cluster.eligible.push_back(static_cast<uint32_t>(cluster.endpoints.size()));
    Endpoint endpoint;
    endpoint.uid = uid;
    cluster.endpoints.push_back(endpoint);
  }
  return cluster;
}

TEST(Rendezvous, ChoiceDependsOnTheMembersNotOnTheirOrder) {
  const Cluster forward = cluster_of({11, 22, 33, 44});
  const Cluster backward = cluster_of({44, 33, 22, 11});
  for (uint64_t session = 1; session < 500; ++session) {
    EXPECT_EQ(rendezvous_choice(forward, session, {})->uid,
              rendezvous_choice(backward, session, {})->uid);
  }
}

TEST(Rendezvous, LeavingMovesItsOwnSessionsOnly) {
  const Cluster all = cluster_of({11, 22, 33, 44});
  const Cluster without = cluster_of({11, 22, 44});
  const std::vector<uint64_t> tried = {33};
  for (uint64_t session = 1; session < 2'000; ++session) {
    const uint64_t before = rendezvous_choice(all, session, {})->uid;
    const uint64_t after = rendezvous_choice(without, session, {})->uid;
    EXPECT_TRUE(before == 33 || after == before) << session;
    EXPECT_EQ(rendezvous_choice(all, session, tried)->uid, after);
  }
}

TEST(Rendezvous, EndpointsGetEvenShares) {
  const Cluster cluster = cluster_of({1, 2, 3, 4, 5});
  std::map<uint64_t, int> share;
  std::mt19937_64 random(4);
  constexpr int kSessions = 50'000;
  for (int i = 0; i < kSessions; ++i) ++share[rendezvous_choice(cluster, random(), {})->uid];
  for (const auto& [uid, count] : share) EXPECT_NEAR(count, kSessions / 5, kSessions / 50) << uid;
}

TEST(Rendezvous, WeightsGiveProportionalShares) {
  std::mt19937_64 random(5);
  const std::map<uint64_t, uint32_t> weights = {{1, 70}, {2, 20}, {3, 10}, {4, 0}};
  std::map<uint64_t, int> share;
  constexpr int kSessions = 50'000;
  for (int i = 0; i < kSessions; ++i) {
    const uint64_t session = random();
    uint64_t best = 0;
    uint64_t best_score = 0;
    for (const auto& [id, weight] : weights) {
      const uint64_t score = rendezvous_score(session, id, weight);
      if (score > best_score) {
        best = id;
        best_score = score;
      }
    }
    ++share[best];
  }
  for (const auto& [id, weight] : weights) {
    EXPECT_NEAR(share[id], kSessions / 100.0 * weight, kSessions / 100.0) << id;
  }
  EXPECT_EQ(share[4], 0);
}

// Sessions that have to be placed anew go by weight; without weights, and with equal ones, as ever.
TEST(Rendezvous, SessionsGoByTheEndpointsWeights) {
  const Cluster even = cluster_of({11, 22, 33, 44});
  Cluster cluster = even;
  for (Endpoint& endpoint : cluster.endpoints) endpoint.weight = 8;
  cluster.prepare(nullptr);
  for (uint64_t session = 1; session < 500; ++session) {
    EXPECT_EQ(rendezvous_choice(cluster, session, {})->uid,
              rendezvous_choice(even, session, {})->uid);
  }
  cluster.endpoints[0].weight = 0;
  cluster.endpoints[1].weight = 24;
  cluster.prepare(nullptr);
  std::map<uint64_t, int> share;
  for (uint64_t session = 1; session <= 10'000; ++session) {
    const uint64_t chosen = rendezvous_choice(cluster, session, {})->uid;
    // As by all scores, whatever was spared.
    uint64_t best = 0;
    for (const Endpoint& endpoint : cluster.endpoints) {
      const uint64_t score = rendezvous_score(session, endpoint.uid, endpoint.weight);
      const Endpoint* leader = cluster.find(best);
      if (leader == nullptr || score > rendezvous_score(session, best, leader->weight)) {
        best = endpoint.uid;
      }
    }
    EXPECT_EQ(chosen, best);
    ++share[chosen];
  }
  EXPECT_EQ(share[11], 0);
  EXPECT_NEAR(share[22], 6'000, 200);
  EXPECT_NEAR(share[33], 2'000, 200);
  const std::vector<uint64_t> tried = {22, 33, 44};
  EXPECT_EQ(rendezvous_choice(cluster, 7, tried)->uid, 11U) << "when no other is left";
}

// Nodes of different versions must agree on these, too.
TEST(Rendezvous, HashesNeverChange) {
  EXPECT_EQ(hash64(uint64_t{1}), 10451216379200822465U);
  EXPECT_EQ(hash64(std::string_view("10.0.0.1")), 15103486773897948426U);
  EXPECT_NE(hash64(std::string_view()), 0U);
}

// A change of these numbers would move every session of a cluster during an upgrade.
TEST(Rendezvous, ScoresNeverChange) {
  EXPECT_EQ(rendezvous_score(1, 2, 1), 18445888907852644351U);
  EXPECT_EQ(rendezvous_score(0x0123456789ABCDEF, 42, 100), 18446743374808397905U);
}

TEST(Rendezvous, NobodyIsLeft) {
  const std::vector<uint64_t> tried = {1};
  EXPECT_EQ(rendezvous_choice(cluster_of({}), 7, {}), nullptr);
  EXPECT_EQ(rendezvous_choice(cluster_of({1}), 7, tried), nullptr);
}

}  // namespace
}  // namespace limpet
