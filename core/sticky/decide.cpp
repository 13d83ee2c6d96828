#include "core/sticky/decide.h"

#include <algorithm>

#include "core/balance/rendezvous.h"

namespace limpet {
namespace {

using Change = StickyDecision::Change;

const Cluster* find_cluster(const StickyScope& scope, uint64_t id) {
  for (const StickyBackend& backend : scope.backends) {
    if (backend.cluster != nullptr && backend.cluster->id == id) return backend.cluster;
  }
  return nullptr;
}

// A time ahead of this node's clock counts as now.
bool is_past(uint32_t since_unix_s, uint32_t length_s, int64_t now_unix_s) {
  return now_unix_s > int64_t{since_unix_s} + length_s + kClockGraceS;
}

// A tenth of the time in which a session must be used is how fresh its token is kept.
bool is_stale(const Binding& binding, const StickyPolicy& policy, int64_t now_unix_s) {
  return policy.idle_s != 0 &&
         now_unix_s >= int64_t{binding.last_seen_unix_s} + std::max(policy.idle_s / 10, 1U);
}

// Where an endpoint of the scope is.
struct Place {
  const Cluster* cluster = nullptr;
  const Endpoint* endpoint = nullptr;  // null: it is not listed

  bool serves() const { return endpoint != nullptr && endpoint->serves_sessions; }
};

Place find_home(const StickyScope& scope, const Binding& binding) {
  const Cluster* cluster = find_cluster(scope, binding.backend);
  return {cluster, cluster == nullptr ? nullptr : cluster->find(binding.endpoint)};
}

// Who stands in for a session's endpoint may be of another backend.
Place find_stand_in(const StickyScope& scope, const Binding& binding) {
  if (binding.temporary == 0) return {};
  for (const StickyBackend& backend : scope.backends) {
    if (backend.cluster == nullptr) continue;
    const Endpoint* endpoint = backend.cluster->find(binding.temporary);
    if (endpoint != nullptr) return {backend.cluster, endpoint};
  }
  return {};
}

bool is_evicted(const StickyScope& scope, const Place& place, uint64_t endpoint,
                StateTime decided_at) {
  if (place.cluster == nullptr) return false;
  for (const StickyBackend& backend : scope.backends) {
    if (backend.cluster != place.cluster || backend.evictions == nullptr) continue;
    return backend.evictions->cover(endpoint, decided_at);
  }
  return false;
}

// By weight among the backends that have an eligible endpoint, then among the endpoints of the
// one. A session keeps its backend when that one can serve (`preferred`).
void choose_by_rank(const StickyScope& scope, const Cluster* preferred,
                    StickyDecision& decision) {
  const Cluster* best = preferred != nullptr && !preferred->eligible.empty() ? preferred : nullptr;
  uint64_t best_score = 0;
  if (best == nullptr) {
    for (const StickyBackend& backend : scope.backends) {
      if (backend.cluster == nullptr || backend.weight == 0) continue;
      if (backend.cluster->eligible.empty()) continue;
      const uint64_t score =
          rendezvous_score(decision.session_id, backend.cluster->id, backend.weight);
      if (best == nullptr || score > best_score) {
        best = backend.cluster;
        best_score = score;
      }
    }
  }
  if (best == nullptr) return;
  decision.cluster = best;
  decision.endpoint = rendezvous_choice(*best, decision.session_id, {});
}

void stay(const Place& place, StickyDecision& decision) {
  decision.cluster = place.cluster;
  decision.endpoint = place.endpoint;
}

// The binding is over. A session that lives on in other scopes keeps its id, and with it its rank
// here.
StickyDecision begin_anew(const StickyScope& scope, const SessionRecord& record,
                          StickyReason reason) {
  StickyDecision decision;
  decision.reason = reason;
  decision.change = Change::kBind;
  if (record.bindings().size() > 1) {
    decision.session_id = record.session_id();
    choose_by_rank(scope, nullptr, decision);
  }
  return decision;
}

// The binding's own endpoint may not serve, as far as a table knows that is not behind.
void leave_home(const StickyScope& scope, const Place& home, const Place& stand_in,
                StickyDecision& decision) {
  const bool listed = home.endpoint != nullptr;
  const bool drained = listed && home.endpoint->drained;
  const OnUnavailable policy =
      listed && !drained ? scope.policy->on_unavailable : OnUnavailable::kRebind;
  decision.reason = drained  ? StickyReason::kDrained
                    : listed ? StickyReason::kUnavailable
                             : StickyReason::kGone;
  if (policy == OnUnavailable::kReject) {
    decision.refuse = true;
    return;
  }
  const bool for_now = policy == OnUnavailable::kRebindTemporarily;
  decision.change = for_now ? Change::kBindForNow : Change::kBind;
  if (!stand_in.serves()) return choose_by_rank(scope, home.cluster, decision);
  // Nobody moves who need not.
  stay(stand_in, decision);
  if (for_now) {
    decision.reason = StickyReason::kHit;
    decision.change = Change::kNone;
  }
}

// Requires: the token opened.
StickyDecision decide_for_record(const StickyScope& scope, const SessionRecord& record,
                                 StateTime table_time, int64_t now_unix_s) {
  StickyDecision decision;
  decision.session_id = record.session_id();
  const Binding* binding = record.find(scope.id);
  if (binding == nullptr) {
    decision.reason = StickyReason::kUnbound;
    decision.change = Change::kBind;
    choose_by_rank(scope, nullptr, decision);
    return decision;
  }
  const StickyPolicy& policy = *scope.policy;
  if (is_past(binding->created_unix_s, policy.expires_s, now_unix_s)) {
    return begin_anew(scope, record, StickyReason::kExpired);
  }
  if (policy.idle_s != 0 && is_past(binding->last_seen_unix_s, policy.idle_s, now_unix_s)) {
    return begin_anew(scope, record, StickyReason::kIdle);
  }
  const Place home = find_home(scope, *binding);
  const Place stand_in = find_stand_in(scope, *binding);
  if (is_evicted(scope, home, binding->endpoint, binding->decided_at) ||
      is_evicted(scope, stand_in, binding->temporary, binding->decided_at)) {
    return begin_anew(scope, record, StickyReason::kEvicted);
  }
  // By a state that this table does not have yet: what it knows better is not undone.
  const bool behind = binding->decided_at > table_time;
  if (behind && stand_in.serves()) {
    decision.reason = StickyReason::kHit;
    stay(stand_in, decision);
  } else if (home.serves() && (!behind || binding->temporary == 0)) {
    decision.reason = StickyReason::kHit;
    stay(home, decision);
    if (binding->temporary != 0) decision.change = Change::kReturn;
  } else if (behind) {
    decision.reason = StickyReason::kBehind;
    choose_by_rank(scope, home.cluster, decision);
  } else {
    leave_home(scope, home, stand_in, decision);
  }
  const bool stays = decision.reason == StickyReason::kHit && decision.change == Change::kNone;
  if (stays && is_stale(*binding, policy, now_unix_s)) decision.change = Change::kRefresh;
  return decision;
}

}  // namespace

std::string_view to_string(StickyReason reason) {
  switch (reason) {
    case StickyReason::kNone: return "none";
    case StickyReason::kNew: return "new";
    case StickyReason::kHit: return "hit";
    case StickyReason::kUnbound: return "unbound";
    case StickyReason::kGone: return "gone";
    case StickyReason::kUnavailable: return "unavailable";
    case StickyReason::kExpired: return "expired";
    case StickyReason::kIdle: return "idle";
    case StickyReason::kEvicted: return "evicted";
    case StickyReason::kDrained: return "drained";
    case StickyReason::kTampered: return "tampered";
    case StickyReason::kKeyLost: return "key lost";
    case StickyReason::kBehind: return "behind";
  }
  return "unknown";
}

StickyDecision decide(const StickyScope& scope, const OpenResult& token, uint64_t fallback_id,
                      StateTime table_time, int64_t now_unix_s) {
  StickyDecision decision;
  switch (token.status) {
    case OpenStatus::kOk:
      return decide_for_record(scope, token.record, table_time, now_unix_s);
    case OpenStatus::kAhead:
      decision.reason = StickyReason::kBehind;
      decision.session_id = fallback_id;
      choose_by_rank(scope, nullptr, decision);
      return decision;
    case OpenStatus::kKeyLost:
      decision.reason = StickyReason::kKeyLost;
      break;
    case OpenStatus::kMalformed:
    case OpenStatus::kTampered:
      decision.reason = StickyReason::kTampered;
      break;
  }
  decision.change = Change::kBind;
  return decision;
}

}  // namespace limpet
