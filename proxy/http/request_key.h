// The value by which a request is told apart from others (core/balance/hash_key.h).
#pragma once

#include <string_view>

#include "core/balance/hash_key.h"
#include "core/base/cidr.h"
#include "core/base/socket_address.h"
#include "proxy/http/head.h"

namespace limpet::http {

// The other end of the request's connection.
struct RequestPeer {
  const SocketAddress& address;
  std::string_view ip;     // its text
  const CidrSet& trusted;  // believed to say whose the requests are that they pass on
};

// Whose the request is: the peer or, as far as those are trusted who say so in X-Forwarded-For, who
// came before it. Never an address that an untrusted one has made up.
std::string_view client_address(const Head& head, const RequestPeer& peer);

// Empty when the request has none. Of several headers, cookies or parameters of the name the first
// counts; a header's name in any case, the others exactly, parameters as they are written (without
// decoding). The view is into the head or the peer's.
std::string_view request_key(const HashKey& key, const RequestHead& head, const RequestPeer& peer);

}  // namespace limpet::http
