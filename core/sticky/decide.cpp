#include "core/sticky/decide.h"

#include "core/balance/rendezvous.h"

namespace limpet {
namespace {

const Cluster* find_cluster(const StickyScope& scope, uint64_t id) {
  for (const StickyBackend& backend : scope.backends) {
    if (backend.cluster != nullptr && backend.cluster->id == id) return backend.cluster;
  }
  return nullptr;
}

// A time ahead of this node's clock counts as now.
bool expired(const Binding& binding, const StickyPolicy& policy, int64_t now_unix_s) {
  return now_unix_s > int64_t{binding.created_unix_s} + policy.expires_s + kClockGraceS;
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

// Requires: the token opened.
StickyDecision decide_for_record(const StickyScope& scope, const SessionRecord& record,
                                 StateTime table_time, int64_t now_unix_s) {
  StickyDecision decision;
  decision.session_id = record.session_id();
  const Binding* binding = record.find(scope.id);
  if (binding == nullptr) {
    decision.reason = StickyReason::kUnbound;
    decision.bind = true;
    choose_by_rank(scope, nullptr, decision);
    return decision;
  }
  if (expired(*binding, *scope.policy, now_unix_s)) {
    decision.reason = StickyReason::kExpired;
    decision.bind = true;
    // A session that lives on in other scopes keeps its id, and with it its rank here.
    if (record.bindings().size() > 1) {
      choose_by_rank(scope, nullptr, decision);
    } else {
      decision.session_id = 0;
    }
    return decision;
  }
  const Cluster* cluster = find_cluster(scope, binding->backend);
  const Endpoint* endpoint = cluster == nullptr ? nullptr : cluster->find(binding->endpoint);
  if (endpoint != nullptr && endpoint->serves_sessions) {
    decision.reason = StickyReason::kHit;
    decision.cluster = cluster;
    decision.endpoint = endpoint;
    return decision;
  }
  if (binding->decided_at > table_time) {
    decision.reason = StickyReason::kBehind;
  } else {
    decision.reason = endpoint == nullptr ? StickyReason::kGone : StickyReason::kUnavailable;
    decision.bind = true;
  }
  choose_by_rank(scope, cluster, decision);
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
  decision.bind = true;
  return decision;
}

}  // namespace limpet
