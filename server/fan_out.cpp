#include "server/fan_out.h"

#include <algorithm>
#include <utility>

#include "core/resource/kind.h"

namespace limpet {

bool only_endpoints_differ(const Snapshot& from, const Snapshot& to) {
  const Delta way = Snapshot::diff(from, to);
  return std::all_of(way.upserts.begin(), way.upserts.end(),
                     [](const EntryPtr& entry) { return is_endpoint_kind(entry->key.kind); }) &&
         std::all_of(way.removed.begin(), way.removed.end(),
                     [](const EntryKey& key) { return is_endpoint_kind(key.kind); });
}

FanOut::FanOut(Publisher& publisher, std::function<void()> tell) : tell_(std::move(tell)) {
  pending_->seen = publisher.head();
  subscription_ = publisher.published().subscribe(
      [pending = pending_, &publisher] { on_published(*pending, publisher); });
  thread_ = std::thread([this] { run(); });
}

void FanOut::stop() {
  subscription_ = {};
  {
    const std::lock_guard lock(pending_->mutex);
    pending_->stopping = true;
  }
  pending_->wake.notify_one();
  if (thread_.joinable()) thread_.join();
}

void FanOut::on_published(Pending& pending, const Publisher& publisher) {
  Snapshot head = publisher.head();
  {
    const std::lock_guard lock(pending.mutex);
    const bool urgent = only_endpoints_differ(pending.seen, head);
    pending.pace.on_change(std::chrono::steady_clock::now(), urgent);
    std::swap(pending.seen, head);
  }
  pending.wake.notify_one();
}

void FanOut::run() {
  std::unique_lock lock(pending_->mutex);
  while (!pending_->stopping) {
    const std::optional<Pace::Time> due = pending_->pace.due();
    if (!due) {
      pending_->wake.wait(lock);
      continue;
    }
    if (std::chrono::steady_clock::now() < *due) {
      pending_->wake.wait_until(lock, *due);
      continue;
    }
    // Changes from now on are of the next round, though this one may tell them already.
    const Pace::Time began = std::chrono::steady_clock::now();
    pending_->pace.on_round_begins();
    lock.unlock();
    tell_();
    lock.lock();
    pending_->pace.on_round_ends(began, std::chrono::steady_clock::now());
  }
}

}  // namespace limpet
