#include "proxy/http/rewrite.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "proxy/http/chars.h"
#include "proxy/http/cookie.h"
#include "proxy/http/cors.h"
#include "proxy/http/forwarded.h"
#include "proxy/http/learned_cookie.h"

namespace limpet::http {
namespace {

void append_field(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append("\r\n");
}

bool is_hop_by_hop(const Head& head, const Field& field) {
  switch (field.id) {
    case FieldId::kConnection:
    case FieldId::kKeepAlive:
    case FieldId::kProxyConnection:
    case FieldId::kTe:
    case FieldId::kUpgrade: return true;
    // These frame the message, route it, or are for its last reader by what they mean (RFC 9110
    // §7.6.1); a Connection field cannot take them away.
    case FieldId::kCacheControl:
    case FieldId::kContentLength:
    case FieldId::kCookie:
    case FieldId::kDate:
    case FieldId::kExpect:
    case FieldId::kHost:
    case FieldId::kTransferEncoding: return false;
    default: return head.lists_connection_fields && head.connection_lists(field.name);
  }
}

// RFC 9110 §8.6: a length where no body can be is not to be sent, and misleads.
bool is_dropped(const ResponseHead& head, const Field& field) {
  const bool bodiless = head.status < 200 || head.status == 204;
  return (bodiless && field.id == FieldId::kContentLength) || is_hop_by_hop(head, field);
}

// The codings that TE may list beside it are between the client and this gateway.
bool wants_trailers(const Head& head) {
  return std::any_of(head.begin(), head.end(), [](const Field& field) {
    return field.id == FieldId::kTe && visit_list(field.value, [](std::string_view item) {
             return equals_ignore_case(item, "trailers");
           });
  });
}

// All cookies, those of filters with them, in one field: some readers look at one alone.
void append_cookies(const RequestHead& head, std::string_view name, const RequestRewrite& rewrite,
                    std::string& out) {
  const size_t start = out.size();
  out.append(name).append(": ");
  const size_t value_start = out.size();
  const auto append = [&](std::string_view value, std::string_view drop,
                          std::string_view learned) {
    const size_t before = out.size();
    if (before != value_start) out.append("; ");
    const size_t here = out.size();
    if (!drop.empty()) {
      append_other_cookies(value, drop, out);
    } else if (!learned.empty()) {
      append_unlearned_cookies(value, learned, out);
    } else {
      out.append(value);
    }
    if (out.size() == here) out.resize(before);
  };
  if (!rewrite.changes.drop("Cookie")) {
    for (const Field& field : head) {
      if (field.id != FieldId::kCookie) continue;
      append(field.value, rewrite.drop_cookie, rewrite.learned_cookie);
    }
  }
  rewrite.changes.visit([&](const HeaderChanges::Field& field) {
    if (equals_ignore_case(field.name, "Cookie")) append(field.value, {}, {});
  });
  if (out.size() == value_start) {
    out.resize(start);
  } else {
    out.append("\r\n");
  }
}

// The fields of filters. Cookies among them stand with the client's, if those go on.
void append_changes(const RequestHead& head, const RequestRewrite& rewrite, std::string& out) {
  if (head.find(FieldId::kCookie) == nullptr || rewrite.changes.drop("Cookie")) {
    append_cookies(head, "Cookie", rewrite, out);
  }
  rewrite.changes.visit([&](const HeaderChanges::Field& field) {
    if (!equals_ignore_case(field.name, "Cookie")) append_field(field.name, field.value, out);
  });
}

// What of the request is for the connection to the upstream.
void append_connection(const RequestHead& head, std::string_view upgrade, std::string& out) {
  const bool trailers = wants_trailers(head);
  if (!upgrade.empty()) {
    append_field("Connection", trailers ? "upgrade, TE" : "upgrade", out);
    append_field("Upgrade", upgrade, out);
  } else if (trailers) {
    append_field("Connection", "TE", out);
  }
  if (trailers) append_field("TE", "trailers", out);
}

bool is_scheme(std::string_view text) {
  return !text.empty() && (text[0] | 0x20) >= 'a' && (text[0] | 0x20) <= 'z' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
                  c == '-' || c == '.';
         });
}

