#include "tests/stream/world.h"

#include <algorithm>
#include <utility>

namespace limpet {
namespace {

constexpr size_t kNames = 12;
// Together more than a message holds.
constexpr size_t kLargeNames = 3;
constexpr size_t kLargeBytes = 400 * 1024;

Epoch epoch_of(uint64_t number) {
  return Epoch::make(1'700'000'000'000 + static_cast<int64_t>(number) * 1000, 1);
}

}  // namespace

World::World(uint64_t seed, bool epochs, size_t nodes, Counts& counts)
    : Coupling(seed, nodes, epochs, counts), epochs_(epochs) {
  history_.push_back(Snapshot().apply({}, epoch_of(next_epoch_++), 1));
  replace(history_.back());
}

void World::step() {
  const size_t event = draw(100);
  if (event < 36) return receive_at_node(any_node());
  if (event < 58) {
    if (!streams_.empty()) receive_at_server(*streams_[draw(streams_.size())]);
    return;
  }
  if (event < 72) return finish_activation(any_node());
  if (event < 78) return publish();
  if (event < 86) {
    if (!streams_.empty()) look(*streams_[draw(streams_.size())]);
    return;
  }
  if (event < 93) return connect(any_node());
  if (event < 95) {
    if (!streams_.empty()) cut(*streams_[draw(streams_.size())]);
    return;
  }
  if (event < 97) return restart_node(any_node());
  if (event < 98) return restart_server(head());
  if (!epochs_) return;
  if (event < 99) return adopt();
  if (chance(3)) exchange_database();
}

void World::settle() {
  // The way out of every mess with databases: a new epoch, and adoption.
  if (epochs_) restore_database(head());
  // A revision that somebody refused is not sent again; the next one is.
  publish();
  come_to_rest(epochs_);
}

void World::publish() {
  const StateId before = head().id();
  Delta delta;
  for (size_t changes = draw(4); changes > 0; --changes) {
    const bool large = chance(6);
    add_change(delta, large, draw(large ? kLargeNames : kNames));
  }
  const bool all_large = chance(6);
  for (size_t i = 0; all_large && i < kLargeNames; ++i) add_change(delta, true, i);
  history_.push_back(head().apply(delta, before.epoch, before.revision + 1));
  release(history_.back());
}

void World::add_change(Delta& delta, bool large, size_t number) {
  const EntryKey key{large ? "EndpointSlice" : "Service", "shop", std::to_string(number)};
  const auto is_same = [&](const EntryKey& other) { return other == key; };
  const bool there = std::any_of(delta.removed.begin(), delta.removed.end(), is_same) ||
                     std::any_of(delta.upserts.begin(), delta.upserts.end(),
                                 [&](const EntryPtr& entry) { return is_same(entry->key); });
  if (there) return;
  const EntryPtr before = head().find(key);
  if (before != nullptr && chance(4)) return delta.removed.push_back(key);
  std::string bytes(large ? kLargeBytes : draw(900), static_cast<char>('a' + draw(26)));
  // A small change of what is there.
  if (before != nullptr && !before->bytes.empty() && chance(2)) {
    bytes = before->bytes;
    bytes[draw(bytes.size())] = static_cast<char>('A' + draw(26));
  }
  delta.upserts.push_back(
      std::make_shared<const Entry>(Entry{key, head().id().revision + 1, std::move(bytes)}));
}

void World::exchange_database() {
  if (chance(2)) {
    restore_database(history_[draw(history_.size())]);
    return;
  }
  // An older copy was put in its place, by hand.
  history_.resize(draw(history_.size()) + 1);
  replace(history_.back());
}

void World::restore_database(const Snapshot& state) {
  history_.push_back(state.apply({}, epoch_of(next_epoch_++), state.id().revision));
  replace(history_.back());
}

}  // namespace limpet
