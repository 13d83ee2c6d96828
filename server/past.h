// The newest states, oldest first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "core/snapshot/snapshot.h"

namespace limpet {

// Not thread-safe. Snapshots share what did not change, so a long past costs what its changes did.
class Past {
 public:
  static constexpr size_t kMaxStates = 1000;

  // Requires: its revision is newer. Returns what is forgotten: a large one takes its time to go,
  // and should not do so under a lock.
  Snapshot add(Snapshot state) {
    states_.push_back(std::move(state));
    Snapshot forgotten;
    if (states_.size() > kMaxStates) {
      forgotten = std::move(states_.front());
      states_.pop_front();
    }
    return forgotten;
  }

  // Null: it is not kept.
  const Snapshot* at(uint64_t revision) const {
    const auto found = std::lower_bound(
        states_.begin(), states_.end(), revision,
        [](const Snapshot& state, uint64_t wanted) { return state.id().revision < wanted; });
    return found == states_.end() || found->id().revision != revision ? nullptr : &*found;
  }

  // Requires: there is one.
  const Snapshot& newest() const { return states_.back(); }
  bool empty() const { return states_.empty(); }

 private:
  std::deque<Snapshot> states_;
};

}  // namespace limpet
