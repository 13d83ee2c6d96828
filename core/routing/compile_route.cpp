#include "core/routing/compile_route.h"

#include <tuple>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include "core/base/secure_hash.h"
#include "core/resource/object.h"
#include "core/routing/compile_cluster.h"

namespace limpet {
namespace {

RouteBackend compile_backend(const v1::HTTPRoute& route, const v1::HTTPBackendRef& ref) {
  RouteBackend backend;
  backend.weight = ref.has_weight() ? static_cast<uint32_t>(ref.weight()) : 1;
  if (check_backend(route, ref) == RefProblem::kNone) backend.cluster = backend_cluster(route, ref);
  return backend;
}

// Sessions belong to the Service port, wherever it is routed from; where a rule splits over
// several backends, to the rule, which is known by its name or else by its matches.
uint64_t scope_of(const v1::HTTPRoute& route, const v1::HTTPRouteRule& rule) {
  if (rule.backend_refs_size() == 1) {
    const v1::HTTPBackendRef& ref = rule.backend_refs(0);
    const std::string& ns =
        ref.namespace_().empty() ? route.metadata().namespace_() : ref.namespace_();
    return service_scope(ns, ref.name(), ref.port());
  }
  std::string matches;
  if (rule.name().empty()) {
    for (const v1::HTTPRouteMatch& match : rule.matches()) {
      absl::StrAppend(&matches, serialize(match), "\n");
    }
  }
  return id64_of_parts({"limpet scope", "HTTPRoute", route.metadata().namespace_(),
                        route.metadata().name(), rule.name(), matches});
}

std::shared_ptr<const RouteRule> compile_rule(const v1::HTTPRoute& route,
                                              const v1::HTTPRouteRule& rule, int index) {
  auto compiled = std::make_shared<RouteRule>();
  compiled->name = absl::StrCat(route.metadata().namespace_(), "/", route.metadata().name(), "/",
                                rule.name().empty() ? absl::StrCat(index) : rule.name());
  compiled->scope = scope_of(route, rule);
  // Rules that are compiled anew do not all begin with their first backend.
  compiled->rotation = std::make_shared<RoundRobin>(compiled->scope);
  for (const v1::HTTPBackendRef& ref : rule.backend_refs()) {
    compiled->backends.push_back(compile_backend(route, ref));
    compiled->total_weight += compiled->backends.back().weight;
  }
  return compiled;
}

void add_path(const v1::HTTPPathMatch& match, RankedRule ranked, std::vector<RoutePath>& paths) {
  RoutePath path;
  path.exact = match.type() == "Exact";
  path.path = match.has_value() ? match.value() : "/";
  if (!path.exact && path.path.ends_with('/')) path.path.pop_back();
  path.ranked = std::move(ranked);
  paths.push_back(std::move(path));
}

// "*.example.com" covers "shop.example.com" and "*.shop.example.com".
bool covers(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return true;
  if (!pattern.starts_with("*.")) return pattern == name;
  if (name.starts_with("*.")) name.remove_prefix(1);
  return name.ends_with(pattern.substr(1)) &&
         (name.size() > pattern.size() - 1 || name.starts_with('.'));
}

}  // namespace

// Gateway API, HTTPBackendRef: group "" and kind Service by default; a Service of another
// namespace needs a ReferenceGrant, so it is invalid as long as there are none.
RefProblem check_backend(const v1::HTTPRoute& route, const v1::HTTPBackendRef& ref) {
  const bool is_service = ref.group().empty() && (!ref.has_kind() || ref.kind() == "Service");
  if (!is_service) return RefProblem::kInvalidKind;
  const bool own = ref.namespace_().empty() || ref.namespace_() == route.metadata().namespace_();
  if (!own) return RefProblem::kRefNotPermitted;
  return ref.port() == 0 ? RefProblem::kNoPort : RefProblem::kNone;
}

ClusterRef backend_cluster(const v1::HTTPRoute& route, const v1::HTTPBackendRef& ref) {
  ClusterRef cluster;
  cluster.name = cluster_name(route.metadata().namespace_(), ref.name(), ref.port());
  cluster.hash = decltype(RoutingTable::clusters)::hash_of(cluster.name);
  return cluster;
}

std::vector<RoutePath> compile_route(const v1::HTTPRoute& route) {
  std::vector<RoutePath> paths;
  static const v1::HTTPRouteRule kEverything;
  static const v1::HTTPPathMatch kSlash;
  const int count = route.spec().rules_size();
  for (int i = 0; i < std::max(1, count); ++i) {
    const v1::HTTPRouteRule& rule = count == 0 ? kEverything : route.spec().rules(i);
    RankedRule ranked;
    ranked.route_created = route.metadata().creation_timestamp();
    ranked.route_name = absl::StrCat(route.metadata().namespace_(), "/", route.metadata().name());
    ranked.rule_index = static_cast<uint32_t>(i);
    ranked.rule = compile_rule(route, rule, i);
    if (rule.matches().empty()) add_path(kSlash, ranked, paths);
    for (int m = 0; m < rule.matches_size(); ++m) {
      ranked.match_index = static_cast<uint32_t>(m);
      add_path(rule.matches(m).path(), ranked, paths);
    }
  }
  return paths;
}

std::vector<std::string> effective_hostnames(const std::string& listener_hostname,
                                             const v1::HTTPRoute& route) {
  const std::string listener = absl::AsciiStrToLower(listener_hostname);
  if (route.spec().hostnames().empty()) return {listener};
  std::vector<std::string> hostnames;
  for (const std::string& hostname : route.spec().hostnames()) {
    std::string own = absl::AsciiStrToLower(hostname);
    if (covers(listener, own)) {
      hostnames.push_back(std::move(own));
    } else if (covers(own, listener)) {
      hostnames.push_back(listener);
    }
  }
  return hostnames;
}

bool ranks_before(const RankedRule& a, const RankedRule& b) {
  return std::tie(a.route_created, a.route_name, a.rule_index, a.match_index) <
         std::tie(b.route_created, b.route_name, b.rule_index, b.match_index);
}

}  // namespace limpet
