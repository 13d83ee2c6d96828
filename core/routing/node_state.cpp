#include "core/routing/node_state.h"

#include <set>

#include "core/resource/secret.h"

namespace limpet {

void NodeState::advance_to(const Snapshot& whole) {
  const Delta delta = Snapshot::diff(whole_, whole);
  Delta sealed;
  std::set<EntryKey> touched;
  for (const EntryKey& key : delta.removed) {
    if (!is_sent_by_need(key.kind)) continue;
    sealed.removed.push_back(key);
    touched.insert(key);
  }
  for (const EntryPtr& entry : delta.upserts) {
    if (!is_sent_by_need(entry->key.kind)) continue;
    sealed.upserts.push_back(entry);
    touched.insert(entry->key);
  }
  needs_.advance(delta, whole, touched);

  const Delta opened =
      needs_.changes(touched, whole, opened_, [this](const EntryPtr& entry, SecretItems items) {
        const bool is_secret = entry->key.kind == kSecretKind;
        return is_secret ? open_(*entry, items) : secret_entry_with(entry, items);
      });
  const StateId& id = whole.id();
  sealed_ = sealed_.apply(sealed, id.epoch, id.revision);
  opened_ = opened_.apply(opened, id.epoch, id.revision);
  state_ = whole.exchange(kSentByNeed, sealed_, opened_);
  whole_ = whole;
}

}  // namespace limpet
