// The endpoints behind one port of a Service, as the routing table holds them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/balance/balancing.h"
#include "core/balance/endpoint_live.h"
#include "core/base/socket_address.h"

namespace limpet {

struct Endpoint {
  uint64_t uid = 0;  // what a session's binding names; never 0
  std::string name;  // "pipy-0", or the address and port of an unnamed endpoint
  // All addresses of the endpoint: one name listed in several EndpointSlices has several.
  std::vector<SocketAddress> addresses;
  bool takes_new = true;       // ready and not draining: new sessions may come
  bool serves_sessions = true; // sessions that it has stay
  bool drained = false;        // for good: an operator has it left, and the time is over
  bool down = false;           // more than half of the nodes that tried it find it so
  // Its share of requests, beside those of others; 0: only when no other is left.
  uint32_t weight = 1;
  std::shared_ptr<EndpointLive> live;  // null where the cluster needs none
  std::shared_ptr<Warmup> warmup;      // null: had its share when it was listed first
};

// What a policy may call the endpoint: its name, or, where it has none, its address with or without
// the port.
std::vector<std::string> names_of(const Endpoint& endpoint);

// Counts up for all workers of a node. Lives on across tables with the cluster or rule that it
// belongs to, so that a change of configuration does not begin the round anew.
class RoundRobin {
 public:
  explicit RoundRobin(uint64_t first = 0) : next_(first) {}

  uint64_t next() { return next_.fetch_add(1, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> next_;
};

// Immutable but for the counters.
struct Cluster {
  uint64_t id = 0;   // of the backendRef: kind, namespace, name and port
  std::string name;  // "server/pipy:8080"
  std::vector<Endpoint> endpoints;       // ordered by uid
  std::vector<uint32_t> eligible;        // indices of those that take new sessions
  std::shared_ptr<RoundRobin> rotation;  // never null
  Balancing balancing;
  OutlierSettings outlier;

  // ---- What prepare() makes of the above.
  // Where the eligible endpoints' weights differ: of each, in their order, the sum of the weights
  // up to it.
  std::vector<uint32_t> cumulative;
  // Strictly in turn is all there is to it.
  bool plain = true;
  std::shared_ptr<std::atomic_flag> ejecting;  // held by who ejects; null: nobody may

  // Requires: all else is set. `previous`, the same cluster in the table before, lends what its
  // endpoints have gathered; endpoints that are new since, or eligible again, warm up where that
  // takes time. Null: there was none, and all are as they will be.
  void prepare(const Cluster* previous);

  // Null when no endpoint has that uid.
  const Endpoint* find(uint64_t uid) const;
};

}  // namespace limpet
