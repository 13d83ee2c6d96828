// What the policies of a Service port say, in a few words.
#pragma once

#include <string>
#include <string_view>

#include "core/routing/routing_table.h"

namespace limpet::cli {

// Of the policy of that kind that applies: "server/one (cookie _srv_id, 600s)". Empty when none
// does.
std::string policy_text(const RoutingCluster& cluster, std::string_view kind);

// Of a LoadBalancerPolicy: "hash by header X-User, 2 weights, slow start 30s".
std::string balancing_text(const Balancing& balancing);

}  // namespace limpet::cli
