#include "core/analysis/analyze_sessions.h"

#include <map>
#include <set>
#include <string>
#include <utility>

#include <absl/strings/ascii.h>

#include "core/base/text.h"
#include "core/routing/backend_ref.h"
#include "core/routing/compile_index.h"
#include "core/routing/routing_table.h"

namespace limpet {
namespace {

constexpr std::string_view kPolicyKind = "SessionStickyPolicy";

using Clusters = std::map<std::string, const RoutingCluster*>;  // by name
// By host name ("" for every host) and the cookie's.
using Cookies = std::map<std::pair<std::string, std::string>, Clusters>;

// A rule with sessions of its own has no part in those of its Services.
void note_cookies(const RoutingTable& table, const v1::HTTPRoute& route, Cookies& cookies) {
  std::set<std::string> hosts;
  for (const std::string& host : route.spec().hostnames()) {
    hosts.insert(absl::AsciiStrToLower(host));
  }
  if (hosts.empty()) hosts.insert("");
  for (const v1::HTTPRouteRule& rule : route.spec().rules()) {
    if (rule.has_session_persistence()) continue;
    for (const v1::HTTPBackendRef& ref : rule.backend_refs()) {
      if (check_backend(route, ref, table.index->grants) != RefProblem::kNone) continue;
      const RoutingCluster* cluster = table.find(backend_cluster(route, ref));
      if (cluster == nullptr || !cluster->policy ||
          cluster->policy->carrier != StickyPolicy::Carrier::kCookie) {
        continue;
      }
      for (const std::string& host : hosts) {
        cookies[{host, cluster->policy->name}][cluster->cluster.name] = cluster;
      }
    }
  }
}

EntryKey policy_of(const RoutingCluster& cluster) {
  const std::string_view name = cluster.policy_name(kPolicyKind);
  const size_t slash = name.find('/');
  return {std::string(kPolicyKind), std::string(name.substr(0, slash)),
          std::string(name.substr(slash + 1))};
}

}  // namespace

// It works, but browsers keep one cookie for all of them: with the attributes of one policy, and
// alive as long as the longest needs.
std::vector<Finding> analyze_sessions(const World& world) {
  Cookies cookies;
  for (const v1::Resource& object : world.objects) {
    if (object.has_http_route()) note_cookies(*world.table, object.http_route(), cookies);
  }
  std::vector<Finding> findings;
  for (const auto& [place, clusters] : cookies) {
    const auto& [host, cookie] = place;
    for (auto other = clusters.begin(); other != clusters.end(); ++other) {
      if (other == clusters.begin()) continue;
      findings.push_back(
          {Severity::kWarning, policy_of(*other->second), "spec.ports",
           str_cat(other->first, " shares the cookie \"", cookie, "\" with ",
                   clusters.begin()->first, host.empty() ? "" : " on host ", host),
           "give one of them another cookieName, unless one cookie for both is meant"});
    }
  }
  return findings;
}

}  // namespace limpet
