// "host:port" as flags write it: where to listen, where to connect.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

namespace limpet {

struct HostPort {
  std::string host;   // a name or a numeric address, IPv6 without brackets
  uint16_t port = 0;  // 0: any free port, where one listens

  friend bool operator==(const HostPort&, const HostPort&) = default;
};

// Reads "127.0.0.1:7700", "localhost:7700", "[::1]:7700". INVALID_ARGUMENT says what is wrong
// with the text; the caller adds which flag it came from.
absl::StatusOr<HostPort> parse_host_port(std::string_view text);

// The inverse: brackets around an IPv6 address.
std::string to_string(const HostPort& address);

// Whether the host is this machine as seen from itself: "localhost", 127.0.0.0/8 or ::1.
bool is_loopback(std::string_view host);

}  // namespace limpet
