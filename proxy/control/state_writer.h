// Keeps the last-known-good file up to date, on a thread of its own: a slow disk holds up neither
// acknowledgements nor heartbeats.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include <absl/status/status.h>

#include "proxy/control/state_file.h"
#include "proxy/control/sync_state.h"

namespace limpet {

// Threading: keep() from one thread; `written` is called on the writer's own.
class StateWriter {
 public:
  // Updates that wait for the disk. Beyond it the newest alone is kept, to be written whole.
  static constexpr size_t kMaxPending = 32;
  // What a delta of as many entries took on its way here (its messages, what the compile needed for
  // a while, and the record) goes back to the system once it is written, as after a whole state.
  // Here, because this thread is the last that a delta comes to, and nobody waits for it.
  static constexpr size_t kLargeDelta = 10'000;

  // What came of a write, and of which state it was.
  using Written = std::function<void(const absl::Status&, const StateId&)>;

  // `written` is called after each write.
  StateWriter(StateFile file, Written written);
  // Writes what is pending.
  ~StateWriter();
  StateWriter(const StateWriter&) = delete;
  StateWriter& operator=(const StateWriter&) = delete;

  // Requires: the update goes on from the one kept before, or is full.
  void keep(std::shared_ptr<const SyncState::Update> update);
  // Writes the newest state once more, whole, if the last write of it failed and nothing is
  // pending.
  void retry();

 private:
  struct Pending {
    std::shared_ptr<const SyncState::Update> update;
    bool whole = false;  // what lies between it and the file was dropped
  };

  void run();
  // Returns whether it was large: see kLargeDelta.
  bool write(const Pending& next);

  StateFile file_;
  const Written written_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Pending> pending_;  // guarded by mutex_
  // Guarded by mutex_; null: the last write went well.
  std::shared_ptr<const SyncState::Update> failed_;
  bool ending_ = false;          // guarded by mutex_
  std::thread thread_;
};

}  // namespace limpet
