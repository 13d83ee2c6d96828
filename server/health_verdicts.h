// Whether the nodes together find an endpoint down, as EndpointState.down has it
// (proto/limpet/v1/state.proto): judged and planned as pure functions.
//
// An endpoint is down for a port of its Service once more than half of the connected nodes that
// tried it there say so, and up again once more than half say that; a tie, or nobody, changes
// nothing. A verdict is a part of the endpoint's state: it ends with it, and where nobody is to try
// the port's endpoints any more (no HealthCheckPolicy applies).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/routing/routing_table.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/state.pb.h"
#include "server/apply.h"
#include "server/health_findings.h"
#include "server/slice_index.h"

namespace limpet {

// The endpoints that are judged down. Follows the state, at the cost of what changes.
class DownEndpoints {
 public:
  void follow(const Snapshot& head);
  const std::set<TriedEndpoint>& all() const { return all_; }

 private:
  void forget(const EntryKey& state);

  Snapshot head_;
  std::map<EntryKey, std::vector<TriedEndpoint>> by_state_;
  std::set<TriedEndpoint> all_;
};

// Of an endpoint that is judged otherwise from now on.
struct HealthVerdict {
  enum class Is : uint8_t { kDown, kUp, kUntried };

  TriedEndpoint endpoint;
  Is is = Is::kUp;
  Votes votes;
  std::string problem;  // of kDown, as most of the nodes told it

  friend bool operator==(const HealthVerdict&, const HealthVerdict&) = default;
};

// What changes. `table` and `down` are those of the head. Costs in proportion to what
// nodes find and what is down.
std::vector<HealthVerdict> judge(const HealthFindings& findings, const DownEndpoints& down,
                                 const RoutingTable& table);

struct VerdictPlan {
  Plan plan;
  // For the history: "server/pipy:8080 e1 is down: status 503 (2 of 3 nodes)".
  std::string message;
};

// Verdicts that change nothing any more are left out. Requires: `index` and `table` are those of
// `before`.
VerdictPlan plan_verdicts(const Snapshot& before, const SliceIndex& index,
                          const RoutingTable& table, const std::vector<HealthVerdict>& verdicts,
                          int64_t now_unix_ms);

}  // namespace limpet
