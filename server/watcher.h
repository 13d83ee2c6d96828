// What one watcher has been told of users' objects, and what it is told next. Knows no gRPC and
// has no queue: it holds the state that it has told, and steps from there to the one after.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/snapshot/snapshot.h"
#include "limpet/v1/management.pb.h"

namespace limpet {

// A message's events end with the one that brings them beyond this.
inline constexpr size_t kMaxWatchBytes = 1024 * 1024;

// Not thread-safe.
class Watcher {
 public:
  // Everything up to `told` is known to the watcher. `kind` and `ns`: empty for all.
  Watcher(std::string kind, std::string ns, Snapshot told)
      : kind_(std::move(kind)), ns_(std::move(ns)), told_(std::move(told)) {}

  // The revision that is told, or being told.
  uint64_t revision() const { return told_.id().revision; }
  const Snapshot& state() const { return told_; }

  // Begins to tell what differs in `next`. Requires: nothing is being told, and `next` is newer.
  void step_to(Snapshot next);

  // There is a message to send.
  bool telling() const { return telling_; }
  // The next one. The last of a step carries the bookmark. Requires: telling().
  v1::WatchResponse next_message();

 private:
  struct Change {
    v1::WatchResponse::Event::Type type;
    EntryPtr entry;
  };

  bool is_watched(const EntryKey& key) const;

  const std::string kind_;
  const std::string ns_;
  Snapshot told_;
  bool telling_ = false;
  std::vector<Change> changes_;  // of the step, ordered by key
  size_t next_change_ = 0;
};

}  // namespace limpet
