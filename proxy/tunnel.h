// A connection that has left HTTP (101 Switching Protocols): bytes both ways, each way at its own
// pace and with its own end, until both have ended or nothing comes for too long.
//
// An end of one side is passed on to the other when all before it has been; that one may go on
// (half-close). A side that breaks is shown to the other as a break, never as an end.
#pragma once

#include <cstdint>
#include <memory>

#include "core/balance/endpoint_live.h"
#include "proxy/net/buffer.h"
#include "proxy/net/stream.h"
#include "proxy/upstream/connection.h"

namespace limpet {

class Worker;

class Tunnel final : private UpstreamConnection::Owner {
 public:
  enum class Status {
    kWaiting,  // for an edge
    kYield,    // there is more to do; others first
    kEnded,    // both sides have ended
    kBroken,   // both sides must see that: abort()
  };

  // Of each side: what has come from it and is not passed on yet; may be null.
  struct Pending {
    std::unique_ptr<Buffer> from_client;
    std::unique_ptr<Buffer> from_upstream;
  };

  // `wake`, the session, has its turn when the upstream stirs. To the endpoint the tunnel is still
  // a request.
  Tunnel(Worker& worker, EventHandler& wake, Stream& client,
         std::unique_ptr<UpstreamConnection> upstream, Pending pending, InFlight in_flight,
         int64_t idle_ms);
  ~Tunnel();
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  Status advance();
  // Shows the upstream a break. Nothing else is to be done with the tunnel then.
  void abort() { upstream_->stream().abort(); }
  int64_t deadline_ms() const { return deadline_ms_; }

 private:
  // One direction.
  struct Way {
    Stream& from;
    Stream& to;
    std::unique_ptr<Buffer> buffer;  // null while it is empty
    size_t capacity;                 // of a new one
    bool ended = false;              // `from` sends no more
    bool finished = false;           // and `to` has been told
  };
  enum class Step { kIdle, kProgress, kBroken };

  void on_upstream_events(UpstreamConnection& connection) override;
  Step pump(Way& way);
  Step write(Way& way);
  Step read(Way& way);

  Worker& worker_;
  EventHandler& wake_;
  std::unique_ptr<UpstreamConnection> upstream_;
  const InFlight in_flight_;
  Way up_;    // from the client
  Way down_;  // to the client
  const int64_t idle_ms_;
  int64_t deadline_ms_;
};

}  // namespace limpet
