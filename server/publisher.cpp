#include "server/publisher.h"

#include <utility>

namespace limpet {

Publisher::Publisher(Snapshot head) { states_.add(std::move(head)); }

Snapshot Publisher::head() const {
  const std::lock_guard lock(mutex_);
  return states_.newest();
}

Publisher::Compiled Publisher::compiled_head() const {
  const std::lock_guard lock(mutex_);
  return {states_.newest(), table_};
}

void Publisher::set_table(std::shared_ptr<const RoutingTable> table) {
  const std::lock_guard lock(mutex_);
  table_.swap(table);
}

std::optional<Snapshot> Publisher::find(const StateId& id) const {
  // Revisions grow; equal ones are told apart by epoch and digest.
  const std::lock_guard lock(mutex_);
  const Snapshot* found = states_.at(id.revision);
  if (found == nullptr || found->id() != id) return std::nullopt;
  return *found;
}

std::optional<Snapshot> Publisher::at(uint64_t revision) const {
  const std::lock_guard lock(mutex_);
  const Snapshot* found = states_.at(revision);
  if (found == nullptr || found->id().epoch != states_.newest().id().epoch) return std::nullopt;
  return *found;
}

void Publisher::publish(Snapshot next, std::shared_ptr<const RoutingTable> table) {
  Snapshot forgotten;  // goes when the lock is released
  {
    const std::lock_guard lock(mutex_);
    forgotten = states_.add(std::move(next));
    table_.swap(table);  // the old one goes with the argument, likewise
  }
  published_.notify();
}

}  // namespace limpet
