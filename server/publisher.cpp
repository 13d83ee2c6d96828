#include "server/publisher.h"

#include <utility>

namespace limpet {

Publisher::Publisher(Snapshot head) { states_.add(std::move(head)); }

Snapshot Publisher::head() const {
  const std::lock_guard lock(mutex_);
  return states_.newest();
}

std::optional<Snapshot> Publisher::find(const StateId& id) const {
  // Revisions grow; equal ones are told apart by epoch and digest.
  std::optional<Snapshot> found = at(id.revision);
  if (found && found->id() != id) found.reset();
  return found;
}

std::optional<Snapshot> Publisher::at(uint64_t revision) const {
  const std::lock_guard lock(mutex_);
  const Snapshot* found = states_.at(revision);
  if (found == nullptr) return std::nullopt;
  return *found;
}

void Publisher::publish(Snapshot next) {
  Snapshot forgotten;  // goes when the lock is released
  {
    const std::lock_guard lock(mutex_);
    forgotten = states_.add(std::move(next));
  }
  published_.notify();
}

}  // namespace limpet
