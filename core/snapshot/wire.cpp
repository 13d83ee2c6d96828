#include "core/snapshot/wire.h"

#include <utility>

#include "core/base/byte_patch.h"

namespace limpet {

v1::StateId to_proto(const StateId& id) {
  v1::StateId message;
  message.set_epoch(id.epoch.value());
  message.set_revision(id.revision);
  message.set_digest(id.digest.to_bytes());
  return message;
}

std::optional<StateId> from_proto(const v1::StateId& id) {
  if (id.revision() == 0) return StateId();
  const std::optional<Digest> digest = Digest::from_bytes(id.digest());
  if (!digest) return std::nullopt;
  return StateId{Epoch(id.epoch()), id.revision(), *digest};
}

v1::EntryKey to_proto(const EntryKey& key) {
  v1::EntryKey message;
  message.set_kind(key.kind);
  message.set_namespace_(key.ns);
  message.set_name(key.name);
  return message;
}

EntryKey from_proto(const v1::EntryKey& key) {
  return EntryKey{key.kind(), key.namespace_(), key.name()};
}

v1::Entry encode_entry(const Entry& entry, const Entry* before) {
  // A patch of less is not worth its making.
  constexpr size_t kMinPatched = 512;
  v1::Entry message;
  *message.mutable_key() = to_proto(entry.key);
  message.set_revision(entry.revision);
  if (before != nullptr && entry.bytes.size() >= kMinPatched) {
    std::vector<PatchStep> patch = make_patch(before->bytes, entry.bytes);
    if (wire_size(patch) < entry.bytes.size() / 2) {
      for (PatchStep& step : patch) {
        v1::Entry::PatchStep& added = *message.add_patch();
        added.set_offset(step.offset);
        added.set_size(step.size);
        added.set_insert(std::move(step.insert));
      }
      return message;
    }
  }
  message.set_object(entry.bytes);
  return message;
}

EntryPtr decode_entry(const v1::Entry& message, const Snapshot& base) {
  auto entry = std::make_shared<Entry>();
  entry->key = from_proto(message.key());
  entry->revision = message.revision();
  if (message.patch().empty()) {
    entry->bytes = message.object();
    return entry;
  }
  const EntryPtr before = base.find(entry->key);
  if (before == nullptr) return nullptr;
  std::vector<PatchStep> patch;
  for (const v1::Entry::PatchStep& step : message.patch()) {
    patch.push_back({step.offset(), step.size(), step.insert()});
  }
  std::optional<std::string> bytes = apply_patch(before->bytes, patch, kMaxEntryBytes);
  if (!bytes) return nullptr;
  entry->bytes = *std::move(bytes);
  return entry;
}

}  // namespace limpet
