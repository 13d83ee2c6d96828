#include "core/snapshot/snapshot.h"

#include <utility>

namespace limpet {

size_t Snapshot::size() const {
  size_t size = 0;
  for (const auto& [kind, entries] : kinds_) size += entries.size();
  return size;
}

size_t Snapshot::size(std::string_view kind) const {
  const auto found = kinds_.find(kind);
  return found == kinds_.end() ? 0 : found->second.size();
}

EntryPtr Snapshot::find(const EntryKey& key) const {
  const auto kind = kinds_.find(key.kind);
  if (kind == kinds_.end()) return nullptr;
  const EntryPtr* entry = kind->second.find(ObjectName{key.ns, key.name});
  return entry == nullptr ? nullptr : *entry;
}

void Snapshot::for_each(std::string_view kind,
                        const std::function<void(const EntryPtr&)>& visit) const {
  const auto found = kinds_.find(kind);
  if (found == kinds_.end()) return;
  found->second.for_each([&](const ObjectName&, const EntryPtr& entry) { visit(entry); });
}

void Snapshot::for_each(const std::function<void(const EntryPtr&)>& visit) const {
  for (const auto& [kind, entries] : kinds_) {
    entries.for_each([&](const ObjectName&, const EntryPtr& entry) { visit(entry); });
  }
}

Snapshot Snapshot::apply(const Delta& delta, Epoch epoch, uint64_t revision) const {
  Snapshot next = *this;
  next.id_.epoch = epoch;
  next.id_.revision = revision;
  for (const EntryKey& key : delta.removed) {
    const EntryPtr before = next.find(key);
    if (before == nullptr) continue;
    next.id_.digest -= Digest::of(*before);
    Entries& entries = next.kinds_.find(key.kind)->second;
    entries = entries.erase(ObjectName{key.ns, key.name});
    if (entries.empty()) next.kinds_.erase(key.kind);
  }
  for (const EntryPtr& entry : delta.upserts) {
    if (const EntryPtr before = next.find(entry->key)) next.id_.digest -= Digest::of(*before);
    next.id_.digest += Digest::of(*entry);
    Entries& entries = next.kinds_[entry->key.kind];
    entries = std::move(entries).set(entry);
  }
  return next;
}

Snapshot Snapshot::exchange(std::span<const std::string_view> kinds, const Snapshot& own,
                            const Snapshot& others) const {
  Snapshot next = *this;
  next.id_.digest -= own.id_.digest;
  next.id_.digest += others.id_.digest;
  for (const std::string_view kind : kinds) {
    const auto found = others.kinds_.find(kind);
    if (found == others.kinds_.end()) {
      if (const auto old = next.kinds_.find(kind); old != next.kinds_.end()) next.kinds_.erase(old);
    } else {
      next.kinds_.insert_or_assign(std::string(kind), found->second);
    }
  }
  return next;
}

Delta Snapshot::diff(const Snapshot& from, const Snapshot& to) {
  Delta delta;
  const auto collect = [&](const ObjectName&, const EntryPtr* before, const EntryPtr* after) {
    if (after == nullptr) {
      delta.removed.push_back((*before)->key);
    } else if (before == nullptr || (*before)->bytes != (*after)->bytes) {
      delta.upserts.push_back(*after);
    }
  };
  static const Entries kNone;
  for (const auto& [kind, entries] : from.kinds_) {
    const auto other = to.kinds_.find(kind);
    Entries::diff(entries, other == to.kinds_.end() ? kNone : other->second, collect);
  }
  for (const auto& [kind, entries] : to.kinds_) {
    if (from.kinds_.find(kind) == from.kinds_.end()) Entries::diff(kNone, entries, collect);
  }
  return delta;
}

}  // namespace limpet
