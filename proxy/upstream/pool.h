// A worker's idle upstream connections, by address and by what TLS is spoken with. The one used
// last is used next, so that few stay warm and the rest grow old and go.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "core/base/socket_address.h"
#include "proxy/net/reactor.h"
#include "proxy/upstream/connection.h"

namespace limpet {

class UpstreamPool final : private UpstreamConnection::Owner {
 public:
  static constexpr size_t kMaxIdlePerAddress = 256;
  // Shorter than the idle time of common servers (Node.js: 5 s; nginx 75 s), so that the pool and
  // not the server ends most connections; a race with the server costs a retry.
  static constexpr int64_t kMaxIdleMs = 4'000;

  explicit UpstreamPool(Reactor& reactor) : reactor_(reactor) {}
  ~UpstreamPool();

  // `tls` is null for plain text.
  //
  // An idle connection, or null. `probe`: one that the other side has not closed as far as the
  // kernel knows, at the price of a system call.
  std::unique_ptr<UpstreamConnection> take(const SocketAddress& address, const tls::Client* tls,
                                           bool probe);
  // A new one, on its way. Null when the kernel refuses at once (errno).
  std::unique_ptr<UpstreamConnection> connect(const SocketAddress& address,
                                              std::shared_ptr<const tls::Client> tls);

  // Requires: the last exchange on it is over, and both sides agree to go on.
  void put_back(std::unique_ptr<UpstreamConnection> connection);
  // Ends a connection that cannot be used again.
  void discard(std::unique_ptr<UpstreamConnection> connection);

  // Ends the oldest idle connection of those that the gate counts, if there is one.
  void end_idle(const ConnectionGate& gate);

  // Ends what has been idle for too long. To be called about once a second.
  void sweep();
  size_t idle() const { return idle_count_; }

 private:
  // Connections keep their tls::Client, so none is another's at the same place.
  using Key = std::pair<SocketAddress, const tls::Client*>;
  using Idle = std::vector<std::unique_ptr<UpstreamConnection>>;

  Idle& idle_like(const UpstreamConnection& connection) {
    return idle_[Key(connection.address(), connection.tls().get())];
  }
  void on_upstream_events(UpstreamConnection& connection) override;

  Reactor& reactor_;
  absl::flat_hash_map<Key, Idle> idle_;  // oldest first
  size_t idle_count_ = 0;
};

}  // namespace limpet
