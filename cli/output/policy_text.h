// What the policies of a Service port or route say, in a few words.
#pragma once

#include <string>
#include <string_view>

#include "core/routing/compile_index.h"
#include "core/routing/routing_table.h"

namespace limpet::cli {

// Of the policy of that kind that applies: "server/one (cookie _srv_id, 600s)". Empty when none
// does.
std::string policy_text(const RoutingCluster& cluster, std::string_view kind);

// The RateLimitPolicy of a route: "server/one (100 in 1s, bursts of 100, each header X-Key)".
std::string rate_limit_text(const AppliedRateLimit& applied);

// What has a session's token: "cookie _srv_id".
std::string carrier_text(const StickyPolicy& policy);

// How sessions live: "cookie _srv_id, 600s, idle 60s".
std::string sticky_text(const StickyPolicy& policy);

// How often: "at most 2 retries, 2s a try".
std::string retry_text(const RetrySettings& retry);

// Of a LoadBalancerPolicy: "hash by header X-User, 2 weights, slow start 30s".
std::string balancing_text(const Balancing& balancing);

}  // namespace limpet::cli
