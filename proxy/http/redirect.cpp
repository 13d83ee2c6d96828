#include "proxy/http/redirect.h"

#include "core/base/text.h"

namespace limpet::http {

std::string redirect_location(const Redirect& redirect, const RequestHead& head, bool https,
                              uint16_t listener_port) {
  const std::string_view scheme =
      redirect.scheme.empty() ? (https ? "https" : "http") : std::string_view(redirect.scheme);
  const uint16_t own_port = scheme == "https" ? 443 : 80;
  uint16_t port = redirect.port;
  if (port == 0) port = redirect.scheme.empty() ? listener_port : own_port;
  const std::string_view host =
      redirect.hostname.empty() ? host_of(head.authority) : std::string_view(redirect.hostname);
  std::string location;
  if (!host.empty()) {
    location = str_cat(scheme, "://", host);
    if (port != own_port) location += str_cat(":", port);
  }
  redirect.path.apply(head.path, location);
  // Else the path's first segment would be taken for a host (RFC 3986 §4.2).
  if (location.starts_with("//")) location.insert(0, "/.");
  const std::string_view query = head.query();
  if (!query.empty()) location.append("?").append(query);
  return location;
}

}  // namespace limpet::http
