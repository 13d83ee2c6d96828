#include "server/publisher.h"

#include <algorithm>

namespace limpet {

Snapshot Publisher::head() const {
  const std::lock_guard lock(mutex_);
  return head_;
}

std::optional<Snapshot> Publisher::find(const StateId& id) const {
  const std::lock_guard lock(mutex_);
  if (head_.id() == id) return head_;
  // Revisions grow; equal ones are told apart by epoch and digest.
  const auto found = std::lower_bound(
      past_.begin(), past_.end(), id.revision,
      [](const Snapshot& past, uint64_t revision) { return past.id().revision < revision; });
  if (found == past_.end() || found->id() != id) return std::nullopt;
  return *found;
}

void Publisher::publish(Snapshot next) {
  Snapshot forgotten;  // a large one takes its time to go: not under the lock
  {
    const std::lock_guard lock(mutex_);
    past_.push_back(std::exchange(head_, std::move(next)));
    if (past_.size() > kMaxPast) {
      forgotten = std::move(past_.front());
      past_.pop_front();
    }
  }
  published_.notify();
}

}  // namespace limpet
