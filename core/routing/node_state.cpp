#include "core/routing/node_state.h"

#include <set>

#include "core/resource/secret.h"

namespace limpet {

void NodeState::advance_to(const Snapshot& whole) {
  const Delta delta = Snapshot::diff(whole_, whole);
  Delta sealed;
  std::set<EntryKey> touched;
  for (const EntryKey& key : delta.removed) {
    if (key.kind != kSecretKind) continue;
    sealed.removed.push_back(key);
    touched.insert(key);
  }
  for (const EntryPtr& entry : delta.upserts) {
    if (entry->key.kind != kSecretKind) continue;
    sealed.upserts.push_back(entry);
    touched.insert(entry->key);
  }
  needs_.advance(delta, whole, touched);

  const Delta opened = needs_.changes(
      touched, whole, opened_,
      [this](const EntryPtr& entry, SecretItems items) { return open_(*entry, items); });
  const StateId& id = whole.id();
  sealed_ = sealed_.apply(sealed, id.epoch, id.revision);
  opened_ = opened_.apply(opened, id.epoch, id.revision);
  state_ = whole.exchange(kSecretKind, sealed_, opened_);
  whole_ = whole;
}

}  // namespace limpet
