// The order in which a request that belongs to no session goes through the endpoints of a cluster.
//
//   round robin    in turn; where weights differ, by evenly spread points over their sum
//   least request  of two that are drawn, the one with fewer requests in flight for its weight;
//                  the next candidate likewise, among those that are left
//   hash           by weighted rendezvous of the request's key; in turn for one without
//
// Endpoints of weight 0 come behind all others. One that warms up, or is ejected, is drawn less
// often or not at all; by hash, weight grows with warmth, and who is ejected keeps his rank and is
// passed over by the caller.
#pragma once

#include <cstdint>
#include <span>

#include "core/balance/cluster.h"

namespace limpet {

// Of a whole one: an endpoint's part of its share, by time.
inline constexpr uint32_t kFullShare = 1024;
// From the first, so that it gets something to warm up with.
inline constexpr uint32_t kLeastShare = kFullShare / 64;

// From kLeastShare to kFullShare, linear over the cluster's slow start. `now_ms` is monotonic, and
// all workers' clock.
uint32_t warm_share(const Cluster& cluster, const Endpoint& endpoint, int64_t now_ms);

// One request's way.
class CandidateWalk {
 public:
  // The next one; null when there are no more. `key`: by hash, the request's; 0 for none. `tried`:
  // those that this walk gave before, by uid, in order.
  const Endpoint* next(const Cluster& cluster, uint64_t key, std::span<const uint64_t> tried,
                       int64_t now_ms);

 private:
  size_t start_ = 0;  // of the round: a place in `eligible`
};

}  // namespace limpet
