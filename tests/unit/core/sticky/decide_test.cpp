#include "core/sticky/decide.h"

#include <vector>

#include <gtest/gtest.h>

#include "core/balance/rendezvous.h"

namespace limpet {
namespace {

constexpr uint64_t kScope = 77;
constexpr int64_t kNow = 1'700'000'000;
constexpr StateTime kTableTime{500, 10};

class Decide : public ::testing::Test {
 protected:
  Decide() {
    one_ = cluster(1, {11, 12, 13});
    two_ = cluster(2, {21});
  }

  static Cluster cluster(uint64_t id, const std::vector<uint64_t>& uids) {
    Cluster made;
    made.id = id;
    for (const uint64_t uid : uids) {
      Endpoint endpoint;
      endpoint.uid = uid;
      made.endpoints.push_back(endpoint);
    }
    find_eligible(made);
    return made;
  }

  static void find_eligible(Cluster& made) {
    made.eligible.clear();
    for (uint32_t i = 0; i < made.endpoints.size(); ++i) {
      if (made.endpoints[i].takes_new) made.eligible.push_back(i);
    }
  }

  OpenResult token(uint64_t backend, uint64_t endpoint, int64_t created = kNow - 10,
                   StateTime decided_at = kTableTime) const {
    OpenResult result;
    result.status = OpenStatus::kOk;
    result.record = SessionRecord(42);
    Binding binding;
    binding.scope = kScope;
    binding.backend = backend;
    binding.endpoint = endpoint;
    binding.created_unix_s = static_cast<uint32_t>(created);
    binding.decided_at = decided_at;
    result.record.put(binding);
    return result;
  }

  StickyDecision decide_for(const OpenResult& token) const {
    const std::vector<StickyBackend> backends = {{&one_, weight_one_}, {&two_, weight_two_}};
    return decide({kScope, backends, &policy_}, token, 99, kTableTime, kNow);
  }

