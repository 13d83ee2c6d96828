#include "core/routing/compile_cluster.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/secure_hash.h"
#include "core/base/text.h"
#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "core/routing/compile_tls.h"
#include "core/routing/gateway_index.h"
#include "limpet/v1/state.pb.h"

namespace limpet {
namespace {

// Empty, with uid 0, when there is none.
v1::EndpointState endpoint_state(const Snapshot& snapshot, const std::string& ns,
                                 const std::string& name) {
  const EntryPtr entry = snapshot.find({std::string(kEndpointStateKind), ns, name});
  v1::EndpointState state;
  if (entry == nullptr || !state.ParseFromString(entry->bytes)) state.Clear();
  return state;
}

// Null: there are none.
std::shared_ptr<const Evictions> compile_evictions(const Snapshot& snapshot, const std::string& ns,
                                                   const std::string& service) {
  const EntryPtr entry = snapshot.find({std::string(kServiceStateKind), ns, service});
  v1::ServiceState state;
  if (entry == nullptr || !state.ParseFromString(entry->bytes)) return nullptr;
  auto evictions = std::make_shared<Evictions>();
  for (const v1::ServiceState::Eviction& eviction : state.evictions()) {
    const StateTime time{Epoch(eviction.epoch()).created(), eviction.revision()};
    if (eviction.endpoint_uid() == 0) {
      evictions->all = time;
    } else {
      evictions->of_endpoints.emplace_back(eviction.endpoint_uid(), time);
    }
  }
  return evictions;
}

// What one listing says of an endpoint at one address (EndpointConditions of Kubernetes: absent
// ready is true, absent serving is as ready).
struct Listing {
  SocketAddress address;
  bool takes_new = false;
  bool serves_sessions = false;
};

Listing read_listing(const v1::Endpoint& endpoint, const SocketAddress& address) {
  const v1::Endpoint::Conditions& conditions = endpoint.conditions();
  const bool ready = !conditions.has_ready() || conditions.ready();
  const bool serving = conditions.has_serving() ? conditions.serving() : ready;
  return {address, ready && !conditions.terminating(), ready || serving};
}

// What an operator wants of the endpoint goes before what it says of itself.
void apply_drain(const v1::EndpointState& state, Endpoint& endpoint) {
  if (!state.has_drain()) return;
  endpoint.takes_new = false;
  if (state.drain().over()) {
    endpoint.drained = true;
    endpoint.serves_sessions = false;
  }
}

// The nodes' verdict on that port of the endpoint.
void apply_verdict(const v1::EndpointState& state, int port, Endpoint& endpoint) {
  const auto& down = state.down();
  endpoint.down = std::any_of(down.begin(), down.end(),
                              [&](const v1::EndpointDown& of) { return of.port() == port; });
  if (endpoint.down) endpoint.takes_new = endpoint.serves_sessions = false;
}

// Listings of one uid are one endpoint: the same name may stand in several slices, with other
// addresses. It takes what one of them takes; the best address is tried first, and one that serves
// nobody not at all while another does.
Endpoint merge_listings(uint64_t uid, const std::string& name, std::vector<Listing> listings) {
  const auto rank = [](const Listing& listing) {
    return std::tuple(!listing.takes_new, !listing.serves_sessions, listing.address.to_string());
  };
  std::sort(listings.begin(), listings.end(),
            [&](const Listing& a, const Listing& b) { return rank(a) < rank(b); });
  Endpoint endpoint;
  endpoint.uid = uid;
  endpoint.name = name;
  endpoint.takes_new = listings.front().takes_new;
  endpoint.serves_sessions = listings.front().serves_sessions;
  for (const Listing& listing : listings) {
    if (listing.serves_sessions != endpoint.serves_sessions) break;
    const bool repeated = !endpoint.addresses.empty() &&
                          endpoint.addresses.back() == listing.address;
    if (!repeated) endpoint.addresses.push_back(listing.address);
  }
  return endpoint;
}

// The configuration of the policy that applies to the port, if one of the kind does; its name is
// kept.
template <typename Policy>
auto apply(const std::vector<Policy>& policies, int port, RoutingCluster& cluster) {
  const auto applied = applied_policy(std::span<const Policy>(policies), port);
  using Config = decltype(applied->config());
  if (!applied) return std::optional<Config>();
  cluster.policy_names.emplace_back(Policy::descriptor()->name(), applied->name());
  return std::optional<Config>(applied->config());
}

// Requires: the endpoints are all there.
void set_tls(ResolvedUpstream resolved, const RoutingCluster* previous, RoutingCluster& cluster) {
  if (!resolved.holds()) {
    cluster.tls_broken = true;
    cluster.cluster.endpoints.clear();
    cluster.cluster.eligible.clear();
  } else if (previous != nullptr && previous->tls != nullptr && *previous->tls == resolved.tls) {
    cluster.tls = previous->tls;
  } else {
    cluster.tls = std::make_shared<const UpstreamTls>(std::move(resolved.tls));
  }
}

// An UpstreamTLSPolicy goes before every BackendTLSPolicy. Requires: as set_tls().
void apply_tls(const FindSecret& find, const v1::Service& service, const v1::ServicePort& port,
               const ServicePolicies& policies, const RoutingCluster* previous,
               RoutingCluster& cluster) {
  const v1::ObjectMeta& metadata = service.metadata();
  if (const auto config = apply(policies.tls, port.port(), cluster)) {
    set_tls(resolve_upstream(find, *config, metadata.namespace_(),
                             default_upstream_hostname(service)),
            previous, cluster);
  } else if (const v1::BackendTLSPolicy* policy =
                 applied_policy(policies.backend_tls, metadata.name(), port.name())) {
    cluster.policy_names.emplace_back(v1::BackendTLSPolicy::descriptor()->name(),
                                      object_name(policy->metadata()));
    set_tls(resolve_backend(find, *policy), previous, cluster);
  }
}

// Null: the policy bounds nothing.
std::shared_ptr<const ClusterCircuit> compile_circuit(const v1::CircuitBreakingConfig& config,
                                                      const RoutingCluster* previous) {
  const BreakerSettings settings = compile_breaker(config);
  const GateLimits limits = compile_limits(config.limits());
  if (!settings.has_threshold() && !limits.any()) return nullptr;
  const ClusterCircuit* before = previous == nullptr ? nullptr : previous->circuit.get();
  ClusterCircuit circuit{settings, limits, nullptr, nullptr};
  circuit.breaker = before == nullptr ? std::make_shared<CircuitBreaker>() : before->breaker;
  circuit.gate = before == nullptr ? std::make_shared<LiveSlot>() : before->gate;
  return std::make_shared<const ClusterCircuit>(std::move(circuit));
}

void apply_policies(const ServicePolicies& policies, int port, const RoutingCluster* previous,
                    RoutingCluster& cluster) {
  if (const auto config = apply(policies.sticky, port, cluster)) {
    cluster.policy = compile_sticky(*config);
  }
  if (const auto config = apply(policies.balancing, port, cluster)) {
    const auto applied = applied_policy(std::span(policies.balancing), port);
    cluster.cluster.balancing = compile_balancing(applied->type(), *config);
  }
  if (const auto config = apply(policies.retries, port, cluster)) {
    cluster.retry = std::make_shared<const RetrySettings>(compile_retry(*config));
  }
  if (const auto config = apply(policies.circuit_breaking, port, cluster)) {
    cluster.circuit = compile_circuit(*config, previous);
    cluster.cluster.outlier = compile_outlier(*config);
  }
  if (const auto config = apply(policies.health, port, cluster)) {
    cluster.health = std::make_shared<const HealthSettings>(compile_health(*config));
  }
}

void give_weights(Cluster& cluster) {
  std::map<std::string_view, uint32_t> weights;
  for (const auto& [name, weight] : cluster.balancing.weights) weights.emplace(name, weight);
  if (weights.empty()) return;
  for (Endpoint& endpoint : cluster.endpoints) {
    auto found = weights.end();
    for (const std::string& name : names_of(endpoint)) {
      if (found == weights.end()) found = weights.find(name);
    }
    if (found != weights.end()) endpoint.weight = found->second;
  }
}

}  // namespace

std::string_view RoutingCluster::policy_name(std::string_view kind) const {
  for (const auto& [of, name] : policy_names) {
    if (of == kind) return name;
  }
  return {};
}

std::string cluster_name(std::string_view ns, std::string_view service, int port) {
  return str_cat(ns, "/", service, ":", port);
}

uint64_t service_scope(std::string_view ns, std::string_view service, int port) {
  return id64_of_parts({"limpet scope", "Service", ns, service, std::to_string(port)});
}

uint64_t cluster_id(std::string_view ns, std::string_view service, int port) {
  return id64_of_parts({"limpet backend", "Service", ns, service, std::to_string(port)});
}

std::shared_ptr<const RoutingCluster> compile_cluster(
    const Snapshot& snapshot, const v1::Service& service, const v1::ServicePort& port,
    std::span<const v1::EndpointSlice> slices, const ServicePolicies& policies,
    const RoutingCluster* previous) {
  const std::string& ns = service.metadata().namespace_();
  const std::string& name = service.metadata().name();
  struct Named {
    std::string name;
    v1::EndpointState state;
    std::vector<Listing> listings;
  };
  std::map<uint64_t, Named> endpoints;  // by uid
  for (const v1::EndpointSlice& slice : slices) {
    for (const v1::EndpointPort& slice_port : slice.ports()) {
      if (slice_port.name() != port.name()) continue;
      for (const v1::Endpoint& endpoint : slice.endpoints()) {
        if (endpoint.addresses().empty()) continue;
        const auto address = SocketAddress::parse(endpoint.addresses(0),
                                                  static_cast<uint16_t>(slice_port.port()));
        v1::EndpointState state = endpoint_state(
            snapshot, ns, endpoint_state_name(name, endpoint, slice_port.port()));
        if (!address || state.uid() == 0) continue;
        Named& named = endpoints[state.uid()];
        named.state = std::move(state);
        named.name = endpoint_name(endpoint).empty() ? address->to_string()
                                                     : std::string(endpoint_name(endpoint));
        named.listings.push_back(read_listing(endpoint, *address));
      }
    }
  }

  auto compiled = std::make_shared<RoutingCluster>();
  Cluster& cluster = compiled->cluster;
  cluster.id = cluster_id(ns, name, port.port());
  cluster.name = cluster_name(ns, name, port.port());
  cluster.rotation =
      previous == nullptr ? std::make_shared<RoundRobin>() : previous->cluster.rotation;
  apply_policies(policies, port.port(), previous, *compiled);
  for (auto& [uid, named] : endpoints) {
    Endpoint endpoint = merge_listings(uid, named.name, std::move(named.listings));
    apply_drain(named.state, endpoint);
    // Where nobody tries it, nobody would find it well again.
    if (compiled->health != nullptr) apply_verdict(named.state, port.port(), endpoint);
    if (endpoint.takes_new) {
      cluster.eligible.push_back(static_cast<uint32_t>(cluster.endpoints.size()));
    }
    cluster.endpoints.push_back(std::move(endpoint));
  }
  compiled->evictions = compile_evictions(snapshot, ns, name);
  compiled->speaks_http1 = port.app_protocol() != kHttp2Protocol;
  give_weights(cluster);
  cluster.prepare(previous == nullptr ? nullptr : &previous->cluster);
  apply_tls(secrets_in(snapshot), service, port, policies, previous, *compiled);
  return compiled;
}

}  // namespace limpet
