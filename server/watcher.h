// What one watcher has been told of users' objects, and what it is told next. Knows no gRPC and
// has no queue: it holds the state that it has told, and steps from there to the one after.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "core/resource/label_selector.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/management.pb.h"

namespace limpet {

// A message's events end with the one that brings them beyond this.
inline constexpr size_t kMaxWatchBytes = 1024 * 1024;

// Which of users' objects are watched. Empty: all.
struct WatchFilter {
  std::string kind;
  std::string ns;
  LabelSelector selector;

  // INVALID_ARGUMENT: a kind that users do not write, or a selector that cannot be read.
  static absl::StatusOr<WatchFilter> parse(const v1::WatchRequest& request);

  bool has(const EntryKey& key) const;
};

// Not thread-safe.
class Watcher {
 public:
  // Everything up to `told` is known to the watcher.
  Watcher(WatchFilter filter, Snapshot told) : filter_(std::move(filter)), told_(std::move(told)) {}

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

  // Whether there is an object, and the selector selects it.
  bool is_selected(const EntryPtr& entry) const;

  const WatchFilter filter_;
  Snapshot told_;
  bool telling_ = false;
  std::vector<Change> changes_;  // of the step, ordered by key
  size_t next_change_ = 0;
};

}  // namespace limpet
