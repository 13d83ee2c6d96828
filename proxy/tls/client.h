// How the endpoints of a cluster are spoken to over TLS: whom they are checked against, and what is
// shown to them. Made on the control thread, read by all workers.
#pragma once

#include <memory>
#include <string>

#include <absl/status/statusor.h>

#include "core/routing/tls_settings.h"
#include "proxy/net/tls_end.h"
#include "proxy/tls/context.h"

namespace limpet::tls {

class Client : public std::enable_shared_from_this<Client> {
 public:
  static absl::StatusOr<std::shared_ptr<const Client>> make(
      std::shared_ptr<const UpstreamTls> settings);

  // This side of one connection, for whoever does its TLS. This object must outlive it.
  SslPtr make_ssl() const;
  // TLS of one connection, which is made.
  std::unique_ptr<TlsEnd> connect(int fd) const;

 private:
  explicit Client(std::shared_ptr<const UpstreamTls> settings);

  const std::shared_ptr<const UpstreamTls> settings_;
  ContextPtr context_;
};

}  // namespace limpet::tls
