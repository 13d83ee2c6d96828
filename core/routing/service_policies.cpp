#include "core/routing/service_policies.h"

#include <algorithm>
#include <utility>

namespace limpet {
namespace {

// Oldest first: it wins where two want the same.
template <typename Policy>
void read_policies(const Snapshot& snapshot, const CompileIndex& index, const std::string& target,
                   std::vector<Policy>& policies, std::vector<CompileError>& errors) {
  const std::string& kind = Policy::descriptor()->name();
  for (const std::string& name :
       referring(index.policies_of_target, policy_reference(kind, target))) {
    const EntryPtr entry = snapshot.find(key_of_name(kind, name));
    Policy policy;
    if (entry == nullptr) continue;
    if (policy.ParseFromString(entry->bytes)) {
      policies.push_back(std::move(policy));
    } else {
      errors.push_back({entry->key, "", "the stored bytes cannot be read"});
    }
  }
  std::stable_sort(policies.begin(), policies.end(), [](const auto& a, const auto& b) {
    return a.metadata().creation_timestamp() < b.metadata().creation_timestamp();
  });
}

}  // namespace

ServicePolicies policies_of(const Snapshot& snapshot, const CompileIndex& index,
                            const std::string& service, std::vector<CompileError>& errors) {
  ServicePolicies policies;
  read_policies(snapshot, index, service, policies.sticky, errors);
  read_policies(snapshot, index, service, policies.balancing, errors);
  read_policies(snapshot, index, service, policies.retries, errors);
  read_policies(snapshot, index, service, policies.circuit_breaking, errors);
  read_policies(snapshot, index, service, policies.health, errors);
  read_policies(snapshot, index, service, policies.tls, errors);
  read_policies(snapshot, index, service, policies.backend_tls, errors);
  return policies;
}

std::vector<v1::RateLimitPolicy> rate_limits_of(const Snapshot& snapshot,
                                                const CompileIndex& index,
                                                const std::string& route,
                                                std::vector<CompileError>& errors) {
  std::vector<v1::RateLimitPolicy> policies;
  read_policies(snapshot, index, route, policies, errors);
  return policies;
}

}  // namespace limpet
