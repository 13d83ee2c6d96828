// How far the nodes are with the drains of endpoints, and when the last session there can be over.
//
// A node that serves a drain gives the endpoint no new session, so the youngest session there is
// as old as the time at which the last of the connected nodes came to serve it. From a node that
// comes back with an older state, new ones may have come meanwhile: the time then begins anew.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "core/routing/routing_table.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/sessions.pb.h"
#include "limpet/v1/state.pb.h"
#include "server/node_registry.h"

namespace limpet {

// What is known of one drain.
struct DrainProgress {
  uint64_t revision = 0;  // of its last change
  v1::EndpointDrain drain;
  EntryPtr state;  // that has it, as of the last look
  // Since when no connected node has served a state of before that revision, as far as was seen;
  // nothing: some do, or none is connected.
  std::optional<int64_t> served_since_unix_ms;
};

// Keeps nothing of a drain that has ended. Knows no clock: times are passed in. Not thread-safe.
class DrainTimes {
 public:
  // Follows the state. A state of another epoch begins anew: nodes adopt it one by one.
  void follow(const Snapshot& head);
  // Looks at the nodes, to be called after they changed: what a node served meanwhile shows, too.
  // Costs in proportion to the nodes and the drains.
  void observe(const NodeRegistry::Places& nodes, int64_t now_unix_ms);

  bool empty() const { return drains_.empty(); }
  // By the EndpointState's key; null: it is not drained.
  const DrainProgress* find(const EntryKey& state) const;
  // The next deadline that is not over; nothing: there is none.
  std::optional<int64_t> next_deadline_unix_ms() const;
  // The EndpointStates whose deadlines have passed and are not over.
  std::vector<EntryKey> due(int64_t now_unix_ms) const;

 private:
  Snapshot head_;
  uint64_t nodes_version_ = 0;  // of the last look
  std::map<EntryKey, DrainProgress> drains_;
};

// The longest life of a session at the Service's endpoints, in seconds: by policies of its ports,
// and of the rules that lead to it. Nothing: no session has a policy. Visits every rule.
std::optional<uint32_t> longest_session_s(const RoutingTable& table, std::string_view ns,
                                          std::string_view service);

// How long a session may go on at an endpoint, in milliseconds; nothing: that is not known.
using SessionLife = std::optional<int64_t>;

// With what nodes' clocks may differ by; 0 when no request to the Service has a session. `table`:
// the head's; null: it does not compile, and nodes serve one that is not known here.
SessionLife session_life_ms(const RoutingTable* table, std::string_view ns,
                            std::string_view service);

// Fills in all but the endpoint. `epoch`: of the state that has the drain.
void tell_drain(const DrainProgress& progress, Epoch epoch, const NodeRegistry::Places& nodes,
                SessionLife life_ms, int64_t now_unix_ms, v1::GetDrainResponse& response);

}  // namespace limpet
