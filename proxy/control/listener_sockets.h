// The node's listening sockets: one per port and worker, sharing the port by SO_REUSEPORT, so that
// the kernel spreads connections and no worker waits for another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "core/base/socket_address.h"
#include "proxy/net/fd.h"

namespace limpet {

// `count` sockets that listen on the address and port. The port is first bound without
// SO_REUSEPORT: otherwise a second process of the same user would share it unnoticed.
absl::StatusOr<std::vector<Fd>> open_listeners(const SocketAddress& address, size_t count);

}  // namespace limpet
