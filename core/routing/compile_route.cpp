#include "core/routing/compile_route.h"

#include <algorithm>
#include <tuple>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include "core/base/quantity.h"
#include "core/base/secure_hash.h"
#include "core/resource/object.h"
#include "core/routing/compile_cluster.h"
#include "core/routing/compile_filters.h"
#include "core/routing/compile_match.h"
#include "core/routing/compile_policy.h"

namespace limpet {
namespace {

RouteBackend compile_backend(const v1::HTTPRoute& route, const v1::HTTPRouteRule& rule,
                             const v1::HTTPBackendRef& ref, const ReferenceGrants& grants) {
  RouteBackend backend;
  backend.weight = ref.has_weight() ? static_cast<uint32_t>(ref.weight()) : 1;
  if (check_backend(route, ref, grants) == RefProblem::kNone) {
    backend.cluster = backend_cluster(route, ref);
  }
  backend.filters = compile_filters(ref.filters(), {route, rule, grants});
  return backend;
}

// Sessions belong to the Service port, wherever it is routed from; where a rule splits over
// several backends or says itself how sessions persist, to the rule, which is known by its name or
// else by its matches.
uint64_t scope_of(const v1::HTTPRoute& route, const v1::HTTPRouteRule& rule) {
  if (rule.backend_refs_size() == 1 && !rule.has_session_persistence()) {
    const v1::HTTPBackendRef& ref = rule.backend_refs(0);
    const EntryKey service = backend_service(route, ref);
    return service_scope(service.ns, service.name, ref.port());
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

CountedPtr<RouteRule> compile_rule(const v1::HTTPRoute& route, const v1::HTTPRouteRule& rule,
                                   int index, const ReferenceGrants& grants) {
  const uint64_t scope = scope_of(route, rule);
  // Rules that are compiled anew do not all begin with their first backend.
  const CountedPtr<RouteRule> compiled(new RouteRule(scope));
  compiled->index = static_cast<uint32_t>(index);
  compiled->name = absl::StrCat(route.metadata().namespace_(), "/", route.metadata().name(), "/",
                                rule.name().empty() ? absl::StrCat(index) : rule.name());
  compiled->route_age = route_age(route.metadata().creation_timestamp());
  compiled->scope = scope;
  compiled->filters = compile_filters(rule.filters(), {route, rule, grants});
  if (rule.has_retry()) {
    compiled->retry = std::make_shared<const RetrySettings>(compile_route_retry(rule.retry()));
  }
  if (rule.has_session_persistence()) {
    compiled->session =
        std::make_shared<const StickyPolicy>(compile_persistence(rule.session_persistence()));
  }
  compiled->timeouts = {parse_duration_ms(rule.timeouts().request()).value_or(0),
                        parse_duration_ms(rule.timeouts().backend_request()).value_or(0)};
  for (const v1::HTTPBackendRef& ref : rule.backend_refs()) {
    compiled->backends.push_back(compile_backend(route, rule, ref, grants));
    compiled->total_weight += compiled->backends.back().weight;
  }
  return compiled;
}

RoutePath::Type type_of(const v1::HTTPPathMatch& match) {
  if (match.type() == "Exact") return RoutePath::Type::kExact;
  return match.type() == "RegularExpression" ? RoutePath::Type::kPattern
                                             : RoutePath::Type::kPrefix;
}

void add_path(const v1::HTTPRouteMatch& match, RankedRule ranked, std::vector<RoutePath>& paths) {
  RoutePath path;
  path.type = type_of(match.path());
  path.path = match.path().has_value() ? match.path().value() : "/";
  if (path.type == RoutePath::Type::kPrefix && path.path.ends_with('/')) path.path.pop_back();
  path.ranked = std::move(ranked);
  path.ranked.conditions = compile_conditions(match);
  paths.push_back(std::move(path));
}

// Greater: goes first, whatever its age.
std::tuple<size_t, bool, size_t, size_t> specificity(const RankedRule& ranked) {
  if (ranked.conditions == nullptr) return {};
  const MatchConditions& own = *ranked.conditions;
  return {own.path == nullptr ? 0 : own.path->pattern().size(), !own.method.empty(),
          own.headers.size(), own.params.size()};
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

std::vector<RoutePath> compile_route(const v1::HTTPRoute& route,
                                     const std::shared_ptr<RateLimit>& limit,
                                     const ReferenceGrants& grants) {
  std::vector<RoutePath> paths;
  static const v1::HTTPRouteRule kEverything;
  static const v1::HTTPRouteMatch kSlash;
  const int count = route.spec().rules_size();
  for (int i = 0; i < std::max(1, count); ++i) {
    const v1::HTTPRouteRule& rule = count == 0 ? kEverything : route.spec().rules(i);
    const CountedPtr<RouteRule> compiled = compile_rule(route, rule, i, grants);
    compiled->rate_limit = limit;
    RankedRule ranked;
    ranked.rule = compiled;
    if (rule.matches().empty()) add_path(kSlash, ranked, paths);
    for (int m = 0; m < rule.matches_size(); ++m) {
      ranked.match_index = static_cast<uint32_t>(m);
      add_path(rule.matches(m), ranked, paths);
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
  const auto of_a = specificity(a);
  const auto of_b = specificity(b);
  if (of_a != of_b) return of_a > of_b;
  if (a.rule->route_age != b.rule->route_age) return a.rule->route_age < b.rule->route_age;
  return std::make_tuple(a.rule->route(), a.rule->index, a.match_index) <
         std::make_tuple(b.rule->route(), b.rule->index, b.match_index);
}

}  // namespace limpet
