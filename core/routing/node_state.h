// What nodes get of the server's state: all of it but Secrets and ConfigMaps; and of those what
// nodes need (secret_needs.h), Secrets opened. The one place that decides it: the state of every
// node is this one or a part of it (scope.h), with its digest.
//
// A Secret as nodes have it has its name and type, and the values of the needed items, in base64.
// It changes when these do: not when the Secret is sealed anew.
#pragma once

#include <functional>
#include <utility>

#include "core/routing/secret_needs.h"
#include "core/snapshot/snapshot.h"

namespace limpet {

// The Secret as nodes have it, with these items; null: it cannot be opened.
using OpenSecret = std::function<EntryPtr(const Entry& sealed, SecretItems items)>;

// Moves from state to state, as the whole does. Not thread-safe.
class NodeState {
 public:
  explicit NodeState(OpenSecret open) : open_(std::move(open)) {}

  // Costs in proportion to what differs from the state before; opens the Secrets that changed, or
  // of which something else is needed.
  void advance_to(const Snapshot& whole);

  const Snapshot& state() const { return state_; }

 private:
  const OpenSecret open_;
  SecretNeeds needs_;
  Snapshot whole_;
  Snapshot sealed_;  // the Secrets and ConfigMaps of the whole, alone
  Snapshot opened_;  // those of the state, alone
  Snapshot state_;
};

}  // namespace limpet
