// The PROXY protocol, versions 1 and 2 (haproxy's doc/proxy-protocol.txt): what a proxy that passes
// on bytes alone writes first on a connection, so that this gateway learns whose it is.
//
// Read strictly: of a header that is not as the document has it, nothing is believed.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/base/socket_address.h"

namespace limpet {

inline constexpr size_t kMaxProxyLine = 107;     // version 1, with its line end; section 2.1
inline constexpr size_t kMaxProxyHeader = 4096;  // version 2, with its TLVs

struct ProxyHeader {
  enum class Status { kMore, kBad, kDone };
  Status status = Status::kMore;
  size_t size = 0;  // with kDone: of the header; what follows is the client's
  // Who made the connection. Nothing: the peer itself (LOCAL, UNKNOWN), or one without an IP
  // address (AF_UNIX, AF_UNSPEC).
  std::optional<SocketAddress> source = {};
};

// `bytes`: all that has arrived on the connection. The more of it there is, the same is the answer,
// once it is not kMore.
ProxyHeader parse_proxy_header(std::string_view bytes);

}  // namespace limpet
