#include "core/snapshot/wire.h"

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

}  // namespace limpet
