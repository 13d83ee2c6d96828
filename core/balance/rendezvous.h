// Weighted rendezvous hashing (highest random weight): every node ranks the same candidates in the
// same order for the same session, without talking to the others, and a candidate that goes away
// changes the choice of its own sessions only.
//
// The arithmetic is in integers throughout, so that nodes with different compilers and C libraries
// agree to the last bit. It is part of the cluster's contract: a change of it moves sessions.
#pragma once

#include <cstdint>
#include <span>

#include "core/balance/cluster.h"

namespace limpet {

// The rank of a candidate for a session: higher is better; ties are as good as impossible.
// Weight 0 ranks below every other weight.
uint64_t rendezvous_score(uint64_t session_id, uint64_t candidate_id, uint32_t weight);

// The best of the cluster's endpoints that take new sessions and are not among `tried` (by uid).
// Null when there is none.
const Endpoint* rendezvous_choice(const Cluster& cluster, uint64_t session_id,
                                  std::span<const uint64_t> tried);

}  // namespace limpet
