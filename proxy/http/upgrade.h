// Other protocols on an HTTP connection (RFC 9110 §7.8): what a client may ask an endpoint for
// through this gateway, and whether the endpoint's 101 is what was asked.
#pragma once

#include <string_view>

#include "proxy/http/head.h"

namespace limpet::http {

// What the request's Upgrade field offers; empty when the request is to be served without it: it
// does not ask as RFC 9110 wants it, in HTTP/1.0, or for HTTP or TLS themselves. Those would carry
// requests past this gateway's routes (h2c smuggling).
std::string_view offered_protocols(const RequestHead& head);

// Whether a response with status 101 switches to what was offered.
bool is_switch_to(std::string_view offered, const ResponseHead& head);

}  // namespace limpet::http
