// The state's names in the API's messages, and back.
#pragma once

#include <optional>

#include "core/resource/object.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/discovery.pb.h"

namespace limpet {

v1::StateId to_proto(const StateId& id);

// Absent or of revision 0 is the empty state. Nothing when the digest is not one.
std::optional<StateId> from_proto(const v1::StateId& id);

v1::EntryKey to_proto(const EntryKey& key);
EntryKey from_proto(const v1::EntryKey& key);

// No entry is larger, whatever a patch says.
inline constexpr size_t kMaxEntryBytes = 16 * 1024 * 1024;

// `before`: the entry of that key in the state that the receiver holds, or null. The entry is sent
// as a patch of it where that is much less.
v1::Entry encode_entry(const Entry& entry, const Entry* before);

// `base`: the state that the sender's `before` is of. Null when a patch does not fit it.
EntryPtr decode_entry(const v1::Entry& message, const Snapshot& base);

}  // namespace limpet
