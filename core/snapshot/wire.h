// The state's names in the API's messages, and back.
#pragma once

#include <optional>

#include "core/resource/object.h"
#include "core/snapshot/state_id.h"
#include "limpet/v1/discovery.pb.h"

namespace limpet {

v1::StateId to_proto(const StateId& id);

// Absent or of revision 0 is the empty state. Nothing when the digest is not one.
std::optional<StateId> from_proto(const v1::StateId& id);

v1::EntryKey to_proto(const EntryKey& key);
EntryKey from_proto(const v1::EntryKey& key);

}  // namespace limpet
