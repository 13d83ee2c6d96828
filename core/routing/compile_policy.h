// Which policies apply to a port of a Service.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/balance/balancing.h"
#include "core/base/text.h"
#include "core/resource/policy.h"
#include "core/sticky/policy.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// Those of one Service, of each kind the oldest first: that one holds where two want a port.
struct ServicePolicies {
  std::vector<v1::SessionStickyPolicy> sticky;
  std::vector<v1::LoadBalancerPolicy> balancing;
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

// Whether the two say the same of their ports.
template <typename Policy, typename Port>
bool same_settings(const AppliedPolicy<Policy, Port>& a, const AppliedPolicy<Policy, Port>& b) {
  if constexpr (requires { a.port.type(); }) {
    if (a.type() != b.type()) return false;
  }
  return a.config().SerializeAsString() == b.config().SerializeAsString();
}

StickyPolicy compile_sticky(const v1::SessionStickyConfig& config);

Balancing compile_balancing(std::string_view type, const v1::LoadBalancerConfig& config);
// Not on() where the policy has no outlierEjection.
OutlierSettings compile_outlier(const v1::CircuitBreakingConfig& config);

// What requests are told apart by. Requires: the key is well formed (validate_hash_key()).
RequestKey compile_request_key(const v1::HashKey& key);

}  // namespace limpet
