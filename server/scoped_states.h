// The states that nodes get: the server's, of Secrets what nodes need, opened
// (core/routing/node_state.h), and the parts of that for nodes which serve only some of the
// Gateways. Nodes with the same Gateways share one: its states, its past, and so the bytes that are
// sent.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>

#include <absl/status/statusor.h>

#include "core/routing/node_state.h"
#include "core/routing/scope.h"
#include "server/publisher.h"
#include "server/state_source.h"

namespace limpet {

// Thread-safe. A part is moved on when somebody asks for its head, in proportion to what changed
// since the last time.
class ScopedStates {
 public:
  static constexpr size_t kMaxParts = 256;

  // Must outlive all that is got from it; the publisher must outlive it. `open` is called by
  // whoever asks for a state, one at a time.
  ScopedStates(const Publisher& publisher, OpenSecret open);
  ~ScopedStates();

  // For nodes that serve all Gateways.
  const StateSource& all() const;

  // Null for no names: such a node gets all(). INVALID_ARGUMENT: names
  // that are not those of Gateways. RESOURCE_EXHAUSTED: too many different parts are in use.
  absl::StatusOr<std::shared_ptr<const StateSource>> of(const GatewayNames& gateways);

 private:
  class All;
  class Part;

  // Requires: the lock is held. False: all are in use.
  bool make_room();

  const std::unique_ptr<const All> all_;
  std::mutex mutex_;
  // Guarded by it, and so is what the parts hold:
  Followers followers_;  // of the newest whole state that a part was made of
  std::map<GatewayNames, std::shared_ptr<Part>> parts_;
};

}  // namespace limpet
