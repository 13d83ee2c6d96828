// Connections that have left HTTP, as a WebSocket's have, and the endpoint that they lead to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/socket_address.h"

namespace limpet::bench {

struct TunnelLoad {
  SocketAddress address;
  uint32_t connections = 1000;
  uint32_t seconds = 3;
  uint32_t message_bytes = 128;
  std::string path = "/";
};

// Each connection asks for a WebSocket (RFC 6455 §4.1), then sends a message, waits until it has
// come back, and sends the next: one on its way per connection. What is in a message makes no
// difference to a proxy that passes bytes on, so they are not framed.
//
// Prints "messages N per_second N"; a message is one way and back. Throws std::runtime_error when
// a connection is refused, ends, or brings other bytes than were sent.
void run_tunnel(const TunnelLoad& load);

// Listens at all addresses, agrees to every upgrade and sends back whatever comes. Says "listens".
// Does not return.
void run_echo(const std::vector<SocketAddress>& addresses);

}  // namespace limpet::bench
