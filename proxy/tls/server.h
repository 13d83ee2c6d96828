// What a port ends TLS with: the certificates of its listeners, chosen by the name that the client
// gives (SNI), and the keys of its tickets. Made on the control thread for each table, read by all
// workers; a certificate that has not changed is not read again.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <absl/status/statusor.h>

#include "core/routing/routing_table.h"
#include "proxy/net/tls_end.h"
#include "proxy/tls/context.h"
#include "proxy/tls/ticket_keys.h"

namespace limpet::tls {

class Server : public std::enable_shared_from_this<Server> {
 public:
  // `previous`, of the same port before, may be null, and is given again when nothing of it has
  // changed. An error names the Secret.
  static absl::StatusOr<std::shared_ptr<const Server>> make(
      std::shared_ptr<const RoutingPort> port, const KeyRing& keys, const Server* previous);

  // TLS of one connection, which has not begun. `before`: bytes that were read already.
  std::unique_ptr<TlsEnd> accept(int fd, std::string_view before) const;

 private:
  // A certificate, or two of it with keys of different types.
  struct Choice {
    std::vector<std::string> names;
    ContextPtr context;
  };
  using Choices = std::vector<Choice>;  // of a listener, in its order

  Server(std::shared_ptr<const RoutingPort> port, const KeyRing& keys);

  static absl::StatusOr<std::shared_ptr<const Choices>> read(const ListenerTls& tls);
  static const Server* of(const SSL* ssl);  // null once the handshake is done
  static int choose(SSL* ssl, int* alert, void*);
  static int ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                    EVP_MAC_CTX* mac, int seal);
  // Null when no listener takes the name.
  SSL_CTX* context_for(std::string_view name) const;

  const std::shared_ptr<const RoutingPort> port_;
  absl::flat_hash_map<const ListenerTls*, std::shared_ptr<const Choices>> choices_;
  const TicketKeys tickets_;
  const bool resumes_;  // has keys for it
  ContextPtr first_;    // until the client has given a name
};

}  // namespace limpet::tls
