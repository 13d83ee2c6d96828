// What the policies of the cluster that serves a request, and its rule, keep for it: how its
// tries, its circuit and its place among the cluster's connections stand. An exchange has one only
// if there are such policies.
#pragma once

#include <cstdint>
#include <memory>

#include "core/balance/circuit_breaker.h"
#include "core/routing/routing_table.h"
#include "proxy/net/buffer.h"
#include "proxy/net/reactor.h"
#include "proxy/pick.h"
#include "proxy/upstream/connection.h"
#include "proxy/upstream/connection_gate.h"

namespace limpet {

// A request that stands in a cluster's queue. When its place is there, the handler is called with 0
// on its reactor's thread. To be destroyed on that thread.
class QueuedRequest {
 public:
  QueuedRequest(Reactor& reactor, EventHandler& handler)
      : target_(std::make_shared<EventHandler*>(&handler)),
        waiter_([&reactor, target = target_] {
          reactor.post([target] {
            if (*target != nullptr) (*target)->on_events(0);
          });
        }) {}
  ~QueuedRequest() { *target_ = nullptr; }
  QueuedRequest(const QueuedRequest&) = delete;
  QueuedRequest& operator=(const QueuedRequest&) = delete;

  ConnectionGate::Waiter& waiter() { return waiter_; }

 private:
  const std::shared_ptr<EventHandler*> target_;
  ConnectionGate::Waiter waiter_;
};

struct ClusterPolicies {
  const RetrySettings* retry = nullptr;     // the rule's or the cluster's; null: none
  const ClusterCircuit* circuit = nullptr;
  std::shared_ptr<ConnectionGate> gate;     // null: nothing is limited

  // What the exchange waits for before it has a connection.
  enum class Pause : uint8_t { kNone, kQueue, kBackoff };
  Pause pause = Pause::kNone;
  uint32_t retries = 0;  // after answers, lost connections and time-outs
  int64_t began_ms = 0;
  int64_t per_try_ms = 0;     // to connect, and then for a response's head; 0: no limit
  int64_t try_deadline_ms = 0;  // until the whole response is there; 0: none
  int64_t try_began_ms = 0;   // with its connection, or once the client's body was there
  bool try_counted = false;   // in the circuit

  // The last answer that is not passed on, as long as another may come: with its head at the front
  // of the buffer, and its connection, on which the rest of it may still have to come.
  struct HeldAnswer {
    std::unique_ptr<UpstreamConnection> upstream;
    std::unique_ptr<Buffer> bytes;
    Pick::Candidate from;
    bool whole = false;  // and the connection can be used again
  };
  HeldAnswer held;
  bool held_taken = false;    // it is passed on after all

  CircuitBreaker::Pass pass;
  ConnectionGate::Place place;
  std::unique_ptr<QueuedRequest> queued;
};

}  // namespace limpet
