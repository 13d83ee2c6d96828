// Which policies apply to a port of a Service.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/balance/balancing.h"
#include "core/balance/circuit_breaker.h"
#include "core/balance/gate_limits.h"
#include "core/base/text.h"
#include "core/resource/policy.h"
#include "core/routing/health_settings.h"
#include "core/routing/retry_settings.h"
#include "core/sticky/policy.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// Those of one Service, of each kind the oldest first: that one holds where two want a port.
struct ServicePolicies {
  std::vector<v1::SessionStickyPolicy> sticky;
  std::vector<v1::LoadBalancerPolicy> balancing;
  std::vector<v1::RetryPolicy> retries;
  std::vector<v1::CircuitBreakingPolicy> circuit_breaking;
  std::vector<v1::HealthCheckPolicy> health;
  std::vector<v1::UpstreamTLSPolicy> tls;
  std::vector<v1::BackendTLSPolicy> backend_tls;
};

// A policy as it applies to one port. Borrowed from the policies that it is one of.
template <typename Policy, typename Port>
struct AppliedPolicy {
  const Policy& policy;
  const Port& port;

  std::string name() const {
    return str_cat(policy.metadata().namespace_(), "/", policy.metadata().name());
  }
  // The port's own fields go before the policy's.
  auto config() const { return config_of(policy.spec(), port); }
  // Of kinds that have one.
  const std::string& type() const {
    return port.type().empty() ? policy.spec().type() : port.type();
  }
};

// The first of `policies` that lists the port.
template <typename Policy>
auto applied_policy(std::span<const Policy> policies, int port) {
  using Port = std::remove_cvref_t<decltype(policies[0].spec().ports(0))>;
  for (const Policy& policy : policies) {
    for (const Port& listed : policy.spec().ports()) {
      if (listed.port() == port) return std::optional(AppliedPolicy<Policy, Port>{policy, listed});
    }
  }
  return std::optional<AppliedPolicy<Policy, Port>>();
}

// The one of `policies` that the port has: one that names it goes before one for all ports. Null:
// none.
const v1::BackendTLSPolicy* applied_policy(std::span<const v1::BackendTLSPolicy> policies,
                                           std::string_view service, std::string_view port_name);
// Whether one of the policy's targetRefs is that port of the Service; "" for all of its ports.
bool has_target(const v1::BackendTLSPolicy& policy, std::string_view service,
                std::string_view port_name);

// Whether the two say the same of their ports.
template <typename Policy, typename Port>
bool same_settings(const AppliedPolicy<Policy, Port>& a, const AppliedPolicy<Policy, Port>& b) {
  if constexpr (requires { a.port.type(); }) {
    if (a.type() != b.type()) return false;
  }
  return a.config().SerializeAsString() == b.config().SerializeAsString();
}

StickyPolicy compile_sticky(const v1::SessionStickyConfig& config);
// Of a route's rule (GEP-1619): for a day, until the browser is closed, unless it says otherwise.
StickyPolicy compile_persistence(const v1::SessionPersistence& persistence);

Balancing compile_balancing(std::string_view type, const v1::LoadBalancerConfig& config);
RetrySettings compile_retry(const v1::RetryConfig& config);
// Of a route's rule (GEP-1731): once, after 25 ms, unless it says otherwise.
RetrySettings compile_route_retry(const v1::HTTPRouteRetry& retry);
// Without its limits and its outlierEjection.
BreakerSettings compile_breaker(const v1::CircuitBreakingConfig& config);
GateLimits compile_limits(const v1::CircuitLimits& limits);
// Not on() where the policy has no outlierEjection.
OutlierSettings compile_outlier(const v1::CircuitBreakingConfig& config);

HealthSettings compile_health(const v1::HealthCheckConfig& config);

// What requests are told apart by. Requires: the key is well formed (validate_hash_key()).
RequestKey compile_request_key(const v1::HashKey& key);

}  // namespace limpet
