#include "core/routing/rule_backends.h"

namespace limpet {

void find_backends(const RoutingTable& table, const RouteRule& rule, RuleBackends& backends) {
  backends.policy = rule.session.get();
  for (const RouteBackend& backend : rule.backends) {
    if (backends.count == RuleBackends::kMax) break;
    const RoutingCluster* cluster = backend.cluster ? table.find(*backend.cluster) : nullptr;
    if (cluster != nullptr && !cluster->speaks_http1) cluster = nullptr;
    backends.clusters[backends.count] = cluster;
    if (cluster != nullptr) {
      backends.sticky[backends.count] = {&cluster->cluster, backend.weight,
                                         cluster->evictions.get()};
    }
    ++backends.count;
    if (backends.policy == nullptr && cluster != nullptr && cluster->policy) {
      backends.policy = &*cluster->policy;
      backends.policy_of = cluster;
    }
  }
}

TokenPurpose purpose_of(const StickyPolicy& policy) {
  switch (policy.carrier) {
    case StickyPolicy::Carrier::kHeader: return TokenPurpose::kHeader;
    case StickyPolicy::Carrier::kLearned: return TokenPurpose::kLearned;
    case StickyPolicy::Carrier::kCookie: break;
  }
  return TokenPurpose::kCookie;
}

}  // namespace limpet
