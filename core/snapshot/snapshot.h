// A consistent cut of the ordered state: all entries at one revision. Immutable; a change makes a
// new one that shares what did not change.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/persistent_map.h"
#include "core/base/text.h"
#include "core/resource/object.h"
#include "core/snapshot/state_id.h"

namespace limpet {

struct Entry {
  EntryKey key;
  uint64_t revision = 0;  // of its last change
  std::string bytes;      // the kind's message, as stored
};
using EntryPtr = std::shared_ptr<const Entry>;

// The way from one snapshot to another. No key occurs twice.
struct Delta {
  std::vector<EntryPtr> upserts;
  std::vector<EntryKey> removed;

  bool empty() const { return upserts.empty() && removed.empty(); }
};

// Thread safety: const objects may be read, copied and dropped from any thread.
class Snapshot {
 public:
  Snapshot() = default;

  const StateId& id() const { return id_; }
  size_t size() const;
  size_t size(std::string_view kind) const;

  // Null when there is none.
  EntryPtr find(const EntryKey& key) const;
  // Every entry of a kind, in no order that means anything.
  void for_each(std::string_view kind, const std::function<void(const EntryPtr&)>& visit) const;
  void for_each(const std::function<void(const EntryPtr&)>& visit) const;

  // The snapshot after the delta; its digest is kept up from this one's. Removing what is not
  // there changes nothing.
  Snapshot apply(const Delta& delta, Epoch epoch, uint64_t revision) const;

  // The state with the entries of `others` in place of its own of these kinds, and its digest; the
  // rest is shared. Requires: `own` has its entries of the kinds, and neither has any of other
  // kinds.
  Snapshot exchange(std::span<const std::string_view> kinds, const Snapshot& own,
                    const Snapshot& others) const;

  // In proportion to what differs when `to` was made from `from` or both from a common one.
  // Entries with equal bytes are not part of it, whatever their revisions.
  static Delta diff(const Snapshot& from, const Snapshot& to);

 private:
  // What tells entries of a kind apart.
  struct ObjectName {
    std::string_view ns;
    std::string_view name;

    friend bool operator==(const ObjectName&, const ObjectName&) = default;
    template <typename H>
    friend H AbslHashValue(H h, const ObjectName& key) {
      return H::combine(std::move(h), absl_view(key.ns), absl_view(key.name));
    }
  };
  struct NameOfEntry {
    static ObjectName of(const EntryPtr& entry) { return {entry->key.ns, entry->key.name}; }
  };
  using Entries = PersistentMap<ObjectName, EntryPtr, NameOfEntry>;

  StateId id_;
  std::map<std::string, Entries, std::less<>> kinds_;
};

}  // namespace limpet
