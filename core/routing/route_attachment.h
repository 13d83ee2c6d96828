// Whether a route and a listener accept each other (Gateway API: ParentReference and
// AllowedRoutes).
#pragma once

#include "limpet/v1/resource.pb.h"

namespace limpet {

// `route_namespace` is the route's Namespace object, null if there is none: then it has no labels
// but its name (kubernetes.io/metadata.name). Host names are no part of it.
bool attaches(const v1::HTTPRoute& route, const v1::Gateway& gateway,
              const v1::Listener& listener, const v1::Namespace* route_namespace);

}  // namespace limpet
