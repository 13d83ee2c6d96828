#include "server/watcher.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "server/history.h"

namespace limpet {

using Event = v1::WatchResponse::Event;

absl::StatusOr<WatchFilter> WatchFilter::parse(const v1::WatchRequest& request) {
  if (!request.kind().empty() && !is_user_kind(request.kind())) {
    return absl::InvalidArgumentError(str_cat("unknown kind ", request.kind()));
  }
  absl::StatusOr<LabelSelector> selector = LabelSelector::parse(request.label_selector());
  if (!selector.ok()) return selector.status();
  return WatchFilter{request.kind(), request.namespace_(), *std::move(selector)};
}

bool WatchFilter::has(const EntryKey& key) const {
  return is_user_kind(key.kind) && (kind.empty() || key.kind == kind) &&
         (ns.empty() || key.ns == ns);
}

bool Watcher::is_selected(const EntryPtr& entry) const {
  if (entry == nullptr) return false;
  if (filter_.selector.empty()) return true;
  const absl::StatusOr<v1::Resource> resource = resource_of(*entry);
  return resource.ok() && filter_.selector.selects(metadata_of(*object_of(*resource)).labels());
}

void Watcher::step_to(Snapshot next) {
  const Delta way = Snapshot::diff(told_, next);
  changes_.clear();
  for (const EntryPtr& entry : way.upserts) {
    if (!filter_.has(entry->key)) continue;
    if (is_selected(entry)) {
      changes_.push_back({Event::UPSERTED, entry});
    } else if (const EntryPtr before = told_.find(entry->key); is_selected(before)) {
      // To the watcher, what is not selected any more is gone.
      changes_.push_back({Event::DELETED, before});
    }
  }
  for (const EntryKey& key : way.removed) {
    if (!filter_.has(key)) continue;
    if (const EntryPtr before = told_.find(key); is_selected(before)) {
      changes_.push_back({Event::DELETED, before});
    }
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
