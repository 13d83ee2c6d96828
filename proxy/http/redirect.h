// Where a redirect of a route sends a client.
#pragma once

#include <cstdint>
#include <string>

#include "core/routing/route_filters.h"
#include "proxy/http/head.h"

namespace limpet::http {

// The value of Location (RFC 9110 §10.2.2). A port is named where it is not the scheme's own
// (Gateway API, HTTPRequestRedirectFilter.port). Without any host, it is the path alone.
std::string redirect_location(const Redirect& redirect, const RequestHead& head, bool https,
                              uint16_t listener_port);

}  // namespace limpet::http
