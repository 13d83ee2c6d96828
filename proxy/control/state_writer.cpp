#include "proxy/control/state_writer.h"

#include <utility>

#include "runtime/memory.h"

namespace limpet {

StateWriter::StateWriter(StateFile file, Written written)
    : file_(std::move(file)), written_(std::move(written)), thread_([this] { run(); }) {}

StateWriter::~StateWriter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void StateWriter::keep(std::shared_ptr<const SyncState::Update> update) {
  {
    const std::lock_guard lock(mutex_);
    const bool overflow = pending_.size() >= kMaxPending;
    if (overflow) pending_.clear();
    pending_.push_back({std::move(update), overflow});
  }
  changed_.notify_one();
}

void StateWriter::retry() {
  {
    const std::lock_guard lock(mutex_);
    if (failed_ == nullptr || !pending_.empty()) return;
    pending_.push_back({std::exchange(failed_, nullptr), true});
  }
  changed_.notify_one();
}

bool StateWriter::write(const Pending& next) {
  const SyncState::Update& update = *next.update;
  const absl::Status status = file_.append(update.delta, update.full || next.whole, update.next);
  {
    const std::lock_guard lock(mutex_);
    failed_ = status.ok() ? nullptr : next.update;
  }
  written_(status, update.next.id());
  return status.ok() && (file_.is_whole() || update.delta.upserts.size() >= kLargeDelta);
}

void StateWriter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !pending_.empty(); });
    if (pending_.empty()) return;
    Pending next = std::move(pending_.front());
    pending_.pop_front();
    failed_.reset();  // the file is to hold this one: a retry of an older one would take it back
    lock.unlock();
    const bool large = write(next);
    next.update.reset();
    if (large) release_freed_memory();
    lock.lock();
  }
}

}  // namespace limpet
