// Outlier ejection: an endpoint that answers several requests in a row with errors is passed over
// for a time by this node. It is no verdict of the cluster: sessions keep their cookies (STICKY.md,
// 4.2), and when nobody else is left it is asked all the same.
//
// The n-th ejection lasts n times as long as the first, up to kLongestEjectionMs; each first length
// without errors enough takes one off n. Back again, the endpoint warms up where that takes time.
#pragma once

#include <cstdint>

#include "core/balance/cluster.h"

namespace limpet {

// Whether the endpoint, one of the cluster's, is passed over now.
inline bool is_ejected(const Cluster& cluster, const Endpoint& endpoint, int64_t now_ms) {
  return cluster.outlier.on() &&
         now_ms < endpoint.live->ejected_until_ms.load(std::memory_order_relaxed);
}

// A request to the endpoint was answered, with no error of the endpoint's.
inline void note_success(const Cluster& cluster, const Endpoint& endpoint) {
  if (!cluster.outlier.on()) return;
  // The line stays shared among the workers as long as all is well.
  std::atomic<uint32_t>& errors = endpoint.live->errors;
  if (errors.load(std::memory_order_relaxed) != 0) errors.store(0, std::memory_order_relaxed);
}

// A request to the endpoint was answered with 5xx, or not at all. The length of the ejection that
// came of it, in ms; 0 when none did.
int64_t note_error(const Cluster& cluster, const Endpoint& endpoint, int64_t now_ms);

}  // namespace limpet
