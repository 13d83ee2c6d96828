// What a request would make of the state: pure functions from a snapshot and a request to the
// batch that a commit would store.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/validate/validate.h"
#include "limpet/v1/management.pb.h"
#include "server/context.h"
#include "server/slice_index.h"
#include "storage/store.h"

namespace limpet {

// An object's stored bytes are at most this, so that it fits into one message of the node stream.
inline constexpr size_t kMaxObjectBytes = 1024 * 1024 - 8 * 1024;
// Objects in one request.
inline constexpr size_t kMaxRequestObjects = 200'000;

struct Plan {
  // Not empty: the request is refused as a whole, and the rest is empty. Fields begin with the
  // place in the request: "resources[3].spec.rules[0]".
  std::vector<Violation> violations;
  // Of the snapshot's revision + 1. Empty: the request changes nothing.
  Batch batch;
  std::vector<v1::ObjectResult> results;  // one per object of the request, in its order
};

// The key that a request means: in the default namespace where it names none and the kind has
// one. INVALID_ARGUMENT for a kind that users do not write, or no name.
absl::StatusOr<EntryKey> resolve_key(const v1::EntryKey& key);

// Requires, of all three: `index` is that of `before`.

// Creates or changes the objects. Metadata that the server owns is dropped from the request and
// filled in: namespace, uid, generation (+1 when more than the metadata changes),
// creationTimestamp.
Plan plan_apply(const Snapshot& before, const SliceIndex& index,
                std::span<const v1::Resource> resources, const ChangeContext& context);

// NOT_FOUND names every object that is missing, unless that is to be ignored.
absl::StatusOr<Plan> plan_delete(const Snapshot& before, const SliceIndex& index,
                                 std::span<const v1::EntryKey> keys, bool ignore_not_found,
                                 const ChangeContext& context);

// The state that a new database begins with: the first key of the ring. Empty once there is one.
Plan plan_first_state(const Snapshot& before, const ChangeContext& context);

}  // namespace limpet
