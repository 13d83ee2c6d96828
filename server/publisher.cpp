#include "server/publisher.h"

#include <algorithm>

namespace limpet {

Snapshot Publisher::head() const {
  const std::lock_guard lock(mutex_);
  return head_;
}

const Snapshot* Publisher::locked_at(uint64_t revision) const {
  if (head_.id().revision == revision) return &head_;
  const auto found = std::lower_bound(
      past_.begin(), past_.end(), revision,
      [](const Snapshot& past, uint64_t wanted) { return past.id().revision < wanted; });
  return found == past_.end() || found->id().revision != revision ? nullptr : &*found;
}

std::optional<Snapshot> Publisher::find(const StateId& id) const {
  const std::lock_guard lock(mutex_);
  // Revisions grow; equal ones are told apart by epoch and digest.
  const Snapshot* found = locked_at(id.revision);
  if (found == nullptr || found->id() != id) return std::nullopt;
  return *found;
}

std::optional<Snapshot> Publisher::at(uint64_t revision) const {
  const std::lock_guard lock(mutex_);
  const Snapshot* found = locked_at(revision);
  if (found == nullptr) return std::nullopt;
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
