// The rules of an HTTPRoute, and the host names under which a listener serves them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/routing/backend_ref.h"
#include "core/routing/reference_grants.h"
#include "core/routing/routing_table.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// A rule with one of the paths that lead to it.
struct RoutePath {
  enum class Type : uint8_t { kExact, kPrefix, kPattern };

  Type type = Type::kPrefix;
  std::string path;  // of a prefix: without a trailing slash, "" for "/"; of a pattern as it is
  RankedRule ranked;
};

// Every path of every rule. Requires: the route is well formed (core/validate). `limit`, of all the
// rules, may be null. Where the paths are depends on neither `limit` nor `grants`.
std::vector<RoutePath> compile_route(const v1::HTTPRoute& route,
                                     const std::shared_ptr<RateLimit>& limit = nullptr,
                                     const ReferenceGrants& grants = {});

// Gateway API, HTTPRouteSpec.hostnames: what both the listener's hostname (empty: every host) and
// the route's (none: every host) cover. Nothing: the route does not attach.
std::vector<std::string> effective_hostnames(const std::string& listener_hostname,
                                             const v1::HTTPRoute& route);

// What the creation times of routes sort by: the digits of "2026-11-25T13:11:50Z", as far as they
// fit, as one number.
uint64_t route_age(std::string_view created);

// The order of two rules on one path: a method before none, then more header fields, more query
// parameters, the older route, by namespace/name, and by the order in the route (Gateway API,
// HTTPRouteRule.matches). Of regular expressions, the longer one goes before all that.
bool ranks_before(const RankedRule& a, const RankedRule& b);

}  // namespace limpet
