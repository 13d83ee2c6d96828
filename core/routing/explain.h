// Why a request falls under a rule, and why others do not have it: the matcher's own account, by
// the order that match() decides by.
#pragma once

#include <string>
#include <vector>

#include "core/routing/match.h"

namespace limpet {

// A match of a rule whose host and path could take the request.
struct Candidate {
  const RouteRule* rule = nullptr;
  uint32_t match_index = 0;
  std::string asks_for;  // "PathPrefix /shop, method GET, header x-version"
  bool chosen = false;
  std::string lost;      // why it does not have the request; empty for the one that does
};

struct Explanation {
  const RoutingListener* listener = nullptr;  // null: none takes the host
  const RouteRule* rule = nullptr;            // null: no rule takes the request
  std::vector<Candidate> candidates;          // best first
  size_t left_out = 0;                        // beyond kMaxCandidates, apart from the chosen one

  static constexpr size_t kMaxCandidates = 100;
};

// The results point into the table that `port` belongs to.
Explanation explain(const RoutingPort& port, const RoutedRequest& request);

}  // namespace limpet
