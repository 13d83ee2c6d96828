// Gives each endpoint its uid: EndpointState entries follow the EndpointSlices, in the revision of
// the slices' own change.
//
// Invariant: a Service has an EndpointState for each endpoint that any of its slices lists, and no
// other. A named endpoint's uid is a function of its name; an unnamed one's is drawn when its
// address comes to be listed by any slice of the Service, so it outlives a move between slices
// within one change, and nothing else.
#pragma once

#include "server/context.h"
#include "server/slice_index.h"
#include "storage/store.h"

namespace limpet {

// Adds to the batch what its EndpointSlices entail. Requires: `index` is that of `before`. Costs
// in proportion to the slices of the Services that the batch touches.
void derive_endpoint_states(const Snapshot& before, const SliceIndex& index, uint64_t revision,
                            const ChangeContext& context, Batch& batch);

}  // namespace limpet