bool is_forwarded_host(std::string_view text) {
  return !text.empty() && text.size() <= kMaxAuthority &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_char(c, kHostChar) || c == ':' || c == '[' || c == ']';
         });
}

bool is_port(std::string_view text) {
  constexpr size_t kMaxDigits = 5;
  uint32_t port = 0;
  for (const char c : text.substr(0, kMaxDigits)) {
    if (c < '0' || c > '9') return false;
    port = port * 10 + static_cast<uint32_t>(c - '0');
  }
  return text.size() <= kMaxDigits && port >= 1 && port <= 65535;
}

// What a trusted peer says in the one field of that id, if it is well formed; else `ours`.
std::string_view believed(const RequestHead& head, const RequestRewrite& rewrite, FieldId id,
                          bool (*is_well_formed)(std::string_view), std::string_view ours) {
  if (!rewrite.trusted) return ours;
  const Field* only = nullptr;
  for (const Field& field : head) {
    if (field.id != id) continue;
    if (only != nullptr) return ours;
    only = &field;
  }
  return only != nullptr && is_well_formed(only->value) ? only->value : ours;
}

void append_x_forwarded(const RequestHead& head, const RequestRewrite& rewrite, std::string& out) {
  const auto append = [&](std::string_view name, std::string_view value) {
    if (!rewrite.changes.drop(name)) append_field(name, value, out);
  };
  if (!rewrite.changes.drop("X-Forwarded-For")) {
    out.append("X-Forwarded-For: ");
    for (const Field& field : head) {
      if (rewrite.trusted && field.id == FieldId::kXForwardedFor && !field.value.empty()) {
        out.append(field.value).append(", ");
      }
    }
    out.append(rewrite.client_ip).append("\r\n");
  }
  const fmt::format_int port(rewrite.listener_port);
  const std::string_view own_port(port.data(), port.size());
  append("X-Forwarded-Proto",
         believed(head, rewrite, FieldId::kXForwardedProto, is_scheme, rewrite.scheme));
  const std::string_view host =
      believed(head, rewrite, FieldId::kXForwardedHost, is_forwarded_host, head.authority);
  if (!host.empty()) append("X-Forwarded-Host", host);
  append("X-Forwarded-Port",
         believed(head, rewrite, FieldId::kXForwardedPort, is_port, own_port));
}

// Extends what a trusted peer says, unless it is malformed: behind an open quote nobody would find
// our element.
void append_forwarded(const RequestHead& head, const RequestRewrite& rewrite, std::string& out) {
  const bool extend = rewrite.trusted && std::all_of(head.begin(), head.end(), [&](const Field& f) {
    return f.id != FieldId::kForwarded || is_forwarded(f.value);
  });
  out.append("Forwarded: ");
  for (const Field& field : head) {
    if (extend && field.id == FieldId::kForwarded && !field.value.empty()) {
      out.append(field.value).append(", ");
    }
  }
  append_forwarded_element(rewrite.client_ip, head.authority, rewrite.scheme, out);
  out.append("\r\n");
}

// RFC 9110 §7.6.3: the version is that of the message that was received.
void append_via(std::string_view name, int minor_version, std::string_view via, std::string& out) {
  if (via.empty()) return;
  out.append(name).append(minor_version == 0 ? ": 1.0 " : ": 1.1 ").append(via).append("\r\n");
}

// Whether the field, which says where the request comes from, does not go on as it came.
bool is_replaced(const RequestRewrite& rewrite, FieldId id) {
  return !rewrite.trusted || (id == FieldId::kForwarded ? rewrite.forwarded : rewrite.x_forwarded);
}

