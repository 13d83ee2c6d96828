#include "proxy/http/rewrite.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "proxy/http/chars.h"
#include "proxy/http/cookie.h"

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

void append_cookie_field(const Field& field, std::string_view drop, std::string& out) {
  const size_t start = out.size();
  out.append(field.name).append(": ");
  const size_t value_start = out.size();
  append_other_cookies(field.value, drop, out);
  if (out.size() == value_start) {
    out.resize(start);
  } else {
    out.append("\r\n");
  }
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

void append_forwarded(const RequestHead& head, const RequestRewrite& rewrite, std::string& out) {
  out.append("X-Forwarded-For: ");
  for (const Field& field : head) {
    if (field.id == FieldId::kXForwardedFor && !field.value.empty()) {
      out.append(field.value).append(", ");
    }
  }
  out.append(rewrite.client_ip).append("\r\n");
  append_field("X-Forwarded-Proto", rewrite.scheme, out);
  if (!head.authority.empty()) append_field("X-Forwarded-Host", head.authority, out);
  fmt::format_to(std::back_inserter(out), "X-Forwarded-Port: {}\r\n", rewrite.listener_port);
}

// RFC 9111 §3 and §4.2.2: may a cache keep the response, if nothing else is said? Then a cookie on
// it must be kept out of shared caches.
bool is_cacheable(const ResponseHead& head) {
  static constexpr int kHeuristicallyCacheable[] = {200, 203, 204, 206, 300, 301,
                                                    308, 404, 405, 410, 414, 501};
  bool said = false;
  for (const Field& field : head) {
    if (field.id != FieldId::kCacheControl) continue;
    said = true;
    for (const std::string_view forbids : {"private", "no-store", "no-cache"}) {
      const auto found = std::search(
          field.value.begin(), field.value.end(), forbids.begin(), forbids.end(),
          [](char a, char b) { return (a | 0x20) == b || a == b; });
      if (found != field.value.end()) return false;
    }
  }
  return said || std::find(std::begin(kHeuristicallyCacheable), std::end(kHeuristicallyCacheable),
                           head.status) != std::end(kHeuristicallyCacheable);
}

}  // namespace

void rewrite_request(const RequestHead& head, const RequestRewrite& rewrite, std::string& out) {
  out.append(head.method).append(head.path_query.starts_with('?') ? " /" : " ");
  out.append(head.path_query);
  // An HTTP/1.0 client cannot read a chunked answer, so the upstream must not send one.
  out.append(head.minor_version == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  const bool absolute = head.target.data() != head.path_query.data();
  for (const Field& field : head) {
    switch (field.id) {
      case FieldId::kXForwardedFor:
      case FieldId::kXForwardedHost:
      case FieldId::kXForwardedPort:
      case FieldId::kXForwardedProto: continue;
      case FieldId::kHost:
        append_field(field.name, absolute ? head.authority : field.value, out);
        continue;
      case FieldId::kCookie:
        if (!rewrite.drop_cookie.empty()) {
          append_cookie_field(field, rewrite.drop_cookie, out);
          continue;
        }
        break;
      default: break;
    }
    if (!is_hop_by_hop(head, field)) append_field(field.name, field.value, out);
  }
  // HTTP/1.0 may name its host in the target alone.
  if (absolute && head.find(FieldId::kHost) == nullptr) append_field("Host", head.authority, out);
  append_connection(head, rewrite.upgrade, out);
  append_forwarded(head, rewrite, out);
  out.append("\r\n");
}

bool needs_rewrite(const ResponseHead& head, const ResponseRewrite& rewrite) {
  if (rewrite.close || !rewrite.set_cookie.empty()) return true;
  if (rewrite.client_minor_version == 0 || head.minor_version != 1) return true;
  if (head.reason.data() == nullptr) return true;  // a client may want the space before it
  return std::any_of(head.begin(), head.end(),
                     [&](const Field& field) { return is_dropped(head, field); });
}

void rewrite_response(const ResponseHead& head, const ResponseRewrite& rewrite, std::string& out) {
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} ", head.status);
  out.append(head.reason).append("\r\n");
  for (const Field& field : head) {
    if (!is_dropped(head, field) || (rewrite.upgrade && field.id == FieldId::kUpgrade)) {
      append_field(field.name, field.value, out);
    }
  }
  if (rewrite.upgrade) append_field("connection", "upgrade", out);
  if (!rewrite.set_cookie.empty()) {
    append_field("set-cookie", rewrite.set_cookie, out);
    if (is_cacheable(head)) append_field("cache-control", "private", out);
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
