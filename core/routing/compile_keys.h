// The keys of session tokens, as the state has them.
#pragma once

#include <vector>

#include "core/routing/compile_error.h"
#include "core/snapshot/snapshot.h"
#include "core/sticky/key_ring.h"

namespace limpet {

// Ordered by id. Adds to `errors` for those that are no keys.
KeyRing compile_keys(const Snapshot& snapshot, std::vector<CompileError>& errors);

}  // namespace limpet