// `path`: in place of that in the target; the query stays. Empty: as received.
void append_request_line(const RequestHead& head, std::string_view path, std::string& out) {
  out.append(head.method);
  if (path.empty()) {
    out.append(head.path_query.starts_with('?') ? " /" : " ").append(head.path_query);
  } else {
    const size_t query = std::min(head.path_query.find('?'), head.path_query.size());
    out.append(" ").append(path).append(head.path_query.substr(query));
  }
  // An HTTP/1.0 client cannot read a chunked answer, so the upstream must not send one.
  out.append(head.minor_version == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
}

bool keeps_out_of_caches(std::string_view cache_control) {
  for (const std::string_view forbids : {"private", "no-store", "no-cache"}) {
    const auto found =
        std::search(cache_control.begin(), cache_control.end(), forbids.begin(), forbids.end(),
                    [](char a, char b) { return (a | 0x20) == b || a == b; });
    if (found != cache_control.end()) return true;
  }
  return false;
}

// RFC 9111 §3 and §4.2.2: may a cache keep the response as it goes out, if nothing else is said?
// Then a cookie on it must be kept out of shared caches.
bool is_cacheable(const ResponseHead& head, const FieldChanges& changes) {
  static constexpr int kHeuristicallyCacheable[] = {200, 203, 204, 206, 300, 301,
                                                    308, 404, 405, 410, 414, 501};
  bool said = false;
  bool forbidden = false;
  const auto look_at = [&](std::string_view value) {
    said = true;
    forbidden = forbidden || keeps_out_of_caches(value);
  };
  if (!changes.drop("cache-control")) {
    for (const Field& field : head) {
      if (field.id == FieldId::kCacheControl) look_at(field.value);
    }
  }
  changes.visit([&](const HeaderChanges::Field& field) {
    if (equals_ignore_case(field.name, "cache-control")) look_at(field.value);
  });
  if (forbidden) return false;
  return said || std::find(std::begin(kHeuristicallyCacheable), std::end(kHeuristicallyCacheable),
                           head.status) != std::end(kHeuristicallyCacheable);
}

CookieChange learned_change(const Field& field, const LearnedToken& learned) {
  if (!equals_ignore_case(field.name, "set-cookie")) return CookieChange::kNone;
  return cookie_change(field.value, learned.cookie, learned.now_unix_s);
}

// What the answer itself said of the learned cookie, as far as its fields are out.
struct LearnedFields {
  bool any = false;    // it was set or deleted
  bool token = false;  // one carries the session's token

  void append(const Field& field, const LearnedToken& learned, std::string& out) {
    const CookieChange change = learned_change(field, learned);
    any = any || change != CookieChange::kNone;
    if (change != CookieChange::kSet || learned.token.empty()) {
      return append_field(field.name, field.value, out);
    }
    out.append(field.name).append(": ");
    token = append_learned(field.value, learned.token, out) || token;
    out.append("\r\n");
  }
};

}  // namespace

