// The newest state, and those before it that a node may still hold.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "core/routing/routing_table.h"
#include "core/snapshot/snapshot.h"
#include "server/past.h"
#include "server/signal.h"
#include "server/state_source.h"

namespace limpet {

// Thread-safe.
class Publisher final : public StateSource {
 public:
  explicit Publisher(Snapshot head);

  Snapshot head() const override;
  std::optional<Snapshot> find(const StateId& id) const override;

  struct Compiled {
    Snapshot state;
    std::shared_ptr<const RoutingTable> table;  // of that state; null: it does not compile
  };
  Compiled compiled_head() const;
  // The table of the head, if it was published without.
  void set_table(std::shared_ptr<const RoutingTable> table);

  // The state of a revision of the head's epoch, if it is the head or one of those kept.
  std::optional<Snapshot> at(uint64_t revision) const;

  // Makes `next` the head and tells the subscribers, on this thread. Requires: its revision is
  // newer, and publishers take turns.
  void publish(Snapshot next, std::shared_ptr<const RoutingTable> table = nullptr);

  const Signal& published() const { return published_; }
  Signal& published() { return published_; }

 private:
  mutable std::mutex mutex_;
  Past states_;  // the head, and what was before it; never empty
  std::shared_ptr<const RoutingTable> table_;  // of the head
  Signal published_;
};

}  // namespace limpet
