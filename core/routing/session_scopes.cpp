#include "core/routing/session_scopes.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include <absl/strings/numbers.h>

#include "core/base/text.h"
#include "core/routing/compile_cluster.h"
#include "core/routing/rule_backends.h"
#include "core/routing/visit_rules.h"

namespace limpet {
namespace {

bool is_in(std::span<const uint64_t> wanted, uint64_t id) {
  return std::find(wanted.begin(), wanted.end(), id) != wanted.end();
}

}  // namespace

std::map<uint64_t, SessionScope> find_session_scopes(const RoutingTable& table,
                                                     std::span<const uint64_t> wanted) {
  std::map<uint64_t, SessionScope> scopes;
  visit_rules(table, [&](const RoutingListener& listener, const RouteRule& rule) {
    if (!is_in(wanted, rule.scope)) return;
    SessionScope& scope = scopes[rule.scope];
    scope.gateways.insert(listener.gateway);
    const bool better = scope.rule == nullptr ||
                        (scope.rule->total_weight == 0 && rule.total_weight != 0);
    if (better) scope.rule = &rule;
  });
  return scopes;
}

std::map<uint64_t, const RoutingCluster*> find_clusters(const RoutingTable& table,
                                                        std::span<const uint64_t> wanted) {
  std::map<uint64_t, const RoutingCluster*> clusters;
  table.clusters.for_each(
      [&](std::string_view, const std::shared_ptr<const RoutingCluster>& cluster) {
        if (is_in(wanted, cluster->cluster.id)) clusters[cluster->cluster.id] = cluster.get();
      });
  return clusters;
}

uint64_t service_scope_of(const Cluster& cluster) {
  const std::string_view name = cluster.name;  // "namespace/service:port"
  const size_t slash = name.find('/');
  const size_t colon = name.rfind(':');
  int port = 0;
  if (slash == std::string_view::npos || colon == std::string_view::npos || colon < slash ||
      !absl::SimpleAtoi(absl_view(name.substr(colon + 1)), &port)) {
    return 0;
  }
  return service_scope(name.substr(0, slash), name.substr(slash + 1, colon - slash - 1), port);
}

std::set<SessionName> session_names(const RoutingTable& table) {
  std::set<SessionName> names;
  const StickyPolicy* last = nullptr;  // most rules of a route have the same
  const auto add = [&](const StickyPolicy* policy) {
    if (policy == nullptr || policy == last) return;
    last = policy;
    names.insert({purpose_of(*policy), policy->name});
  };
  table.clusters.for_each(
      [&](std::string_view, const std::shared_ptr<const RoutingCluster>& cluster) {
        add(cluster->policy ? &*cluster->policy : nullptr);
      });
  visit_rules(table,
              [&](const RoutingListener&, const RouteRule& rule) { add(rule.session.get()); });
  return names;
}

}  // namespace limpet
