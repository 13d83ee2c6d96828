// What a node that serves only some of the Gateways needs of the state: its part.
//
//   - its Gateways, and everything that belongs to no traffic of its own: keys of sessions,
//     Namespaces (listeners select routes by their labels), GatewayClasses;
//   - the GatewayParameters that its Gateways name;
//   - the HTTPRoutes that name one of its Gateways as a parent, and their RateLimitPolicies;
//   - the Services that these lead to, and what belongs to a Service: EndpointSlices,
//     EndpointStates, and the policies for Services.
//
// The part is a state like the whole, with a digest of its own: the node's table for its Gateways
// is the one that a node with the whole state has. Epoch and revision are those of the whole: a
// revision that changes nothing in the part is a revision of it, too.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>

#include <absl/status/status.h>

#include "core/snapshot/snapshot.h"

namespace limpet {

// What nodes are sent at all: everything but Secrets, which nothing that a node serves can name
// yet. The one place that decides it. The state of every node is this one or a part of it, with
// its digest. Costs in proportion to what is left out.
Snapshot for_nodes(const Snapshot& whole);

// "namespace/name" of Gateways. Empty: all of them.
using GatewayNames = std::set<std::string>;

inline constexpr size_t kMaxGateways = 64;

// INVALID_ARGUMENT: too many, or one that is not NAMESPACE/NAME.
absl::Status check_gateway_names(const GatewayNames& gateways);

// What belongs to which Service or HTTPRoute, in a whole state. Parts of the same state share it.
class Followers {
 public:
  // Costs in proportion to what differs from the state before.
  void advance_to(const Snapshot& whole);
  // Null: nothing belongs to the Service or HTTPRoute.
  const std::set<EntryKey>* of(const EntryKey& leader) const;

 private:
  void forget(const EntryPtr& entry);

  Snapshot whole_;
  std::map<EntryKey, std::set<EntryKey>> followers_;
};

// The part of one set of Gateways. Moves from state to state, as the whole does.
class Scope {
 public:
  // Requires: not empty.
  explicit Scope(GatewayNames gateways) : gateways_(std::move(gateways)) {}

  // Costs in proportion to what differs from the state before, and to what comes into reach or
  // goes out of it. Requires: `followers` is of `whole`.
  void advance_to(const Snapshot& whole, const Followers& followers);

  const Snapshot& part() const { return part_; }
  const GatewayNames& gateways() const { return gateways_; }

 private:
  // Services whose counts change, and whether they were in reach before.
  using Counted = std::map<EntryKey, bool>;

  bool is_ours(const Entry& route) const;
  bool belongs(const Entry& entry) const;
  // The two count what entries lead to, and note which routes are ours. `by`: +1 for one that is
  // there now, -1 for one that was.
  void count_services(const EntryPtr& route, int by, Counted& counted);
  // Adds to `touched` what the Gateway names.
  void count_parameters(const EntryPtr& gateway, int by, std::set<EntryKey>& touched);

  const GatewayNames gateways_;
  Snapshot whole_;
  Snapshot part_;
  std::set<EntryKey> routes_;           // ours
  std::map<EntryKey, int> services_;    // that routes of ours lead to: how many do
  std::map<EntryKey, int> parameters_;  // that Gateways of ours name: how many do
};

// The part of what nodes are sent, from nothing.
Snapshot part_of(const Snapshot& whole, const GatewayNames& gateways);

}  // namespace limpet
