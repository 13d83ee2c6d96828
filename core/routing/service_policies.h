// The policies of a Service or of a route, as the state has them.
#pragma once

#include <string>
#include <vector>

#include "core/routing/compile_error.h"
#include "core/routing/compile_index.h"
#include "core/routing/compile_policy.h"
#include "core/snapshot/snapshot.h"

namespace limpet {

// Of the Service "namespace/name". Adds to `errors` for those that cannot be read. Requires: the
// index is the snapshot's.
ServicePolicies policies_of(const Snapshot& snapshot, const CompileIndex& index,
                            const std::string& service, std::vector<CompileError>& errors);

// Of the HTTPRoute, likewise; the oldest first.
std::vector<v1::RateLimitPolicy> rate_limits_of(const Snapshot& snapshot,
                                                const CompileIndex& index,
                                                const std::string& route,
                                                std::vector<CompileError>& errors);

}  // namespace limpet
