// Which rule a request falls under. Pure, and the same for traffic, for tests and for explanations.
#pragma once

#include "core/routing/routing_table.h"

namespace limpet {

struct Match {
  const RoutingListener* listener = nullptr;  // null: no listener takes the host
  const RouteRule* rule = nullptr;            // null: no rule takes the request
};

// The results point into the table that `port` belongs to.
//
// The most specific listener of the host decides alone, whatever its routes. Within it, a more
// specific host name of a route goes before a better path; an exact path before a prefix, a longer
// prefix before a shorter one, and regular expressions last; on one path a method before none, then
// more header fields, more query parameters, the older route, its name, and its order of rules
// (Gateway API: Listener.hostname, HTTPRouteSpec.hostnames, HTTPRouteRule.matches). Where no rule
// of a host name holds, those of the next one are asked.
Match match(const RoutingPort& port, const RoutedRequest& request);

}  // namespace limpet
