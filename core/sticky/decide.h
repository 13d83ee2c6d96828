// Where a request of a session goes, and what becomes of its cookie. A pure function of token,
// table and clock: two nodes with the same table decide alike.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/balance/cluster.h"
#include "core/sticky/evictions.h"
#include "core/sticky/policy.h"
#include "core/sticky/session_record.h"
#include "core/sticky/token.h"

namespace limpet {

// What the decision rests on. Reasons for which a session moves or begins anew are a closed list;
// each has a counter.
enum class StickyReason {
  kNone,         // the rule has no policy
  kNew,          // no token came with the request
  kHit,          // the session's endpoint serves it
  kUnbound,      // the session is known, but has no place in this scope yet
  kGone,         // its endpoint is no longer listed
  kUnavailable,  // its endpoint is listed, but serves no sessions
  kExpired,
  kIdle,        // nothing was asked in it for too long
  kEvicted,     // an operator has ended it
  kDrained,     // its endpoint was to be left by a time that has come
  kTampered,     // the token is none of ours
  kKeyLost,
  kBehind,       // the token is of a newer state than this node's table
};
inline constexpr size_t kStickyReasons = static_cast<size_t>(StickyReason::kBehind) + 1;
std::string_view to_string(StickyReason reason);

// One backendRef of the rule, in the rule's order.
struct StickyBackend {
  const Cluster* cluster = nullptr;  // null: an invalid reference
  uint32_t weight = 1;
  const Evictions* evictions = nullptr;  // null: none
};

struct StickyScope {
  uint64_t id = 0;
  std::span<const StickyBackend> backends;
  const StickyPolicy* policy = nullptr;  // never null
};

struct StickyDecision {
  StickyReason reason = StickyReason::kNew;
  // Null: no endpoint is named; the balancer chooses (a new session), or there is none.
  const Cluster* cluster = nullptr;
  const Endpoint* endpoint = nullptr;
  // Ranks the candidates after `endpoint`, on every node alike. 0: no session; any will do.
  uint64_t session_id = 0;
  // What the token says from the answer on: for a new session by whichever endpoint serves it, else
  // only if `endpoint` does.
  enum class Change : uint8_t {
    kNone,
    kBind,        // a new binding
    kBindForNow,  // the endpoint stands in for that of the binding
    kReturn,      // the binding's own endpoint is back: nobody stands in for it
    kRefresh,     // the session is in use; nothing else
  };
  Change change = Change::kNone;
  // The policy has the session wait for its endpoint. Nobody else is named.
  bool refuse = false;
};

// `token` as TokenCodec::open() gave it; for kAhead, `fallback_id` ranks in place of a session id.
StickyDecision decide(const StickyScope& scope, const OpenResult& token, uint64_t fallback_id,
                      StateTime table_time, int64_t now_unix_s);

}  // namespace limpet