  Cluster one_;
  Cluster two_;
  uint32_t weight_one_ = 1;
  uint32_t weight_two_ = 0;
  StickyPolicy policy_;
};

TEST_F(Decide, ASessionStaysWhereItIs) {
  const StickyDecision decision = decide_for(token(1, 12));
  EXPECT_EQ(decision.reason, StickyReason::kHit);
  EXPECT_EQ(decision.endpoint->uid, 12U);
  EXPECT_FALSE(decision.bind);
}

TEST_F(Decide, WeightZeroAndDrainingKeepTheirSessions) {
  EXPECT_EQ(decide_for(token(2, 21)).reason, StickyReason::kHit);
  one_.endpoints[1].takes_new = false;
  find_eligible(one_);
  EXPECT_EQ(decide_for(token(1, 12)).endpoint->uid, 12U);
}

TEST_F(Decide, AGoneEndpointIsReplacedByRankWithinItsBackend) {
  weight_two_ = 1'000'000;
  const StickyDecision decision = decide_for(token(1, 19));
  EXPECT_EQ(decision.reason, StickyReason::kGone);
  EXPECT_EQ(decision.cluster, &one_);
  EXPECT_EQ(decision.endpoint, rendezvous_choice(one_, 42, {}));
  EXPECT_TRUE(decision.bind);
}

TEST_F(Decide, AnEndpointThatServesNobodyIsUnavailable) {
  one_.endpoints[1].serves_sessions = false;
  one_.endpoints[1].takes_new = false;
  find_eligible(one_);
  const StickyDecision decision = decide_for(token(1, 12));
  EXPECT_EQ(decision.reason, StickyReason::kUnavailable);
  EXPECT_NE(decision.endpoint->uid, 12U);
}

TEST_F(Decide, AnotherBackendServesWhenTheOwnHasNobody) {
  weight_two_ = 1;
  one_ = cluster(1, {});
  EXPECT_EQ(decide_for(token(1, 12)).endpoint->uid, 21U);
}

TEST_F(Decide, NobodyAtAllIsNoChoice) {
  one_ = cluster(1, {});
  const StickyDecision decision = decide_for(token(1, 12));
  EXPECT_EQ(decision.endpoint, nullptr);
  EXPECT_EQ(decision.session_id, 42U);
}

TEST_F(Decide, ExpiryHasGraceAndRunsFromTheBeginning) {
  policy_.expires_s = 600;
  EXPECT_EQ(decide_for(token(1, 12, kNow - 600 - kClockGraceS)).reason, StickyReason::kHit);
  const StickyDecision decision = decide_for(token(1, 12, kNow - 601 - kClockGraceS));
  EXPECT_EQ(decision.reason, StickyReason::kExpired);
  EXPECT_EQ(decision.session_id, 0U) << "a new session";
  EXPECT_TRUE(decision.bind);
}

TEST_F(Decide, ATimeAheadOfTheClockIsNow) {
  EXPECT_EQ(decide_for(token(1, 12, kNow + 3600)).reason, StickyReason::kHit);
}

TEST_F(Decide, ExpiredHereButAliveElsewhereKeepsItsId) {
  OpenResult both = token(1, 12, kNow - 100'000);
  Binding elsewhere;
  elsewhere.scope = kScope + 1;
  elsewhere.created_unix_s = static_cast<uint32_t>(kNow);
  both.record.put(elsewhere);
  const StickyDecision decision = decide_for(both);
  EXPECT_EQ(decision.session_id, 42U);
  EXPECT_EQ(decision.endpoint, rendezvous_choice(one_, 42, {}));
}

TEST_F(Decide, AKnownSessionIsBoundByRankInANewScope) {
  OpenResult known;
  known.status = OpenStatus::kOk;
  known.record = SessionRecord(42);
  const StickyDecision decision = decide_for(known);
  EXPECT_EQ(decision.reason, StickyReason::kUnbound);
  EXPECT_EQ(decision.endpoint, rendezvous_choice(one_, 42, {}));
  EXPECT_TRUE(decision.bind);
}

TEST_F(Decide, ANewerDecisionIsNeverUndone) {
  for (const StateTime newer : {StateTime{500, 11}, StateTime{501, 1}}) {
    const StickyDecision decision = decide_for(token(1, 19, kNow, newer));
    EXPECT_EQ(decision.reason, StickyReason::kBehind);
    EXPECT_EQ(decision.endpoint, rendezvous_choice(one_, 42, {}));
    EXPECT_FALSE(decision.bind) << "the cookie is left alone";
  }
  EXPECT_EQ(decide_for(token(1, 12, kNow, {501, 1})).reason, StickyReason::kHit);
  EXPECT_EQ(decide_for(token(1, 19, kNow, {499, 900})).reason, StickyReason::kGone);
}

TEST_F(Decide, ATokenOfANewerKeyIsServedAndLeft) {
  OpenResult ahead;
  ahead.status = OpenStatus::kAhead;
  const StickyDecision decision = decide_for(ahead);
  EXPECT_EQ(decision.reason, StickyReason::kBehind);
  EXPECT_EQ(decision.endpoint, rendezvous_choice(one_, 99, {}));
  EXPECT_FALSE(decision.bind);
}

TEST_F(Decide, WhatIsNoneOfOursBeginsANewSession) {
  for (const auto& [status, reason] :
       {std::pair{OpenStatus::kMalformed, StickyReason::kTampered},
        std::pair{OpenStatus::kTampered, StickyReason::kTampered},
        std::pair{OpenStatus::kKeyLost, StickyReason::kKeyLost}}) {
    OpenResult bad;
    bad.status = status;
    const StickyDecision decision = decide_for(bad);
    EXPECT_EQ(decision.reason, reason);
    EXPECT_EQ(decision.endpoint, nullptr);
    EXPECT_EQ(decision.session_id, 0U);
    EXPECT_TRUE(decision.bind);
  }
}

TEST_F(Decide, AddingAnEndpointMovesNobody) {
  const OpenResult session = token(1, 12);
  one_ = cluster(1, {9, 11, 12, 13, 14, 15});
  EXPECT_EQ(decide_for(session).endpoint->uid, 12U);
}

}  // namespace
}  // namespace limpet
