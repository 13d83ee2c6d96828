// The endpoints of a Service as the head's table has them, with what the nodes find of each.
#pragma once

#include <vector>

#include <absl/status/statusor.h>

#include "limpet/v1/endpoints.pb.h"
#include "server/applier.h"
#include "server/health_findings.h"
#include "server/node_registry.h"
#include "server/publisher.h"
#include "server/service_endpoints.h"

namespace limpet {

// The Service that is meant.
ServiceName service_of(const v1::ListEndpointsRequest& request);

// `endpoints`: those of the Service, whose EndpointStates tell of drains and verdicts. NOT_FOUND:
// the Service. FAILED_PRECONDITION: the state cannot be served from.
absl::StatusOr<v1::ListEndpointsResponse> list_endpoints(
    const v1::ListEndpointsRequest& request, const Publisher::Compiled& head,
    const std::vector<ServiceEndpoint>& endpoints, const HealthFindings& findings);

// By what the server has. Waits for changes under way.
absl::StatusOr<v1::ListEndpointsResponse> list_endpoints(const v1::ListEndpointsRequest& request,
                                                         Applier& applier,
                                                         const Publisher& publisher,
                                                         const NodeRegistry& registry);

}  // namespace limpet
