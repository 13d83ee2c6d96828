#include "core/routing/compile_route.h"

#include <algorithm>
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

CountedPtr<const RouteRule> compile_rule(const v1::HTTPRoute& route,
                                         const v1::HTTPRouteRule& rule, int index,
                                         const std::shared_ptr<const RateLimit>& limit) {
  const uint64_t scope = scope_of(route, rule);
  // Rules that are compiled anew do not all begin with their first backend.
  const CountedPtr<RouteRule> compiled(new RouteRule(scope));
  compiled->index = static_cast<uint32_t>(index);
  compiled->name = absl::StrCat(route.metadata().namespace_(), "/", route.metadata().name(), "/",
                                rule.name().empty() ? absl::StrCat(index) : rule.name());
  compiled->route_age = route_age(route.metadata().creation_timestamp());
  compiled->scope = scope;
  compiled->rate_limit = limit;
  for (const v1::HTTPBackendRef& ref : rule.backend_refs()) {
    compiled->backends.push_back(compile_backend(route, ref));
    compiled->total_weight += compiled->backends.back().weight;
  }
  return compiled;
}

// "namespace/name": neither has a slash in it.
std::string_view route_of(const RouteRule& rule) {
  return std::string_view(rule.name).substr(0, rule.name.find('/', rule.name.find('/') + 1));
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

std::vector<RoutePath> compile_route(const v1::HTTPRoute& route,
                                     const std::shared_ptr<const RateLimit>& limit) {
  std::vector<RoutePath> paths;
  static const v1::HTTPRouteRule kEverything;
  static const v1::HTTPPathMatch kSlash;
  const int count = route.spec().rules_size();
  for (int i = 0; i < std::max(1, count); ++i) {
    const v1::HTTPRouteRule& rule = count == 0 ? kEverything : route.spec().rules(i);
    RankedRule ranked;
    ranked.rule = compile_rule(route, rule, i, limit);
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

uint64_t route_age(std::string_view created) {
  uint64_t age = 0;
  int digits = 0;
  constexpr int kDigits = 18;  // microseconds and more; beyond 19 it would not fit
  for (const char c : created) {
    if (digits == kDigits) break;
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) continue;
    age = age * 10 + static_cast<uint64_t>(c - '0');
    ++digits;
  }
  for (; digits < kDigits; ++digits) age *= 10;
  return age;
}

bool ranks_before(const RankedRule& a, const RankedRule& b) {
  if (a.rule->route_age != b.rule->route_age) return a.rule->route_age < b.rule->route_age;
  return std::forward_as_tuple(route_of(*a.rule), a.rule->index, a.match_index) <
         std::forward_as_tuple(route_of(*b.rule), b.rule->index, b.match_index);
}

}  // namespace limpet
