#include "proxy/upstream/ejections.h"

#include <algorithm>

namespace limpet {

void Ejections::note_failure(const SocketAddress& address, Failure failure, int64_t now_ms) {
  auto found = entries_.find(address);
  if (found == entries_.end()) {
    if (entries_.size() >= kMaxAddresses) return;
    found = entries_.try_emplace(address).first;
  }
  Entry& entry = found->second;
  // Those that were on their way when it was ejected say nothing new.
  if (entry.length_ms != 0 && !entry.on_trial) return;
  entry.until_ms = now_ms;
  entry.failure = failure;
  if (failure == Failure::kBroken && ++entry.broken < kMaxBroken && entry.length_ms == 0) return;
  entry.on_trial = false;
  const bool costly = failure != Failure::kRefused && entry.length_ms != 0;
  entry.length_ms = costly ? std::min(2 * entry.length_ms, kLongestMs) : kFirstMs;
  entry.until_ms = now_ms + entry.length_ms;
}

Ejections::Verdict Ejections::look_up(const SocketAddress& address, int64_t now_ms) {
  const auto found = entries_.find(address);
  if (found == entries_.end()) return Verdict::kUse;
  Entry& entry = found->second;
  if (entry.length_ms == 0) return Verdict::kUse;
  if (now_ms >= entry.until_ms) {
    // Others wait for what comes of this one.
    entry.on_trial = true;
    entry.until_ms = now_ms + entry.length_ms;
    return Verdict::kUse;
  }
  return entry.failure == Failure::kTimedOut ? Verdict::kAvoid : Verdict::kPassOver;
}

void Ejections::sweep(int64_t now_ms) {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (now_ms - entry->second.until_ms > kLongestMs) {
      entries_.erase(entry++);
    } else {
      ++entry;
    }
  }
}

}  // namespace limpet
