#include "core/balance/outlier.h"

#include <algorithm>

namespace limpet {
namespace {

// One at least, and never all.
size_t most_ejected(const Cluster& cluster) {
  const size_t count = cluster.eligible.size();
  if (count == 0) return 0;
  return std::min(std::max<size_t>(1, count * cluster.outlier.max_percent / 100), count - 1);
}

size_t count_ejected(const Cluster& cluster, int64_t now_ms) {
  return static_cast<size_t>(
      std::count_if(cluster.eligible.begin(), cluster.eligible.end(), [&](uint32_t index) {
        return is_ejected(cluster, cluster.endpoints[index], now_ms);
      }));
}

// Requires: `ejecting` is held.
int64_t eject(const Cluster& cluster, EndpointLive& live, int64_t now_ms) {
  const int64_t first_ms = cluster.outlier.ejection_ms;
  const int64_t until_ms = live.ejected_until_ms.load(std::memory_order_relaxed);
  if (now_ms < until_ms || count_ejected(cluster, now_ms) >= most_ejected(cluster)) return 0;
  const int64_t before = live.ejections.load(std::memory_order_relaxed);
  const int64_t number = std::max<int64_t>(0, before - (now_ms - until_ms) / first_ms) + 1;
  const int64_t length_ms =
      std::min(number * first_ms, std::max(first_ms, kLongestEjectionMs));
  live.ejections.store(static_cast<uint32_t>(number), std::memory_order_relaxed);
  live.errors.store(0, std::memory_order_relaxed);
  live.ejected_until_ms.store(now_ms + length_ms, std::memory_order_relaxed);
  return length_ms;
}

}  // namespace

int64_t note_error(const Cluster& cluster, const Endpoint& endpoint, int64_t now_ms) {
  // Those that were under way when it was ejected, or came when nobody else was left, say nothing
  // new.
  if (!cluster.outlier.on() || is_ejected(cluster, endpoint, now_ms)) return 0;
  EndpointLive& live = *endpoint.live;
  const uint32_t errors = live.errors.fetch_add(1, std::memory_order_relaxed) + 1;
  if (errors < cluster.outlier.consecutive_errors) return 0;
  // One at a time, so that they do not become too many. Who finds another one at it leaves it to
  // the next error.
  if (cluster.ejecting->test_and_set(std::memory_order_acquire)) return 0;
  const int64_t length_ms = eject(cluster, live, now_ms);
  cluster.ejecting->clear(std::memory_order_release);
  return length_ms;
}

}  // namespace limpet
