// Where a request comes from: what the hops before this one say of it in X-Forwarded-For and
// Forwarded (RFC 7239), and what this one adds. Whom to believe is in Forwarding
// (core/routing/listener_settings.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <absl/container/inlined_vector.h>

#include "core/base/cidr.h"
#include "core/base/socket_address.h"
#include "proxy/http/head.h"

namespace limpet::http {

// An address as hops write it, with a port or without: "192.0.2.1", "192.0.2.1:80", "2001:db8::1",
// "[2001:db8::1]:80". Nothing for "unknown", "_hidden" and the like.
std::optional<SocketAddress> parse_node(std::string_view text);

using Nodes = absl::InlinedVector<std::string_view, 8>;

// Adds what each element of a Forwarded field's value says in "for", without quotes; an empty one
// where it says nothing. False, and some or none added, when the value is outside of the grammar of
// RFC 7239 §4.
bool read_forwarded(std::string_view value, Nodes& nodes);

// Who made the request. It is the connection's peer, unless that is trusted: then the hops that
// X-Forwarded-For (or Forwarded, where only that is there) names are walked from the right, over
// trusted ones to the first that is not. A hop that is no address ends the walk at the one before.
// The port of the result means nothing.
SocketAddress client_address(const Head& head, const SocketAddress& peer, const CidrSet& trusted);

// One element of Forwarded: for=192.0.2.60;host="example.com:80";proto=http
// Requires: `host` has no quotes or backslashes; the parser sees to it. Empty: none is told.
void append_forwarded_element(std::string_view ip, std::string_view host, std::string_view proto,
                              std::string& out);

}  // namespace limpet::http