void rewrite_request(const RequestHead& head, const RequestRewrite& rewrite, std::string& out) {
  append_request_line(head, rewrite.path, out);
  const bool absolute = head.target.data() != head.path_query.data();
  const std::string_view host = rewrite.host.empty() ? head.authority : rewrite.host;
  for (const Field& field : head) {
    if (rewrite.changes && rewrite.changes.drop(field.name)) continue;
    if (!rewrite.drop_header.empty() && equals_ignore_case(field.name, rewrite.drop_header)) {
      continue;
    }
    switch (field.id) {
      case FieldId::kForwarded:
      case FieldId::kXForwardedFor:
      case FieldId::kXForwardedHost:
      case FieldId::kXForwardedPort:
      case FieldId::kXForwardedProto:
        if (is_replaced(rewrite, field.id)) continue;
        break;
      case FieldId::kXForwardedOther:
        if (!rewrite.trusted) continue;
        break;
      case FieldId::kHost:
        append_field(field.name, absolute || !rewrite.host.empty() ? host : field.value, out);
        continue;
      case FieldId::kCookie:
        if (&field == head.find(FieldId::kCookie)) {
          append_cookies(head, field.name, rewrite, out);
        }
        continue;
      case FieldId::kExpect:
        // RFC 9110 §10.1.1: it means nothing in HTTP/1.0, and its sender would not wait.
        if (head.minor_version == 0) continue;
        break;
      default: break;
    }
    if (!is_hop_by_hop(head, field)) append_field(field.name, field.value, out);
  }
  // HTTP/1.0 may name its host in the target alone.
  if ((absolute || !rewrite.host.empty()) && head.find(FieldId::kHost) == nullptr) {
    append_field("Host", host, out);
  }
  append_connection(head, rewrite.upgrade, out);
  if (rewrite.x_forwarded) append_x_forwarded(head, rewrite, out);
  if (rewrite.forwarded && !rewrite.changes.drop("Forwarded")) {
    append_forwarded(head, rewrite, out);
  }
  if (!rewrite.changes.drop("Via")) append_via("Via", head.minor_version, rewrite.via, out);
  if (rewrite.changes) append_changes(head, rewrite, out);
  out.append("\r\n");
}

bool needs_rewrite(const ResponseHead& head, const ResponseRewrite& rewrite) {
  if (rewrite.close || !rewrite.set_cookie.empty() || !rewrite.via.empty()) return true;
  if (rewrite.changes || !rewrite.fields.empty() || rewrite.drop_cors) return true;
  if (rewrite.client_minor_version == 0 || head.minor_version != 1) return true;
  if (head.reason.data() == nullptr) return true;  // a client may want the space before it
  const bool learns = !rewrite.learned.token.empty();
  return std::any_of(head.begin(), head.end(), [&](const Field& field) {
    return is_dropped(head, field) ||
           (learns && learned_change(field, rewrite.learned) == CookieChange::kSet);
  });
}

void rewrite_response(const ResponseHead& head, const ResponseRewrite& rewrite, std::string& out) {
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} ", head.status);
  out.append(head.reason).append("\r\n");
  const size_t first_field = out.size();
  const bool learns = !rewrite.learned.cookie.empty();
  LearnedFields learned;
  for (const Field& field : head) {
    if (rewrite.changes && rewrite.changes.drop(field.name)) continue;
    if (rewrite.drop_cors && is_cors_field(field.name)) continue;
    if (is_dropped(head, field) && !(rewrite.upgrade && field.id == FieldId::kUpgrade)) continue;
    if (learns) {
      learned.append(field, rewrite.learned, out);
    } else {
      append_field(field.name, field.value, out);
    }
  }
  if (rewrite.upgrade) append_field("connection", "upgrade", out);
  if (!rewrite.changes.drop("via")) append_via("via", head.minor_version, rewrite.via, out);
  rewrite.changes.visit([&](const HeaderChanges::Field& field) {
    if (!rewrite.drop_cors || !is_cors_field(field.name)) {
      append_field(field.name, field.value, out);
    }
  });
  if (rewrite.expose_each) {
    const std::string lines = out.substr(first_field);
    append_exposed(lines, out);
  }
  out.append(rewrite.fields);
  const bool set_cookie = !rewrite.set_cookie.empty() && !learned.any;
  if (set_cookie) {
    append_field(rewrite.session_header.empty() ? "set-cookie" : rewrite.session_header,
                 rewrite.set_cookie, out);
  }
  if ((set_cookie || learned.token) && is_cacheable(head, rewrite.changes)) {
    append_field("cache-control", "private", out);
  }
  if (head.status >= 200) {
    if (rewrite.close) {
      append_field("connection", "close", out);
    } else if (rewrite.client_minor_version == 0) {
      append_field("connection", "keep-alive", out);
    }
  }
  out.append("\r\n");
}

}  // namespace limpet::http
