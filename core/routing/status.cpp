#include "core/routing/status.h"

#include "core/base/text.h"
#include "core/resource/condition.h"
#include "core/resource/secret.h"
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
  return theirs && own && same_settings(*theirs, *own);
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

template <typename Policy>
Verdict judge_policy(const RoutingTable& table, const Policy& policy) {
  if (target_name(policy).empty()) {
    return {kFalse, "Invalid",
            str_cat("spec.targetRef: a Service of another namespace (",
                    policy.spec().target_ref().namespace_(),
                    ") cannot be given a policy from here")};
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

Verdict judge_rate_limit(const CompileIndex& index, const v1::RateLimitPolicy& policy) {
  const std::string route = target_name(policy);
  if (route.empty()) {
    return {kFalse, "Invalid",
            str_cat("spec.targetRef: an HTTPRoute of another namespace (",
                    policy.spec().target_ref().namespace_(),
                    ") cannot be given a policy from here")};
  }
  const EntryKey key = key_of_name("HTTPRoute", route);
  if (index.snapshot.find(key) == nullptr) {
    return {kFalse, "TargetNotFound", str_cat(to_string(key), " does not exist")};
  }
  const AppliedRateLimit* const applied = index.rate_limits.find(route);
  const bool holds = applied->policy == object_name(policy.metadata()) ||
                     applied->limit->settings() == compile_rate_limit(policy.spec().rate_limit());
  if (holds) return {kTrue, "Accepted"};
  return {kFalse, "Conflicted",
          str_cat("the older RateLimitPolicy ", applied->policy, " has ", to_string(key),
                  " and other settings")};
}

// What becomes of the Secrets that the ports' configurations name.
void set_references_status(const StatusSources& sources, v1::UpstreamTLSPolicy& policy) {
  Verdict verdict{kTrue, "ResolvedRefs"};
  for (int i = 0; i < policy.spec().ports_size() && verdict.status == kTrue; ++i) {
    const v1::UpstreamTLSConfig config = config_of(policy.spec(), policy.spec().ports(i));
    verdict = resolve_upstream(sources.secrets, config, policy.metadata().namespace_(), "").verdict;
    if (verdict.status == kTrue) continue;
    verdict.message = str_cat("port ", policy.spec().ports(i).port(), ": ", verdict.message,
                              "; its requests are answered 503");
  }
  set_condition(*policy.mutable_status()->add_conditions(), "ResolvedRefs",
                policy.metadata().generation(), verdict);
}

void set_secret_status(const StatusSources& sources, v1::Secret& secret) {
  const v1::ObjectMeta& metadata = secret.metadata();
  const auto known =
      sources.secrets({std::string(kSecretKind), metadata.namespace_(), metadata.name()});
  if (!known) return;
  const auto chain = value_of(*known, kTlsCertificateItem);
  const auto validity = judge_validity(chain.value_or(""), sources.now_unix_s);
  if (!validity) return;
  set_condition(*secret.mutable_status()->add_conditions(), kCertificateValid,
                metadata.generation(), *validity);
}

}  // namespace

StatusSources sources_of(const RoutingTable& table) { return {secrets_in(table.index->snapshot)}; }

void set_status(const RoutingTable& table, const StatusSources& sources, v1::Resource& resource) {
  switch (resource.object_case()) {
    case v1::Resource::kGateway:
      return set_gateway_status(table, sources, *resource.mutable_gateway());
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
    case v1::Resource::kHealthCheckPolicy:
      return set_policy_status(table, *resource.mutable_health_check_policy());
    case v1::Resource::kUpstreamTlsPolicy:
      set_policy_status(table, *resource.mutable_upstream_tls_policy());
      return set_references_status(sources, *resource.mutable_upstream_tls_policy());
    case v1::Resource::kBackendTlsPolicy:
      return set_backend_tls_status(table, sources, *resource.mutable_backend_tls_policy());
    case v1::Resource::kSecret:  // whether it can be opened is the server's to tell
      return set_secret_status(sources, *resource.mutable_secret());
    case v1::Resource::kRateLimitPolicy: {
      v1::RateLimitPolicy& policy = *resource.mutable_rate_limit_policy();
      return set_condition(*policy.mutable_status()->add_conditions(), "Accepted",
                           policy.metadata().generation(), judge_rate_limit(*table.index, policy));
    }
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
    case v1::Resource::kConfigMap:
    case v1::Resource::kReferenceGrant:
    case v1::Resource::kEndpointSlice:
    case v1::Resource::OBJECT_NOT_SET:
      return;
  }
}

}  // namespace limpet
