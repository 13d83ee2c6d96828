// Endpoints that an operator wants to be left: EndpointState.drain (proto/limpet/v1/state.proto),
// planned as pure functions.
//
// A drain is a part of the endpoint's state, and ends with it: an endpoint that is no longer listed
// and comes back is not drained. Its uid, by which sessions know it, is never touched.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "core/snapshot/snapshot.h"
#include "limpet/v1/sessions.pb.h"
#include "limpet/v1/state.pb.h"
#include "server/apply.h"
#include "server/slice_index.h"

namespace limpet {

// The Service that is meant.
ServiceName service_of(const v1::DrainRequest& request);
// What is drained, for the history: "endpoints e1, e2 of server/pipy".
std::string describe_drain(const v1::DrainRequest& request);

// Drains endpoints, or ends that; one that is drained already keeps the time from which on it is,
// and takes the new deadline. Results name the EndpointStates, in the order of the request.
// NOT_FOUND: the Service, or an endpoint. Requires: `index` is that of `before`.
absl::StatusOr<Plan> plan_drain(const Snapshot& before, const SliceIndex& index,
                                const v1::DrainRequest& request, const ChangeContext& context);

// Ends the time of those of these EndpointStates whose deadline has passed, and leaves the others.
Plan plan_drains_over(const Snapshot& before, std::span<const EntryKey> states,
                      int64_t now_unix_ms);
// For the audit: "server/pipy e1, server/pipy e2".
std::string describe_drains_over(std::span<const EntryKey> states);

// A plan's results as the answer has them.
void tell_results(const std::vector<v1::ObjectResult>& results, v1::DrainResponse& response);

// The drain of an EndpointState entry; nothing: it is not drained.
std::optional<v1::EndpointDrain> drain_of(const Entry& state);

}  // namespace limpet
