// Weighted rendezvous hashing (highest random weight): every node ranks the same candidates in the
// same order for the same session, without talking to the others, and a candidate that goes away
// changes the choice of its own sessions only.
//
// The arithmetic is in integers throughout, so that nodes with different compilers and C libraries
// agree to the last bit. It is part of the cluster's contract: a change of it moves sessions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <tuple>

#include "core/balance/cluster.h"

namespace limpet {

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection whose every output bit
// depends on every input bit.
uint64_t hash64(uint64_t x);

// Of what requests are told apart by: the same on every node. Never 0. Whoever sends requests can
// choose where they go; nothing else rests on it.
uint64_t hash64(std::string_view bytes);

// The rank of a candidate for a session: higher is better; ties are as good as impossible.
// Weight 0 ranks below every other weight.
uint64_t rendezvous_score(uint64_t session_id, uint64_t candidate_id, uint32_t weight);

// The best of the cluster's endpoints that take new sessions and are not among `tried` (by uid), by
// their weights. Null when there is none.
const Endpoint* rendezvous_choice(const Cluster& cluster, uint64_t session_id,
                                  std::span<const uint64_t> tried);

// As above, with weights of its own: weight_of(endpoint). Those of weight 0 are ranked behind all
// others, among themselves alike.
template <typename WeightOf>
const Endpoint* rendezvous_choice(const Cluster& cluster, uint64_t id,
                                  std::span<const uint64_t> tried, WeightOf weight_of) {
  const Endpoint* best = nullptr;
  std::tuple<bool, uint64_t> best_rank;
  for (const uint32_t index : cluster.eligible) {
    const Endpoint& endpoint = cluster.endpoints[index];
    if (std::find(tried.begin(), tried.end(), endpoint.uid) != tried.end()) continue;
    const uint32_t weight = weight_of(endpoint);
    const uint64_t hash = hash64(id ^ hash64(endpoint.uid));
    std::tuple rank(weight != 0, hash);
    if (weight != 0) {
      // -log2(x) >= 1 - x: most candidates need no logarithm to lose.
      const uint64_t at_least = ((~hash >> 32) << 20) / weight;
      const uint64_t at_most = std::numeric_limits<uint64_t>::max() - at_least;
      if (best != nullptr && best_rank > std::tuple(true, at_most)) continue;
      std::get<1>(rank) = rendezvous_score(id, endpoint.uid, weight);
    }
    if (best == nullptr || rank > best_rank) {
      best = &endpoint;
      best_rank = rank;
    }
  }
  return best;
}

}  // namespace limpet
