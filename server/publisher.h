// The newest state, and those before it that a node may still hold.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

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

  // The state of a revision, if it is the head or one of those kept.
  std::optional<Snapshot> at(uint64_t revision) const;

  // Makes `next` the head and tells the subscribers, on this thread. Requires: its revision is
  // newer, and publishers take turns.
  void publish(Snapshot next);

  const Signal& published() const { return published_; }
  Signal& published() { return published_; }

 private:
  mutable std::mutex mutex_;
  Past states_;  // the head, and what was before it; never empty
  Signal published_;
};

}  // namespace limpet
