// Sessions of a Service that an operator has ended (ServiceState, proto/limpet/v1/state.proto).
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/sticky/session_record.h"

namespace limpet {

struct Evictions {
  // Bindings that were decided before it are over; so are, of one endpoint alone, those before the
  // time beside its uid.
  StateTime all;
  std::vector<std::pair<uint64_t, StateTime>> of_endpoints;

  bool cover(uint64_t endpoint, StateTime decided_at) const {
    if (decided_at < all) return true;
    for (const auto& [uid, time] : of_endpoints) {
      if (uid == endpoint) return decided_at < time;
    }
    return false;
  }

  friend bool operator==(const Evictions&, const Evictions&) = default;
};

}  // namespace limpet
