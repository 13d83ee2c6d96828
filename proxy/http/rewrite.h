// The head that is passed on in place of the one received.
//
// A request: in origin-form; without hop-by-hop fields (RFC 9110 §7.6.1), our own cookie and the
// token in a learned one; its cookies in one field (RFC 6265 §5.4); with what says where it comes
// from (http/forwarded.h), as far as the connection's peer is trusted.
// A response: without hop-by-hop fields; with our cookie where one is set, or a token in a learned
// one.
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
  std::string_view learned_cookie;  // of one that is passed on without its token; empty: none
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

// What becomes of the application's cookie (http/learned_cookie.h).
struct LearnedToken {
  std::string_view cookie;    // its name; empty: no cookie is learned
  std::string_view token;     // for the fields that set the cookie; empty: they go as they came
  int64_t now_unix_s = 0;     // cookies that are over by then are deleted ones
};

struct ResponseRewrite {
  int client_minor_version = 1;
  bool close = false;            // the connection to the client ends after this response
  // The value of the session's field; empty: none. Where a cookie is learned, it goes out only if
  // no field of the answer's own says what becomes of the cookie.
  std::string_view set_cookie;
  bool upgrade = false;          // a 101 that the client asked for
  std::string_view session_header = {};  // the field; empty: Set-Cookie
  LearnedToken learned = {};
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
