// Whom a request is from, in the terms that policies tell requests apart by.
#pragma once

#include <string_view>

#include "core/balance/balancing.h"
#include "core/base/socket_address.h"
#include "core/routing/listener_settings.h"
#include "proxy/http/head.h"

namespace limpet::http {

struct Requester {
  const RequestHead& head;
  const SocketAddress& peer;
  std::string_view peer_ip;
  const Forwarding& forwarding;

  // The peer's address. Of a trusted peer: the last address in X-Forwarded-For that is not trusted
  // itself, or the first one when all are. What is no address ends the search. A view into the head
  // or of `peer_ip`.
  std::string_view client_ip() const;

  // The value that the key stands for; empty when the request has none. The first of several
  // fields, cookies or parameters of the name counts; names and values of parameters are compared
  // as they were sent, without decoding.
  std::string_view value_of(const RequestKey& key) const;
};

}  // namespace limpet::http
