// The newest state, and those before it that a node may still hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "core/snapshot/snapshot.h"
#include "server/signal.h"

namespace limpet {

// Thread-safe. Snapshots share what did not change, so a long past costs what its changes did.
class Publisher {
 public:
  static constexpr size_t kMaxPast = 1000;

  explicit Publisher(Snapshot head) : head_(std::move(head)) {}

  Snapshot head() const;

  // The state of that name, if it is the head or one of those kept.
  std::optional<Snapshot> find(const StateId& id) const;

  // The state of a revision, if it is the head or one of those kept.
  std::optional<Snapshot> at(uint64_t revision) const;

  // Makes `next` the head and tells the subscribers, on this thread. Requires: its revision is
  // newer, and publishers take turns.
  void publish(Snapshot next);

  const Signal& published() const { return published_; }
  Signal& published() { return published_; }

 private:
  // Requires: the lock is held.
  const Snapshot* locked_at(uint64_t revision) const;

  mutable std::mutex mutex_;
  Snapshot head_;
  std::deque<Snapshot> past_;  // oldest first
  Signal published_;
};

}  // namespace limpet
