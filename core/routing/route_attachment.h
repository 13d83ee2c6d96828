// Whether a route and a listener accept each other (Gateway API: ParentReference and
// AllowedRoutes). Host names are no part of it: effective_hostnames() of compile_route.h.
#pragma once

#include <string>

#include "core/routing/gateway_index.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// "namespace/name" of what the route's reference names, of whatever kind it is.
std::string parent_name(const v1::HTTPRoute& route, const v1::ParentReference& parent);

// Whether the reference is to a Gateway. Other kinds of parents are not served.
bool names_gateway(const v1::ParentReference& parent);

// Whether the reference, which is to the listener's Gateway, means this listener too.
bool names_listener(const v1::ParentReference& parent, const v1::Listener& listener);

// Whether a listener that lets this kind attach means HTTPRoutes.
bool is_http_route(const v1::RouteGroupKind& kind);

// Whether the listener lets HTTPRoutes attach.
bool allows_http_routes(const v1::Listener& listener);

// Whether the listener lets this route attach. `route_namespace` is the route's Namespace object,
// null if there is none: then it has no labels but its name (kubernetes.io/metadata.name).
bool allows(const v1::HTTPRoute& route, const v1::Gateway& gateway, const v1::Listener& listener,
            const v1::Namespace* route_namespace);
// With the Namespace of the snapshot.
bool allows(const v1::HTTPRoute& route, const v1::Gateway& gateway, const v1::Listener& listener,
            const Snapshot& snapshot);

// Whether one of the route's references means the listener, which lets it attach.
bool attaches(const v1::HTTPRoute& route, const v1::Gateway& gateway, const v1::Listener& listener,
              const v1::Namespace* route_namespace);
bool attaches(const v1::HTTPRoute& route, const PlacedListener& listener, const Snapshot& snapshot);

}  // namespace limpet
