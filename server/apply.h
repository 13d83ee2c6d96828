// What a request would make of the state: pure functions from a snapshot and a request to the
// batch that a commit would store.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/validate/validate.h"
#include "limpet/v1/management.pb.h"
#include "server/context.h"
#include "server/slice_index.h"
#include "storage/store.h"

namespace limpet {

class SecretKeys;

// Objects in one request, deletes among them.
inline constexpr size_t kMaxRequestObjects = 200'000;

struct Plan {
  // Not empty: the request is refused as a whole, and the rest is empty. Fields begin with the
  // place in the request: "resources[3].spec.rules[0]".
  std::vector<Violation> violations;
  // Of the snapshot's revision + 1. Empty: the request changes nothing.
  Batch batch;
  std::vector<v1::ObjectResult> results;  // as ApplyResponse has them
  // So many results, the first ones, are of the request's `resources`, in their order.
  size_t resources = 0;
};

// The key that a request means: in the default namespace where it names none and the kind has
// one. INVALID_ARGUMENT for a kind that users do not write, or no name.
absl::StatusOr<EntryKey> resolve_key(const v1::EntryKey& key);

// An object as it is to be stored, and what becomes of it by that.
struct Stored {
  StoredObject object;
  v1::ObjectResult::Outcome outcome;
};

// Requires: the resource is valid, and holds nothing that is server-owned. `old` is what is stored
// of it (null: nothing).
Stored make_stored(v1::Resource& resource, const EntryKey& key, const EntryPtr& old,
                   uint64_t revision, const ChangeContext& context);

// What an object's generation counts: all but its metadata and the version it was written in.
std::string content_of(const google::protobuf::Message& object);

v1::ObjectResult result_of(const EntryKey& key, v1::ObjectResult::Outcome outcome);

// Requires, of all of them: `index` is that of `before`.

// Creates, changes, deletes and prunes; slices that are generated from DNS are refused, and not
// pruned. Metadata that the server owns is dropped from the request
// and filled in: namespace, uid, generation (+1 when more than the metadata changes),
// creationTimestamp. Secrets are sealed, and refused without the keys. Pruning reads every object;
// all else costs in proportion to the request.
Plan plan_apply(const Snapshot& before, const SliceIndex& index, const v1::ApplyRequest& request,
                const ChangeContext& context, const SecretKeys* keys = nullptr);

// NOT_FOUND names every object that is missing, unless that is to be ignored.
absl::StatusOr<Plan> plan_delete(const Snapshot& before, const SliceIndex& index,
                                 const v1::DeleteRequest& request,
                                 const ChangeContext& context);

// Makes users' objects those of `target`, with their uid and creationTimestamp. Generations go on
// from where they are: +1 when more than the metadata changes. All that is not users' stays, slices
// that are generated from DNS among it. Values of Secrets come back sealed under the first of the
// keys; null: as they were sealed.
Plan plan_rollback(const Snapshot& before, const SliceIndex& index, const Snapshot& target,
                   const ChangeContext& context, const SecretKeys* keys = nullptr);

}  // namespace limpet
