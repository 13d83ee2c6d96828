#include "core/sticky/evictions.h"

#include <vector>

#include <gtest/gtest.h>

#include "core/sticky/decide.h"

namespace limpet {
namespace {

using Change = StickyDecision::Change;

constexpr uint64_t kScope = 77;
constexpr int64_t kNow = 1'700'000'000;
constexpr StateTime kTableTime{500, 10};

TEST(Evictions, CoverWhatWasDecidedBefore) {
  const Evictions evictions{{500, 8}, {{11, {500, 9}}}};
  EXPECT_TRUE(evictions.cover(12, {500, 7}));
  EXPECT_TRUE(evictions.cover(12, {499, 100})) << "an earlier epoch";
  EXPECT_FALSE(evictions.cover(12, {500, 8})) << "the eviction's own state";
  EXPECT_FALSE(evictions.cover(12, {501, 1}));
  EXPECT_TRUE(evictions.cover(11, {500, 8}));
  EXPECT_FALSE(evictions.cover(11, {500, 9}));
  EXPECT_FALSE(Evictions().cover(11, {0, 0}));
}

// A Service with endpoints 11 and 12, and one with 21.
class EvictedSessions : public ::testing::Test {
 protected:
  EvictedSessions() {
    for (const uint64_t uid : {11, 12}) add(one_, 1, uid);
    add(two_, 2, 21);
  }
  static void add(Cluster& cluster, uint64_t id, uint64_t uid) {
    cluster.id = id;
    Endpoint endpoint;
    endpoint.uid = uid;
    cluster.eligible.push_back(static_cast<uint32_t>(cluster.endpoints.size()));
    cluster.endpoints.push_back(endpoint);
  }
  // Bound to 11 at `decided_at`.
  StickyDecision decide_for(StateTime decided_at, uint64_t temporary = 0,
                            size_t other_bindings = 0) const {
    OpenResult token;
    token.status = OpenStatus::kOk;
    token.record = SessionRecord(42);
    Binding binding;
    binding.scope = kScope;
    binding.backend = 1;
    binding.endpoint = 11;
    binding.temporary = temporary;
    binding.created_unix_s = static_cast<uint32_t>(kNow - 10);
    binding.decided_at = decided_at;
    token.record.put(binding);
    for (size_t i = 0; i < other_bindings; ++i) {
      binding.scope = 100 + i;
      token.record.put(binding);
    }
    const std::vector<StickyBackend> backends = {{&one_, 1, &evictions_},
                                                 {&two_, 1, &evictions_of_two_}};
    return decide({kScope, backends, &policy_}, token, 99, kTableTime, kNow);
  }

  Cluster one_;
  Cluster two_;
  Evictions evictions_;
  Evictions evictions_of_two_;
  StickyPolicy policy_;
};

TEST_F(EvictedSessions, BeginAnewAndStayAfterwards) {
  evictions_.all = {500, 9};
  const StickyDecision evicted = decide_for({500, 8});
  EXPECT_EQ(evicted.reason, StickyReason::kEvicted);
  EXPECT_EQ(evicted.change, Change::kBind);
  EXPECT_EQ(evicted.session_id, 0U) << "another session";
  EXPECT_EQ(evicted.endpoint, nullptr) << "the balancer chooses";
  EXPECT_EQ(decide_for({500, 9}).reason, StickyReason::kHit);
  EXPECT_EQ(decide_for({500, 11}).reason, StickyReason::kHit) << "ahead of this node";
}

TEST_F(EvictedSessions, KeepTheirIdWhereTheyLiveOn) {
  evictions_.all = {500, 9};
  const StickyDecision evicted = decide_for({500, 8}, 0, 1);
  EXPECT_EQ(evicted.reason, StickyReason::kEvicted);
  EXPECT_EQ(evicted.session_id, 42U);
  EXPECT_NE(evicted.endpoint, nullptr) << "by rank, at every node the same";
}

TEST_F(EvictedSessions, AreThoseOfTheirEndpointAlone) {
  evictions_.of_endpoints = {{12, {500, 9}}};
  EXPECT_EQ(decide_for({500, 8}).reason, StickyReason::kHit);
  evictions_.of_endpoints = {{12, {500, 9}}, {11, {500, 9}}};
  EXPECT_EQ(decide_for({500, 8}).reason, StickyReason::kEvicted);
}

TEST_F(EvictedSessions, AreThoseOfAStandInToo) {
  evictions_of_two_.of_endpoints = {{21, {500, 9}}};
  EXPECT_EQ(decide_for({500, 8}, 21).reason, StickyReason::kEvicted);
  EXPECT_EQ(decide_for({500, 9}, 21).reason, StickyReason::kHit);
  EXPECT_EQ(decide_for({500, 8}).reason, StickyReason::kHit);
}

}  // namespace
}  // namespace limpet
