// A connection to an endpoint: leased to one exchange at a time, idle in its worker's pool between.
#pragma once

#include <cstdint>
#include <memory>

#include "core/base/socket_address.h"
#include "proxy/net/reactor.h"
#include "proxy/net/stream.h"
#include "proxy/tls/client.h"
#include "proxy/upstream/connection_gate.h"

namespace limpet {

// Whether a connect() that failed at once, with that errno, says something of the address; if not,
// of this node.
bool is_unreachable(int error);

class UpstreamConnection final : public EventHandler {
 public:
  // Whoever has the connection just now: an exchange, or the pool.
  class Owner {
   public:
    virtual void on_upstream_events(UpstreamConnection& connection) = 0;

   protected:
    ~Owner() = default;
  };

  // `tls` is null for plain text.
  UpstreamConnection(SocketAddress address, std::shared_ptr<const tls::Client> tls, Stream stream)
      : address_(std::move(address)), tls_(std::move(tls)), stream_(std::move(stream)) {}

  void on_events(uint32_t events) override {
    if (!stream_.is_open() || owner_ == nullptr) return;
    stream_.note_events(events);
    owner_->on_upstream_events(*this);
  }

  const SocketAddress& address() const { return address_; }
  const std::shared_ptr<const tls::Client>& tls() const { return tls_; }
  Stream& stream() { return stream_; }
  void set_owner(Owner* owner) { owner_ = owner; }

  // Goes on with connect() and, where there is one, the TLS handshake: kOk when it can be used.
  // kError: error() says why.
  IoStatus establish();
  bool established() const { return established_; }
  // errno of connect(); EPROTO: TLS has failed.
  int error() const { return error_; }

  bool reused = false;        // has served an exchange before this one
  int64_t idle_since_ms = 0;  // while in the pool
  // Of a Service port whose connections are limited: that it is one of them; and, once it has left
  // HTTP, its place there.
  ConnectionGate::OpenConnection open;
  ConnectionGate::Place place;

 private:
  SocketAddress address_;
  std::shared_ptr<const tls::Client> tls_;
  Stream stream_;
  Owner* owner_ = nullptr;
  bool established_ = false;
  int error_ = 0;
};

}  // namespace limpet
