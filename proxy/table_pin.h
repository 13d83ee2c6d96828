// The routing table as one worker's thread holds it: swapped between events, pinned by each request
// for as long as it lasts. Counts are plain integers, since nothing here leaves the thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "core/routing/routing_table.h"

namespace limpet {

class TableSlot;

// Keeps one table alive and unchanged. Must not outlive the slot it came from.
class TablePin {
 public:
  TablePin() = default;
  TablePin(TablePin&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  TablePin& operator=(TablePin&& other) noexcept {
    if (this != &other) {
      release();
      held_ = std::exchange(other.held_, nullptr);
    }
    return *this;
  }
  ~TablePin() { release(); }

  explicit operator bool() const { return held_ != nullptr; }
  const RoutingTable& operator*() const { return *held_->table; }
  const RoutingTable* operator->() const { return held_->table.get(); }
  void release();

 private:
  friend class TableSlot;
  struct Held {
    TableSlot* slot;
    std::shared_ptr<const RoutingTable> table;
    uint32_t pins = 0;  // the slot's own included, while it is the current one
  };
  explicit TablePin(Held* held) : held_(held) { ++held_->pins; }

  Held* held_ = nullptr;
};

class TableSlot {
 public:
  using Retire = std::function<void(std::shared_ptr<const RoutingTable>)>;

  // `retire` gets each table that this thread is done with: freeing a large one takes time, which
  // is not to be a worker's.
  explicit TableSlot(Retire retire) : retire_(std::move(retire)) {}

  void swap(std::shared_ptr<const RoutingTable> table) {
    current_ = TablePin(new TablePin::Held{this, std::move(table)});
  }
  // Empty before the first swap().
  TablePin pin() const { return current_ ? TablePin(current_.held_) : TablePin(); }

 private:
  friend class TablePin;
  Retire retire_;
  TablePin current_;
};

inline void TablePin::release() {
  Held* held = std::exchange(held_, nullptr);
  if (held == nullptr || --held->pins != 0) return;
  held->slot->retire_(std::move(held->table));
  delete held;
}

}  // namespace limpet
