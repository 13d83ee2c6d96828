// Which endpoint a session is bound to: what makes two listings of an endpoint the same endpoint.
//
// One with a name (targetRef.name, else hostname) is that name within its Service, whatever its
// address, as a StatefulSet's pod is; one without is its first address and port, for as long as it
// stays listed. The name of its EndpointState says which ("SERVICE/name:pipy-0",
// "SERVICE/addr:10.0.0.7:8080").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "limpet/v1/resource.pb.h"

namespace limpet {

// The Service of the slice's namespace that it belongs to; empty when it names none.
std::string_view service_of(const v1::EndpointSlice& slice);

// "" for an unnamed endpoint.
std::string_view endpoint_name(const v1::Endpoint& endpoint);

// The name of the EndpointState of the endpoint at one port of its slice. The ports of a named
// endpoint share one. "" for an endpoint that has neither a name nor an address.
std::string endpoint_state_name(std::string_view service, const v1::Endpoint& endpoint, int port);

// The uid of a named endpoint: the same for the same name of the same Service, for ever.
uint64_t named_endpoint_uid(std::string_view ns, std::string_view service, std::string_view name);

}  // namespace limpet
