// Sessions that an operator ends: ServiceState entries (proto/limpet/v1/state.proto), planned as
// pure functions.
//
// An eviction names the state of its own commit. So a binding decided in any state before it is
// over, and one decided from that state on is not: not even by a node that gets the eviction late,
// as what that node binds until then is of an earlier state (core/sticky/evictions.h).
#pragma once

#include <cstddef>
#include <string>

#include <absl/status/statusor.h>

#include "core/snapshot/snapshot.h"
#include "limpet/v1/sessions.pb.h"
#include "limpet/v1/state.pb.h"
#include "server/apply.h"
#include "server/slice_index.h"

namespace limpet {

// Of single endpoints, in one Service.
inline constexpr int kMaxEndpointEvictions = 1000;

// The Service that is meant.
ServiceName service_of(const v1::EvictSessionsRequest& request);
// What is evicted, for the history: "sessions of endpoint e1 of server/pipy".
std::string describe_eviction(const v1::EvictSessionsRequest& request);

// Results name the EndpointStates of the endpoints, if the request has any. NOT_FOUND: the Service
// or the endpoint. FAILED_PRECONDITION: too many endpoints are evicted one by one. Requires:
// `index` is that of `before`.
absl::StatusOr<Plan> plan_evict(const Snapshot& before, const SliceIndex& index,
                                const v1::EvictSessionsRequest& request);

// A plan's results as the answer has them: "e1, e2"; empty: the whole Service.
void tell_results(const std::vector<v1::ObjectResult>& results,
                  v1::EvictSessionsResponse& response);

// What either has ended is over: of each eviction, the later one.
v1::ServiceState merge_evictions(const v1::ServiceState& one, const v1::ServiceState& other);

}  // namespace limpet
