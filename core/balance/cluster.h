// The endpoints behind one port of a Service, as the routing table holds them.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/socket_address.h"

namespace limpet {

struct Endpoint {
  uint64_t uid = 0;  // what a session's binding names; never 0
  std::string name;  // "pipy-0", or the address of an unnamed endpoint: for logs
  // All addresses of the endpoint: one name listed in several EndpointSlices has several.
  std::vector<SocketAddress> addresses;
  bool takes_new = true;       // ready and not draining: new sessions may come
  bool serves_sessions = true; // sessions that it has stay
};

// Counts up for all workers of a node. Lives on across tables with the cluster or rule that it
// belongs to, so that a change of configuration does not begin the round anew.
class RoundRobin {
 public:
  explicit RoundRobin(uint64_t first = 0) : next_(first) {}

  uint64_t next() { return next_.fetch_add(1, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> next_;
};

// Immutable but for the counter.
struct Cluster {
  uint64_t id = 0;   // of the backendRef: kind, namespace, name and port
  std::string name;  // "server/pipy:8080"
  std::vector<Endpoint> endpoints;       // ordered by uid
  std::vector<uint32_t> eligible;        // indices of those that take new sessions
  std::shared_ptr<RoundRobin> rotation;  // never null

  // Null when no endpoint has that uid.
  const Endpoint* find(uint64_t uid) const;
};

}  // namespace limpet
