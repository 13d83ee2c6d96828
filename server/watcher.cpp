#include "server/watcher.h"

#include <algorithm>
#include <utility>

#include "core/resource/kind.h"
#include "server/history.h"

namespace limpet {

using Event = v1::WatchResponse::Event;

bool Watcher::is_watched(const EntryKey& key) const {
  return is_user_kind(key.kind) && (kind_.empty() || key.kind == kind_) &&
         (ns_.empty() || key.ns == ns_);
}

void Watcher::step_to(Snapshot next) {
  const Delta way = Snapshot::diff(told_, next);
  changes_.clear();
  for (const EntryPtr& entry : way.upserts) {
    if (is_watched(entry->key)) changes_.push_back({Event::UPSERTED, entry});
  }
  for (const EntryKey& key : way.removed) {
    if (is_watched(key)) changes_.push_back({Event::DELETED, told_.find(key)});
  }
  std::sort(changes_.begin(), changes_.end(), [](const auto& a, const auto& b) {
    return a.entry->key < b.entry->key;
  });
  told_ = std::move(next);
  telling_ = true;
  next_change_ = 0;
}

v1::WatchResponse Watcher::next_message() {
  v1::WatchResponse message;
  size_t bytes = 0;
  for (; next_change_ < changes_.size() && bytes < kMaxWatchBytes; ++next_change_) {
    const auto& [type, entry] = changes_[next_change_];
    absl::StatusOr<v1::Resource> resource = resource_of(*entry);
    // What is stored was made by serialising an object of its kind.
    if (!resource.ok()) continue;
    bytes += entry->bytes.size();
    Event& event = *message.add_events();
    event.set_type(type);
    *event.mutable_resource() = *std::move(resource);
  }
  if (next_change_ < changes_.size()) return message;
  message.set_bookmark(revision());
  telling_ = false;
  changes_.clear();
  return message;
}

}  // namespace limpet
