// The rules of an HTTPRoute, and the host names under which a listener serves them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/routing/routing_table.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// A rule with one of the paths that lead to it.
struct RoutePath {
  bool exact = false;
  std::string path;  // of a prefix: without a trailing slash, "" for "/"
  RankedRule ranked;
};

// Every path of every rule. `limit`: the route's; may be null. Requires: the route is well formed
// (core/validate).
std::vector<RoutePath> compile_route(const v1::HTTPRoute& route,
                                     const std::shared_ptr<const RateLimit>& limit = nullptr);

// Why a backendRef leads nowhere, whatever Services there are: its share of the traffic answers
// 500.
enum class RefProblem { kNone, kInvalidKind, kRefNotPermitted, kNoPort };
RefProblem check_backend(const v1::HTTPRoute& route, const v1::HTTPBackendRef& ref);

// The cluster of the Service port that the backendRef names. Requires: it has no problem.
ClusterRef backend_cluster(const v1::HTTPRoute& route, const v1::HTTPBackendRef& ref);

// Gateway API, HTTPRouteSpec.hostnames: what both the listener's hostname (empty: every host) and
// the route's (none: every host) cover. Nothing: the route does not attach.
std::vector<std::string> effective_hostnames(const std::string& listener_hostname,
                                             const v1::HTTPRoute& route);

// What the creation times of routes sort by: the digits of "2026-11-25T13:11:50Z", as far as they
// fit, as one number.
uint64_t route_age(std::string_view created);

// The order of two rules on one path: the older route first, then by namespace/name, then by the
// order in the route (Gateway API, HTTPRouteRule.matches).
bool ranks_before(const RankedRule& a, const RankedRule& b);

}  // namespace limpet
