// The head that is passed on in place of the one received.
//
// A request: in origin-form; without hop-by-hop fields (RFC 9110 §7.6.1) and our own cookie; its
// cookies in one field (RFC 6265 §5.4); with what says where it comes from (http/forwarded.h), as
// far as the connection's peer is trusted.
// A response: without hop-by-hop fields; with our cookie where one is set.
// Other fields keep their order and their bytes.
#pragma once

#include <string>
#include <string_view>

#include "proxy/http/field_changes.h"
#include "proxy/http/head.h"

namespace limpet::http {

struct RequestRewrite {
  std::string_view client_ip;    // of the connection's peer
  bool trusted = false;          // what the peer says of the hops before it is believed
  bool x_forwarded = true;       // X-Forwarded-For, -Proto, -Host and -Port are written
  bool forwarded = false;        // Forwarded is written
  std::string_view via;          // this gateway's name; empty: no Via of it
  std::string_view scheme = "http";
  uint16_t listener_port = 0;
  std::string_view drop_cookie;  // the name of a cookie that is not passed on; empty: none
  std::string_view drop_header;  // and of a field
  std::string_view upgrade;      // the protocols that are asked for; empty: none (http/upgrade.h)
  // Of filters. A field that they set stands in place of one of the gateway's own, too.
  std::string_view path;         // empty: as received
  std::string_view host;         // likewise; X-Forwarded-Host says what was received
  FieldChanges changes;
};

// Appends the request's new head to `out`. It is at most kHeadroom bytes longer than the old one
// (proxy/net/buffer.h) as long as the client's address and the Host are of sane length, which the
// parser sees to, and filters change little.
void rewrite_request(const RequestHead& head, const RequestRewrite& rewrite, std::string& out);

struct ResponseRewrite {
  int client_minor_version = 1;
  bool close = false;            // the connection to the client ends after this response
  std::string_view set_cookie;   // the value of the session's field; empty: none
  bool upgrade = false;          // a 101 that the client asked for
  std::string_view session_header = {};  // the field; empty: Set-Cookie
  std::string_view via = {};     // this gateway's name; empty: no Via of it
  FieldChanges changes = {};     // of filters; none touches our cookie
  // Further fields, whole lines; and, where the route has the word on what other origins' pages
  // may see, that the upstream has none (http/cors.h).
  std::string_view fields = {};
  bool drop_cors = false;
  bool expose_each = false;      // the names of all fields are listed
};

// Whether the response can be passed on as it came.
bool needs_rewrite(const ResponseHead& head, const ResponseRewrite& rewrite);
void rewrite_response(const ResponseHead& head, const ResponseRewrite& rewrite, std::string& out);

}  // namespace limpet::http
