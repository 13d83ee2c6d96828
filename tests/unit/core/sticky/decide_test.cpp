#include "core/sticky/decide.h"

#include <vector>

#include <gtest/gtest.h>

#include "core/balance/rendezvous.h"

namespace limpet {
namespace {

using Change = StickyDecision::Change;

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

  static OpenResult token(uint64_t backend, uint64_t endpoint, int64_t created = kNow - 10,
                          StateTime decided_at = kTableTime) {
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

  // Bound to endpoint 12 of the first.
  static OpenResult seen_at(int64_t last_seen_unix_s) {
    OpenResult result = token(1, 12, kNow - 1000);
    Binding binding = *result.record.find(kScope);
    binding.last_seen_unix_s = static_cast<uint32_t>(last_seen_unix_s);
    result.record.put(binding);
    return result;
  }
  static OpenResult with_stand_in(uint64_t uid, StateTime decided_at = kTableTime) {
    OpenResult result = token(1, 12, kNow, decided_at);
    Binding binding = *result.record.find(kScope);
    binding.temporary = uid;
    result.record.put(binding);
    return result;
  }
  void serve(uint64_t uid, bool does) {
    for (Endpoint& endpoint : one_.endpoints) {
      if (endpoint.uid == uid) endpoint.serves_sessions = endpoint.takes_new = does;
    }
    find_eligible(one_);
  }
  void take_away(uint64_t uid) { serve(uid, false); }
  void bring_back(uint64_t uid) { serve(uid, true); }

  StickyDecision decide_for(const OpenResult& token) const {
    const std::vector<StickyBackend> backends = {{&one_, weight_one_, &evictions_},
                                                 {&two_, weight_two_, nullptr}};
    return decide({kScope, backends, &policy_}, token, 99, kTableTime, kNow);
  }

  Cluster one_;
  Cluster two_;
  uint32_t weight_one_ = 1;
  uint32_t weight_two_ = 0;
  StickyPolicy policy_;
  Evictions evictions_;  // of the first
};

TEST_F(Decide, ASessionStaysWhereItIs) {
  const StickyDecision decision = decide_for(token(1, 12));
  EXPECT_EQ(decision.reason, StickyReason::kHit);
  EXPECT_EQ(decision.endpoint->uid, 12U);
  EXPECT_EQ(decision.change, Change::kNone);
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
  EXPECT_EQ(decision.change, Change::kBind);
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
  EXPECT_EQ(decision.change, Change::kBind);
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
  EXPECT_EQ(decision.change, Change::kBind);
}

TEST_F(Decide, ANewerDecisionIsNeverUndone) {
  for (const StateTime newer : {StateTime{500, 11}, StateTime{501, 1}}) {
    const StickyDecision decision = decide_for(token(1, 19, kNow, newer));
    EXPECT_EQ(decision.reason, StickyReason::kBehind);
    EXPECT_EQ(decision.endpoint, rendezvous_choice(one_, 42, {}));
    EXPECT_EQ(decision.change, Change::kNone) << "the cookie is left alone";
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
  EXPECT_EQ(decision.change, Change::kNone);
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
    EXPECT_EQ(decision.change, Change::kBind);
  }
}

TEST_F(Decide, AddingAnEndpointMovesNobody) {
  const OpenResult session = token(1, 12);
  one_ = cluster(1, {9, 11, 12, 13, 14, 15});
  EXPECT_EQ(decide_for(session).endpoint->uid, 12U);
}

TEST_F(Decide, ASessionThatNobodyUsesEnds) {
  policy_.idle_s = 600;
  EXPECT_EQ(decide_for(seen_at(kNow - 600 - kClockGraceS)).reason, StickyReason::kHit);
  const StickyDecision decision = decide_for(seen_at(kNow - 601 - kClockGraceS));
  EXPECT_EQ(decision.reason, StickyReason::kIdle);
  EXPECT_EQ(decision.session_id, 0U) << "a new session";
  EXPECT_EQ(decision.change, Change::kBind);
  EXPECT_EQ(decide_for(seen_at(kNow + 3600)).reason, StickyReason::kHit) << "a clock ahead";
}

TEST_F(Decide, ATokenIsRefreshedWhenATenthOfTheIdleTimeHasPassed) {
  EXPECT_EQ(decide_for(seen_at(kNow - 100)).change, Change::kNone) << "nothing ends it";
  policy_.idle_s = 600;
  EXPECT_EQ(decide_for(seen_at(kNow - 59)).change, Change::kNone);
  EXPECT_EQ(decide_for(seen_at(kNow - 60)).change, Change::kRefresh);
  policy_.idle_s = 5;
  EXPECT_EQ(decide_for(seen_at(kNow)).change, Change::kNone);
  EXPECT_EQ(decide_for(seen_at(kNow - 1)).change, Change::kRefresh);
}

// ---- An endpoint that is listed, and may not serve.

TEST_F(Decide, ASessionMayHaveToWaitForItsEndpoint) {
  policy_.on_unavailable = OnUnavailable::kReject;
  take_away(12);
  StickyDecision decision = decide_for(token(1, 12));
  EXPECT_TRUE(decision.refuse);
  EXPECT_EQ(decision.reason, StickyReason::kUnavailable);
  EXPECT_EQ(decision.endpoint, nullptr);
  EXPECT_EQ(decision.change, Change::kNone);
  decision = decide_for(token(1, 19));
  EXPECT_FALSE(decision.refuse) << "one that is gone does not come back";
  EXPECT_EQ(decision.reason, StickyReason::kGone);
  decision = decide_for(token(1, 12, kNow, {501, 1}));
  EXPECT_FALSE(decision.refuse) << "a newer state may know better";
  EXPECT_EQ(decision.reason, StickyReason::kBehind);
}

TEST_F(Decide, AStandInServesUntilTheEndpointIsBack) {
  policy_.on_unavailable = OnUnavailable::kRebindTemporarily;
  take_away(12);
  const StickyDecision away = decide_for(token(1, 12));
  EXPECT_EQ(away.reason, StickyReason::kUnavailable);
  EXPECT_EQ(away.change, Change::kBindForNow);
  EXPECT_EQ(away.endpoint, rendezvous_choice(one_, 42, {}));

  const OpenResult meanwhile = with_stand_in(away.endpoint->uid);
  const StickyDecision stays = decide_for(meanwhile);
  EXPECT_EQ(stays.reason, StickyReason::kHit);
  EXPECT_EQ(stays.endpoint, away.endpoint);
  EXPECT_EQ(stays.change, Change::kNone);

  bring_back(12);
  const StickyDecision back = decide_for(meanwhile);
  EXPECT_EQ(back.reason, StickyReason::kHit);
  EXPECT_EQ(back.endpoint->uid, 12U);
  EXPECT_EQ(back.change, Change::kReturn);
}

TEST_F(Decide, AStandInThatIsAwayTooIsReplaced) {
  policy_.on_unavailable = OnUnavailable::kRebindTemporarily;
  take_away(12);
  const uint64_t first = rendezvous_choice(one_, 42, {})->uid;
  take_away(first);
  const StickyDecision decision = decide_for(with_stand_in(first));
  EXPECT_EQ(decision.reason, StickyReason::kUnavailable);
  EXPECT_EQ(decision.change, Change::kBindForNow);
  EXPECT_NE(decision.endpoint->uid, first);
}

TEST_F(Decide, AStandInStaysForGoodWhenTheEndpointIsGone) {
  policy_.on_unavailable = OnUnavailable::kRebindTemporarily;
  OpenResult meanwhile = with_stand_in(13);
  Binding binding = *meanwhile.record.find(kScope);
  binding.endpoint = 19;
  meanwhile.record.put(binding);
  const StickyDecision decision = decide_for(meanwhile);
  EXPECT_EQ(decision.reason, StickyReason::kGone);
  EXPECT_EQ(decision.endpoint->uid, 13U) << "the session is there already";
  EXPECT_EQ(decision.change, Change::kBind);
}

TEST_F(Decide, AnotherBackendMayStandIn) {
  policy_.on_unavailable = OnUnavailable::kRebindTemporarily;
  take_away(12);
  const StickyDecision decision = decide_for(with_stand_in(21));
  EXPECT_EQ(decision.cluster, &two_);
  EXPECT_EQ(decision.endpoint->uid, 21U);
}

TEST_F(Decide, ANodeThatIsBehindSendsNobodyHome) {
  policy_.on_unavailable = OnUnavailable::kRebindTemporarily;
  const StickyDecision decision = decide_for(with_stand_in(13, {501, 1}));
  EXPECT_EQ(decision.reason, StickyReason::kHit);
  EXPECT_EQ(decision.endpoint->uid, 13U);
  EXPECT_EQ(decision.change, Change::kNone);
  take_away(13);
  const StickyDecision neither = decide_for(with_stand_in(13, {501, 1}));
  EXPECT_EQ(neither.reason, StickyReason::kBehind);
  EXPECT_EQ(neither.change, Change::kNone);
}

TEST_F(Decide, WhatWasBoundBeforeAnEvictionIsOver) {
  evictions_.all = {500, 9};
  EXPECT_EQ(decide_for(token(1, 12, kNow, {500, 9})).reason, StickyReason::kHit);
  EXPECT_EQ(decide_for(token(2, 21, kNow, {500, 8})).reason, StickyReason::kHit)
      << "another Service's";
  for (const StateTime before : {StateTime{500, 8}, StateTime{499, 900}}) {
    const StickyDecision decision = decide_for(token(1, 12, kNow, before));
    EXPECT_EQ(decision.reason, StickyReason::kEvicted);
    EXPECT_EQ(decision.session_id, 0U) << "a new session";
    EXPECT_EQ(decision.change, Change::kBind);
  }
}

TEST_F(Decide, OneEndpointIsEvictedAlone) {
  evictions_.of_endpoints = {{13, {500, 7}}, {12, {500, 9}}};
  EXPECT_EQ(decide_for(token(1, 12, kNow, {500, 8})).reason, StickyReason::kEvicted);
  EXPECT_EQ(decide_for(token(1, 13, kNow, {500, 8})).reason, StickyReason::kHit);
  EXPECT_EQ(decide_for(token(1, 11, kNow, {500, 1})).reason, StickyReason::kHit);
}

TEST_F(Decide, WhoStandsInIsEvictedToo) {
  policy_.on_unavailable = OnUnavailable::kRebindTemporarily;
  take_away(12);
  evictions_.of_endpoints = {{13, {500, 9}}};
  EXPECT_EQ(decide_for(with_stand_in(13, {500, 8})).reason, StickyReason::kEvicted);
  EXPECT_EQ(decide_for(with_stand_in(13, {500, 9})).reason, StickyReason::kHit);
}

TEST_F(Decide, AnExpiredSessionIsNotEvicted) {
  evictions_.all = {500, 9};
  const int64_t long_ago = kNow - 3601 - kClockGraceS;
  EXPECT_EQ(decide_for(token(1, 12, long_ago, {500, 1})).reason, StickyReason::kExpired);
}

TEST_F(Decide, SessionsLeaveADrainedEndpointForGood) {
  take_away(12);
  one_.endpoints[1].drained = true;
  for (const OnUnavailable policy :
       {OnUnavailable::kRebind, OnUnavailable::kRebindTemporarily, OnUnavailable::kReject}) {
    policy_.on_unavailable = policy;
    const StickyDecision decision = decide_for(token(1, 12));
    EXPECT_EQ(decision.reason, StickyReason::kDrained);
    EXPECT_EQ(decision.endpoint, rendezvous_choice(one_, 42, {}));
    EXPECT_EQ(decision.change, Change::kBind);
    EXPECT_FALSE(decision.refuse);
  }
}

}  // namespace
}  // namespace limpet
