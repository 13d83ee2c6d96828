#include "core/routing/compile_cluster.h"

#include <algorithm>
#include <map>

#include "core/base/secure_hash.h"
#include "core/base/text.h"
#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "limpet/v1/state.pb.h"

namespace limpet {
namespace {

// 0 when the state has none.
uint64_t endpoint_uid(const Snapshot& snapshot, const std::string& ns, const std::string& name) {
  const EntryPtr entry = snapshot.find({std::string(kEndpointStateKind), ns, name});
  v1::EndpointState state;
  return entry != nullptr && state.ParseFromString(entry->bytes) ? state.uid() : 0;
}

// Endpoints of one uid become one: the same name may stand in several slices, with other
// addresses. It takes sessions as soon as one of them does.
void merge_endpoint(const v1::Endpoint& source, const SocketAddress& address, uint64_t uid,
                    std::map<uint64_t, Endpoint>& endpoints) {
  const v1::Endpoint::Conditions& conditions = source.conditions();
  const bool ready = !conditions.has_ready() || conditions.ready();
  const bool serving = conditions.has_serving() ? conditions.serving() : ready;
  const bool takes_new = ready && !conditions.terminating();
  const auto [place, added] = endpoints.try_emplace(uid);
  Endpoint& endpoint = place->second;
  if (added) {
    endpoint.uid = uid;
    const std::string_view name = endpoint_name(source);
    endpoint.name = name.empty() ? address.to_string() : std::string(name);
    endpoint.takes_new = takes_new;
    endpoint.serves_sessions = serving || ready;
  } else {
    endpoint.takes_new = endpoint.takes_new || takes_new;
    endpoint.serves_sessions = endpoint.serves_sessions || serving || ready;
  }
  if (std::find(endpoint.addresses.begin(), endpoint.addresses.end(), address) ==
      endpoint.addresses.end()) {
    endpoint.addresses.push_back(address);
  }
}

}  // namespace

std::string cluster_name(std::string_view ns, std::string_view service, int port) {
  return str_cat(ns, "/", service, ":", port);
}

uint64_t cluster_id(std::string_view ns, std::string_view service, int port) {
  return id64_of_parts({"limpet backend", "Service", ns, service, std::to_string(port)});
}

std::shared_ptr<const RoutingCluster> compile_cluster(
    const Snapshot& snapshot, const v1::Service& service, const v1::ServicePort& port,
    std::span<const v1::EndpointSlice* const> slices, const AppliedPolicy* policy,
    const RoutingCluster* previous) {
  const std::string& ns = service.metadata().namespace_();
  const std::string& name = service.metadata().name();
  std::map<uint64_t, Endpoint> endpoints;
  for (const v1::EndpointSlice* slice : slices) {
    for (const v1::EndpointPort& slice_port : slice->ports()) {
      if (slice_port.name() != port.name()) continue;
      for (const v1::Endpoint& endpoint : slice->endpoints()) {
        if (endpoint.addresses().empty()) continue;
        const auto address = SocketAddress::parse(endpoint.addresses(0),
                                                  static_cast<uint16_t>(slice_port.port()));
        const uint64_t uid = endpoint_uid(
            snapshot, ns, endpoint_state_name(name, endpoint, slice_port.port()));
        if (address && uid != 0) merge_endpoint(endpoint, *address, uid, endpoints);
      }
    }
  }

  auto compiled = std::make_shared<RoutingCluster>();
  Cluster& cluster = compiled->cluster;
  cluster.id = cluster_id(ns, name, port.port());
  cluster.name = cluster_name(ns, name, port.port());
  cluster.rotation =
      previous == nullptr ? std::make_shared<RoundRobin>() : previous->cluster.rotation;
  for (auto& [uid, endpoint] : endpoints) {
    std::sort(endpoint.addresses.begin(), endpoint.addresses.end(),
              [](const SocketAddress& a, const SocketAddress& b) {
                return a.to_string() < b.to_string();
              });
    if (endpoint.takes_new) {
      cluster.eligible.push_back(static_cast<uint32_t>(cluster.endpoints.size()));
    }
    cluster.endpoints.push_back(std::move(endpoint));
  }
  if (policy != nullptr) {
    compiled->policy = policy->policy;
    compiled->policy_name = policy->name;
  }
  return compiled;
}

}  // namespace limpet
