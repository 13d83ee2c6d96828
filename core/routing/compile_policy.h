// Which policies apply to a port of a Service.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/balance/circuit_breaker.h"
#include "core/balance/gate_limits.h"
#include "core/balance/hash_key.h"
#include "core/balance/rate_limit.h"
#include "core/base/text.h"
#include "core/resource/policy.h"
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
  std::vector<v1::UpstreamTLSPolicy> tls;
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

StickyPolicy compile_sticky(const v1::SessionStickyConfig& config);

RetrySettings compile_retry(const v1::RetryConfig& config);
BreakerSettings compile_breaker(const v1::CircuitBreakingConfig& config);
GateLimits compile_limits(const v1::CircuitLimits& limits);
RateLimitSettings compile_rate_limit(const v1::RateLimitConfig& config);

// A source that is not known is the client's address.
HashKey compile_hash_key(const v1::HashKey& key);

}  // namespace limpet
