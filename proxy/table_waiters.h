// Requests of sessions that a newer state has decided for than the worker's table is of: they wait
// for the next table, for a short while (docs/sticky-sessions.md).
//
// Where that was in vain, none waits for some time: a node that is cut off from the server would
// make each of these requests late. Not thread-safe: one per worker.
#pragma once

#include <cstdint>

#include <absl/container/flat_hash_set.h>

#include "proxy/limits.h"
#include "proxy/net/reactor.h"

namespace limpet {

class TableWaiters {
 public:
  explicit TableWaiters(Reactor& reactor) : reactor_(reactor) {}

  bool may_wait() const { return reactor_.now_ms() >= in_vain_until_ms_; }

  // The handler has a turn when a table has come, or at the time, if it is still contained then.
  void add(EventHandler* handler, int64_t until_ms) {
    waiting_.insert(handler);
    reactor_.wake_at(handler, until_ms);
  }
  bool contains(EventHandler* handler) const { return waiting_.contains(handler); }
  void remove(EventHandler* handler) { waiting_.erase(handler); }
  // Its time has passed.
  void give_up(EventHandler* handler) {
    remove(handler);
    in_vain_until_ms_ = reactor_.now_ms() + limits::kNoWaitForTableMs;
  }

  void on_table() {
    in_vain_until_ms_ = 0;
    for (EventHandler* handler : waiting_) reactor_.schedule(handler);
    waiting_.clear();
  }

 private:
  Reactor& reactor_;
  absl::flat_hash_set<EventHandler*> waiting_;
  int64_t in_vain_until_ms_ = 0;
};

}  // namespace limpet
