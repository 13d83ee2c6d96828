// Which rule a request falls under. Pure, and the same for traffic, for tests and for explanations.
#pragma once

#include <string_view>

#include "core/routing/routing_table.h"

namespace limpet {

struct Match {
  const RoutingListener* listener = nullptr;  // null: no listener takes the host
  const RouteRule* rule = nullptr;            // null: no rule takes the path
};

// `host` in lower case and without a port; `path` from the slash up to any "?". The results point
// into the table that `port` belongs to.
//
// The most specific listener of the host decides alone, whatever its routes. Within it, a more
// specific host name of a route goes before a better path; an exact path before a prefix, a longer
// prefix before a shorter one (Gateway API: Listener.hostname, HTTPRouteSpec.hostnames,
// HTTPRouteRule.matches).
Match match(const RoutingPort& port, std::string_view host, std::string_view path);

}  // namespace limpet
