// What a node that serves only some of the Gateways needs of the state: its part.
//
//   - its Gateways, and everything that belongs to no traffic of its own: keys of sessions,
//     Namespaces (listeners select routes by their labels), GatewayClasses;
//   - the GatewayParameters that its Gateways name;
//   - the HTTPRoutes that name one of its Gateways as a parent, and their RateLimitPolicies;
//   - the Services that these lead to, and what belongs to a Service: EndpointSlices,
//     EndpointStates, its ServiceState, the policies for Services;
//   - the ReferenceGrants of the other namespaces that its Gateways and these routes refer into:
//     what is not permitted is not reached;
//   - of Secrets and ConfigMaps, what its Gateways and policies need (secret_needs.h).
//
// The whole is what nodes get at all (node_state.h).
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

#include "core/routing/reference_grants.h"
#include "core/routing/secret_needs.h"
#include "core/snapshot/snapshot.h"

namespace limpet {

// "namespace/name" of Gateways. Empty: all of them.
using GatewayNames = std::set<std::string>;

inline constexpr size_t kMaxGateways = 64;

// INVALID_ARGUMENT: too many, or one that is not NAMESPACE/NAME.
absl::Status check_gateway_names(const GatewayNames& gateways);

// What belongs to which Service, HTTPRoute or Namespace, in a whole state, and its ReferenceGrants.
// Parts of the same state share it.
class Followers {
 public:
  // Costs in proportion to what differs from the state before.
  void advance_to(const Snapshot& whole);
  // Null: nothing belongs to the leader.
  const std::set<EntryKey>* of(const EntryKey& leader) const;

  const ReferenceGrants& grants() const { return grants_; }

 private:
  void forget(const EntryPtr& entry);

  Snapshot whole_;
  std::map<EntryKey, std::set<EntryKey>> followers_;
  ReferenceGrants grants_;
};

// The part of one set of Gateways. Moves from state to state, as the whole does.
class GatewayScope {
 public:
  // Requires: not empty.
  explicit GatewayScope(GatewayNames gateways) : gateways_(std::move(gateways)) {}

  // Costs in proportion to what differs from the state before, and to what comes into reach or
  // goes out of it. Requires: `followers` is of `whole`.
  void advance_to(const Snapshot& whole, const Followers& followers);

  const Snapshot& part() const { return part_; }
  const GatewayNames& gateways() const { return gateways_; }

 private:
  // Services and Namespaces whose counts change, and whether they were in reach before.
  using Counted = std::map<EntryKey, bool>;

  bool is_ours(const Entry& route) const;
  bool belongs(const Entry& entry) const;
  bool in_reach(const EntryKey& leader) const;
  // Our routes that lead elsewhere by the grants that the delta changes, without those that are in
  // the delta themselves.
  std::set<EntryKey> regranted_routes(const Delta& delta) const;
  // These count what entries lead to, and note which routes are ours. `by`: +1 for one that is
  // there now, with the grants of now; -1 for one that was.
  void count_services(const EntryPtr& route, int by, const ReferenceGrants& grants,
                      Counted& counted);
  void count_namespaces(const EntryPtr& referrer, int by, Counted& counted);
  // Brings in or takes out, of what is touched, what belongs to the part now.
  void move_part(const Snapshot& whole, const std::set<EntryKey>& touched);
  // What of the change before makes it reach other Secrets, and those that changed.
  void move_secrets(const Delta& change, const Snapshot& whole, std::set<EntryKey> touched);
  // Adds to `touched` what the Gateway names.
  void count_parameters(const EntryPtr& gateway, int by, std::set<EntryKey>& touched);

  const GatewayNames gateways_;
  Snapshot whole_;
  Snapshot part_;
  std::set<EntryKey> routes_;           // ours
  std::map<EntryKey, int> services_;    // that routes of ours lead to: how many do
  std::map<EntryKey, int> parameters_;  // that Gateways of ours name: how many do
  // By the namespace: what of ours refers into it from another one.
  std::map<std::string, std::set<EntryKey>> referrers_;
  ReferenceGrants grants_;  // of the whole
  SecretNeeds secrets_;
};

// The part from nothing; with no Gateways, the whole.
Snapshot part_of(const Snapshot& whole, const GatewayNames& gateways);

}  // namespace limpet
