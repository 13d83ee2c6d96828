#include "runtime/host_port.h"

#include <absl/status/status.h>
#include <absl/strings/numbers.h>

#include "core/base/socket_address.h"
#include "core/base/text.h"

namespace limpet {

absl::StatusOr<HostPort> parse_host_port(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return absl::InvalidArgumentError(
        str_cat("\"", text, "\" ", why, "; expected HOST:PORT, as in 127.0.0.1:7700"));
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong("has no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong("is an IPv6 address without brackets");
  }
  if (host.empty()) return wrong("has no host");
  if (host.find_first_of("[] /\t") != std::string_view::npos) return wrong("has no valid host");
  uint32_t port = 0;
  if (port_text.empty() || port_text.find_first_not_of("0123456789") != std::string_view::npos ||
      !absl::SimpleAtoi(absl_view(port_text), &port) || port > 65535) {
    return wrong("has no port between 0 and 65535");
  }
  return HostPort{std::string(host), static_cast<uint16_t>(port)};
}

std::string to_string(const HostPort& address) {
  const bool brackets = address.host.find(':') != std::string::npos;
  return str_cat(brackets ? "[" : "", address.host, brackets ? "]:" : ":", address.port);
}

bool is_loopback(std::string_view host) {
  if (host == "localhost") return true;
  const auto address = SocketAddress::parse(host, 0);
  if (!address) return false;
  const std::string ip = address->ip();
  return ip == "::1" || (address->family() == AF_INET && ip.starts_with("127."));
}

}  // namespace limpet
