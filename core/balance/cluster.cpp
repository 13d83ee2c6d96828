#include "core/balance/cluster.h"

#include <algorithm>

namespace limpet {

const Endpoint* Cluster::find(uint64_t uid) const {
  const auto found = std::lower_bound(
      endpoints.begin(), endpoints.end(), uid,
      [](const Endpoint& endpoint, uint64_t value) { return endpoint.uid < value; });
  return found != endpoints.end() && found->uid == uid ? &*found : nullptr;
}

}  // namespace limpet
