// What a saved database becomes when it takes the place of the one that is served: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/status/status.h>

#include "core/snapshot/snapshot.h"
#include "server/context.h"
#include "storage/store.h"

namespace limpet {

struct RestorePlan {
  Snapshot state;  // what is served then
  Batch batch;     // what that has beyond the saved state; carries its revision
  uint32_t kept_keys = 0;
};

// The saved state under an epoch later than both, at a revision greater than any of both, so that
// neither nodes nor clients take it for one that they know. Session keys that only the live state
// has are added; a key that both have is the saved one. All open; the newest that sealed in either
// seals. Sessions that were evicted in either stay evicted. Endpoints of both are down where the
// nodes' verdict in the live state says so.
RestorePlan plan_restore(const Snapshot& saved, const Snapshot& live, const ChangeContext& context);

// For the history: the operator's words, if any, and what took the place of what.
std::string restore_message(std::string_view words, const StateId& saved, const StateId& live);

// Why what followed the state of another epoch ends: ABORTED.
absl::Status database_replaced(const StateId& head);

}  // namespace limpet
