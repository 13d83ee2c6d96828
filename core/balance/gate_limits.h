// How many connections and requests there may be to the endpoints of a Service port at a time: the
// limits of a CircuitBreakingPolicy. Who counts them is proxy/upstream/connection_gate.h.
#pragma once

#include <cstdint>

namespace limpet {

// 0: no limit.
struct GateLimits {
  uint32_t connections = 0;
  uint32_t requests = 0;
  uint32_t pending = 0;  // that wait, where connections are limited; 0: none

  bool any() const { return connections != 0 || requests != 0; }
  friend bool operator==(const GateLimits&, const GateLimits&) = default;
};

}  // namespace limpet
