#include "core/routing/compile_keys.h"

#include <algorithm>

#include "core/resource/kind.h"
#include "limpet/v1/state.pb.h"

namespace limpet {

KeyRing compile_keys(const Snapshot& snapshot, std::vector<CompileError>& errors) {
  KeyRing ring;
  snapshot.for_each(kStickyKeyKind, [&](const EntryPtr& entry) {
    v1::StickyKey key;
    RingKey ring_key;
    if (!key.ParseFromString(entry->bytes) || key.secret().size() != ring_key.secret.size()) {
      errors.push_back({entry->key, "secret", "must have 32 bytes"});
      return;
    }
    ring_key.id = key.id();
    std::copy(key.secret().begin(), key.secret().end(), ring_key.secret.begin());
    if (key.mints()) ring.minting_id = key.id();
    ring.keys.push_back(ring_key);
  });
  std::sort(ring.keys.begin(), ring.keys.end(),
            [](const RingKey& a, const RingKey& b) { return a.id < b.id; });
  return ring;
}

}  // namespace limpet
