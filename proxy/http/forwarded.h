// Forwarded (RFC 7239): where a request comes from, as the hops before this one say, and what this
// one adds. Whom to believe is in Forwarding (core/routing/listener_settings.h).
#pragma once

#include <string>
#include <string_view>

namespace limpet::http {

// Whether a Forwarded field's value is within the grammar of RFC 7239 §4: so that where one of its
// elements ends and the next begins is certain.
bool is_forwarded(std::string_view value);

// One element of Forwarded: for=192.0.2.60;host="example.com:80";proto=http
// Requires: `host` has no quotes or backslashes; the parser sees to it. Empty: none is told.
void append_forwarded_element(std::string_view ip, std::string_view host, std::string_view proto,
                              std::string& out);

}  // namespace limpet::http
