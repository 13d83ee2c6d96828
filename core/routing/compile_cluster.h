// A Service port, its EndpointSlices and its session policy, compiled into one cluster.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/routing/compile_policy.h"
#include "core/routing/routing_table.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// Of a Service port's appProtocol: HTTP/2 without TLS (Kubernetes KEP-3726), which is not spoken.
inline constexpr std::string_view kHttp2Protocol = "kubernetes.io/h2c";

// "server/pipy:8080"
std::string cluster_name(std::string_view ns, std::string_view service, int port);

// HTTP is served over TCP: a port for UDP may have the number of another, and makes no cluster.
inline bool is_tcp(const v1::ServicePort& port) {
  return port.protocol().empty() || port.protocol() == "TCP";
}

// Cluster::id of a Service port: the identity of a backendRef in session tokens.
uint64_t cluster_id(std::string_view ns, std::string_view service, int port);

// The scope of sessions that belong to a Service port, wherever it is routed from.
uint64_t service_scope(std::string_view ns, std::string_view service, int port);

// `slices` and `policies` are those of the Service. Endpoint uids come from the snapshot's
// EndpointState entries. `previous`, the same cluster in the table before, lends its counter; null
// if there was none.
std::shared_ptr<const RoutingCluster> compile_cluster(
    const Snapshot& snapshot, const v1::Service& service, const v1::ServicePort& port,
    std::span<const v1::EndpointSlice> slices, const ServicePolicies& policies,
    const RoutingCluster* previous);

}  // namespace limpet
