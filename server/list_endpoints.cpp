#include "server/list_endpoints.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "core/base/text.h"
#include "core/routing/compile_cluster.h"
#include "core/snapshot/wire.h"
#include "limpet/v1/resource.pb.h"
#include "limpet/v1/state.pb.h"

namespace limpet {
namespace {

using Listed = v1::ListEndpointsResponse::Endpoint;
using States = std::map<uint64_t, v1::EndpointState>;  // by uid

States states_of(const Snapshot& state, const std::vector<ServiceEndpoint>& endpoints) {
  States states;
  for (const ServiceEndpoint& endpoint : endpoints) {
    const EntryPtr entry = state.find(endpoint.state);
    v1::EndpointState message;
    if (entry == nullptr || !message.ParseFromString(entry->bytes)) continue;
    states.emplace(message.uid(), std::move(message));
  }
  return states;
}

void tell_state(const v1::EndpointState& state, Listed& listed) {
  if (state.has_drain()) *listed.mutable_drain() = state.drain();
  for (const v1::EndpointDown& down : state.down()) {
    if (down.port() == listed.port()) *listed.mutable_down() = down;
  }
}

Listed listed_of(const Endpoint& endpoint, int port) {
  Listed listed;
  listed.set_name(endpoint.name);
  listed.set_uid(endpoint.uid);
  listed.set_port(port);
  for (const SocketAddress& address : endpoint.addresses) {
    listed.add_addresses(address.to_string());
  }
  listed.set_takes_new(endpoint.takes_new);
  listed.set_serves_sessions(endpoint.serves_sessions);
  return listed;
}

}  // namespace

ServiceName service_of(const v1::ListEndpointsRequest& request) {
  return {request.namespace_().empty() ? "default" : request.namespace_(), request.service()};
}

absl::StatusOr<v1::ListEndpointsResponse> list_endpoints(
    const v1::ListEndpointsRequest& request, const Publisher::Compiled& head,
    const std::vector<ServiceEndpoint>& endpoints, const HealthFindings& findings) {
  const auto [ns, name] = service_of(request);
  const EntryPtr entry = head.state.find({"Service", ns, name});
  v1::Service service;
  if (entry == nullptr || !service.ParseFromString(entry->bytes)) {
    return absl::NotFoundError(str_cat("not found: Service ", ns, "/", name));
  }
  if (head.table == nullptr) {
    return absl::FailedPreconditionError(
        "the stored state does not compile; the server's log says why");
  }
  v1::ListEndpointsResponse response;
  *response.mutable_state() = to_proto(head.state.id());
  const States states = states_of(head.state, endpoints);
  for (const v1::ServicePort& port : service.spec().ports()) {
    const auto* cluster = head.table->clusters.find(cluster_name(ns, name, port.port()));
    if (cluster == nullptr) continue;
    for (const Endpoint& endpoint : (*cluster)->cluster.endpoints) {
      Listed& listed = *response.add_endpoints();
      listed = listed_of(endpoint, port.port());
      const auto state = states.find(endpoint.uid);
      if (state != states.end()) tell_state(state->second, listed);
      listed.set_tried((*cluster)->health != nullptr);
      if (!listed.tried()) continue;
      for (auto& opinion : findings.opinions_of({ns, name, port.port(), endpoint.uid})) {
        *listed.add_opinions() = std::move(opinion);
      }
    }
  }
  auto& all = *response.mutable_endpoints();
  std::sort(all.begin(), all.end(), [](const Listed& a, const Listed& b) {
    return std::tuple(a.port(), a.name(), a.uid()) < std::tuple(b.port(), b.name(), b.uid());
  });
  return response;
}

absl::StatusOr<v1::ListEndpointsResponse> list_endpoints(const v1::ListEndpointsRequest& request,
                                                         Applier& applier,
                                                         const Publisher& publisher,
                                                         const NodeRegistry& registry) {
  const std::vector<ServiceEndpoint> endpoints = applier.endpoints(service_of(request));
  const Publisher::Compiled head = publisher.compiled_head();
  return registry.look_at_findings([&](const HealthFindings& findings) {
    return list_endpoints(request, head, endpoints, findings);
  });
}

}  // namespace limpet
