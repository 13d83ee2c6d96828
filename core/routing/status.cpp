#include "core/routing/status.h"

#include "core/base/text.h"
#include "core/resource/condition.h"
#include "core/routing/compile_cluster.h"
#include "core/routing/compile_index.h"
#include "core/routing/compile_policy.h"

namespace limpet {
namespace {

// Whether the policy that applies says of the port what this one does.
template <typename Policy>
bool says_the_same(const RoutingTable& table, std::string_view applied, const Policy& policy,
                   int port) {
  const EntryPtr entry =
      table.index->snapshot.find(key_of_name(Policy::descriptor()->name(), applied));
  Policy other;
  if (entry == nullptr || !other.ParseFromString(entry->bytes)) return false;
  const auto theirs = applied_policy(std::span<const Policy>(&other, 1), port);
  const auto own = applied_policy(std::span<const Policy>(&policy, 1), port);
  return theirs && own && serialize(theirs->config()) == serialize(own->config());
}

// How one port of a policy fares.
template <typename Policy>
Verdict judge_port(const RoutingTable& table, const Policy& policy, int port) {
  const v1::ObjectMeta& metadata = policy.metadata();
  const std::string& service = policy.spec().target_ref().name();
  const auto* cluster = table.clusters.find(cluster_name(metadata.namespace_(), service, port));
  if (cluster == nullptr) {
    const EntryKey key{"Service", metadata.namespace_(), service};
    const bool exists = table.index->snapshot.find(key) != nullptr;
    return {kFalse, "TargetNotFound",
            exists ? str_cat(to_string(key), " has no port ", port)
                   : str_cat(to_string(key), " does not exist")};
  }
  const std::string_view kind = Policy::descriptor()->name();
  const std::string_view applied = (*cluster)->policy_name(kind);
  if (applied == object_name(metadata) || says_the_same(table, applied, policy, port)) {
    return {kTrue, "Accepted"};
  }
  return {kFalse, "Conflicted",
          str_cat("the older ", kind, " ", applied, " has port ", port, " of ", service,
                  " and other settings")};
}

Verdict foreign_target(std::string_view kind, const v1::PolicyTargetReference& target) {
  return {kFalse, "Invalid",
          str_cat("spec.targetRef: ", kind, " of another namespace (", target.namespace_(),
                  ") cannot be given a policy from here")};
}

Verdict judge_policy(const RoutingTable& table, const v1::RateLimitPolicy& policy) {
  const std::string route = target_name(policy);
  if (route.empty()) return foreign_target("an HTTPRoute", policy.spec().target_ref());
  const EntryKey key = key_of_name("HTTPRoute", route);
  if (table.index->snapshot.find(key) == nullptr) {
    return {kFalse, "TargetNotFound", str_cat(to_string(key), " does not exist")};
  }
  const auto applied = rate_limit_policy_of(*table.index, route);
  // The route has this one at least.
  if (object_name(applied->metadata()) == object_name(policy.metadata()) ||
      compile_rate_limit(applied->spec().rate_limit()) ==
          compile_rate_limit(policy.spec().rate_limit())) {
    return {kTrue, "Accepted"};
  }
  return {kFalse, "Conflicted",
          str_cat("the older RateLimitPolicy ", object_name(applied->metadata()), " has route ",
                  key.name, " and other settings")};
}

template <typename Policy>
Verdict judge_policy(const RoutingTable& table, const Policy& policy) {
  if (target_name(policy).empty()) {
    return foreign_target("a Service", policy.spec().target_ref());
  }
  for (const auto& port : policy.spec().ports()) {
    Verdict verdict = judge_port(table, policy, port.port());
    if (verdict.status != kTrue) return verdict;
  }
  return {kTrue, "Accepted"};
}

template <typename Policy>
void set_policy_status(const RoutingTable& table, Policy& policy) {
  const Verdict verdict = judge_policy(table, policy);
  set_condition(*policy.mutable_status()->add_conditions(), "Accepted",
                policy.metadata().generation(), verdict);
}

}  // namespace

void set_status(const RoutingTable& table, v1::Resource& resource) {
  switch (resource.object_case()) {
    case v1::Resource::kGateway:
      return set_gateway_status(table, *resource.mutable_gateway());
    case v1::Resource::kHttpRoute:
      return set_route_status(table, *resource.mutable_http_route());
    case v1::Resource::kSessionStickyPolicy:
      return set_policy_status(table, *resource.mutable_session_sticky_policy());
    case v1::Resource::kLoadBalancerPolicy:
      return set_policy_status(table, *resource.mutable_load_balancer_policy());
    case v1::Resource::kRetryPolicy:
      return set_policy_status(table, *resource.mutable_retry_policy());
    case v1::Resource::kCircuitBreakingPolicy:
      return set_policy_status(table, *resource.mutable_circuit_breaking_policy());
    case v1::Resource::kUpstreamTlsPolicy:
      return set_policy_status(table, *resource.mutable_upstream_tls_policy());
    case v1::Resource::kRateLimitPolicy:
      return set_policy_status(table, *resource.mutable_rate_limit_policy());
    case v1::Resource::kGatewayParameters:
      return set_parameters_status(table, *resource.mutable_gateway_parameters());
    case v1::Resource::kGatewayClass: {
      v1::GatewayClass& object = *resource.mutable_gateway_class();
      return set_condition(*object.mutable_status()->add_conditions(), "Accepted",
                           object.metadata().generation(), {kTrue, "Accepted"});
    }
    // Nothing that could be wrong with them.
    case v1::Resource::kNamespace:
    case v1::Resource::kService:
    case v1::Resource::kEndpointSlice:
    case v1::Resource::kSecret:  // what can be is the server's to tell (server/secrets.h)
    case v1::Resource::OBJECT_NOT_SET:
      return;
  }
}

}  // namespace limpet
