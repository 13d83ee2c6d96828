#include "core/balance/cluster.h"

#include <algorithm>

namespace limpet {
namespace {

// Empty when all are alike.
std::vector<uint32_t> sums_of_weights(const Cluster& cluster) {
  std::vector<uint32_t> sums;
  uint32_t sum = 0;
  bool alike = true;
  for (const uint32_t index : cluster.eligible) {
    const uint32_t weight = cluster.endpoints[index].weight;
    alike = alike && weight == cluster.endpoints[cluster.eligible.front()].weight;
    sums.push_back(sum += weight);
  }
  if (alike) sums.clear();
  return sums;
}

}  // namespace

std::vector<std::string> names_of(const Endpoint& endpoint) {
  const SocketAddress& address = endpoint.addresses.front();
  if (endpoint.name != address.to_string()) return {endpoint.name};
  return {endpoint.name, address.ip()};
}

const Endpoint* Cluster::find(uint64_t uid) const {
  const auto found = std::lower_bound(
      endpoints.begin(), endpoints.end(), uid,
      [](const Endpoint& endpoint, uint64_t value) { return endpoint.uid < value; });
  return found != endpoints.end() && found->uid == uid ? &*found : nullptr;
}

void Cluster::prepare(const Cluster* previous) {
  const bool counts = balancing.type == BalancerType::kLeastRequest || outlier.on();
  const bool warms = balancing.slow_start_ms > 0;
  for (Endpoint& endpoint : endpoints) {
    const Endpoint* before = previous == nullptr ? nullptr : previous->find(endpoint.uid);
    if (counts) endpoint.live = before == nullptr ? nullptr : before->live;
    if (counts && endpoint.live == nullptr) endpoint.live = std::make_shared<EndpointLive>();
    if (!warms || previous == nullptr) continue;
    const bool fresh = before == nullptr || (endpoint.takes_new && !before->takes_new);
    endpoint.warmup = fresh ? std::make_shared<Warmup>() : before->warmup;
  }
  if (outlier.on()) {
    ejecting = previous == nullptr ? nullptr : previous->ejecting;
    if (ejecting == nullptr) ejecting = std::make_shared<std::atomic_flag>();
  }
  cumulative = sums_of_weights(*this);
  plain = balancing.type == BalancerType::kRoundRobin && cumulative.empty() && !warms &&
          !outlier.on();
}

}  // namespace limpet
