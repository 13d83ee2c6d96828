// The endpoints of a Service by what people call them.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "core/snapshot/snapshot.h"
#include "server/slice_index.h"

namespace limpet {

struct ServiceEndpoint {
  EntryKey state;     // of its EndpointState
  uint64_t uid = 0;   // what sessions are bound to
  std::string name;   // "pipy-0"; "10.0.0.7:8080" of one without a name
  std::set<std::string> addresses = {};  // of all its listings, without ports
  std::set<std::string> places = {};     // these with ports: "10.0.0.7:8080", "[::1]:8080"
};

// Ordered by the names of their states. Requires: `index` is that of `state`.
std::vector<ServiceEndpoint> endpoints_of(const Snapshot& state, const SliceIndex& index,
                                          const ServiceName& service);

// Those of that name or, if none has it, at that address, with the port or without. NOT_FOUND names
// those that there are.
absl::StatusOr<std::vector<ServiceEndpoint>> find_endpoints(
    const std::vector<ServiceEndpoint>& endpoints, const ServiceName& service,
    std::string_view text);

// ServiceEndpoint::name by the name of its EndpointState ("pipy/name:pipy-0").
std::string_view endpoint_of_state(std::string_view state_name);

}  // namespace limpet
