// Where a node's states come from: the whole (Publisher) or a part of it (ScopedStates).
#pragma once

#include <optional>

#include "core/snapshot/snapshot.h"

namespace limpet {

// Thread-safe.
class StateSource {
 public:
  virtual ~StateSource() = default;

  virtual Snapshot head() const = 0;
  // The state of that name, if it is the head or one of those kept.
  virtual std::optional<Snapshot> find(const StateId& id) const = 0;
};

}  // namespace limpet
