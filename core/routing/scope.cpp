#include "core/routing/scope.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "core/resource/policy.h"
#include "core/routing/backend_ref.h"
#include "core/routing/compile_index.h"
#include "core/routing/compile_settings.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {
namespace {

// What cannot be read leads nowhere; the whole state is compiled before it is stored.
template <typename Message>
Message read(const Entry& entry) {
  Message message;
  if (!message.ParseFromString(entry.bytes)) message.Clear();
  return message;
}

EntryKey namespace_key(const std::string& name) { return {"Namespace", "", name}; }

EntryKey service_key(const std::string& ns, std::string_view name) {
  return {"Service", ns, std::string(name)};
}

// No policy is for another namespace's object: then it belongs to none.
template <typename Policy>
std::set<EntryKey> policy_targets(const Entry& entry, std::string_view kind) {
  std::set<EntryKey> targets;
  for (const std::string& name : target_names(read<Policy>(entry))) {
    targets.insert(key_of_name(kind, name));
  }
  if (targets.empty()) targets.insert({std::string(kind), entry.key.ns, std::string()});
  return targets;
}

// The Services or the HTTPRoute that a policy is for.
std::set<EntryKey> policy_targets(const Entry& entry) {
  const std::string& kind = entry.key.kind;
  if (kind == "RateLimitPolicy") return policy_targets<v1::RateLimitPolicy>(entry, "HTTPRoute");
  constexpr std::string_view kService = "Service";
  if (kind == "LoadBalancerPolicy") return policy_targets<v1::LoadBalancerPolicy>(entry, kService);
  if (kind == "RetryPolicy") return policy_targets<v1::RetryPolicy>(entry, kService);
  if (kind == "UpstreamTLSPolicy") return policy_targets<v1::UpstreamTLSPolicy>(entry, kService);
  if (kind == "BackendTLSPolicy") return policy_targets<v1::BackendTLSPolicy>(entry, kService);
  if (kind == "HealthCheckPolicy") return policy_targets<v1::HealthCheckPolicy>(entry, kService);
  if (kind == "CircuitBreakingPolicy") {
    return policy_targets<v1::CircuitBreakingPolicy>(entry, kService);
  }
  return policy_targets<v1::SessionStickyPolicy>(entry, kService);
}

// The Services, HTTPRoutes or Namespaces that the entry belongs to, for the kinds that do; of
// others none.
std::set<EntryKey> leaders_of(const Entry& entry) {
  const std::string& ns = entry.key.ns;
  if (entry.key.kind == "EndpointSlice") {
    return {service_key(ns, service_of(read<v1::EndpointSlice>(entry)))};
  }
  if (entry.key.kind == kServiceStateKind) return {service_key(ns, entry.key.name)};
  if (entry.key.kind == kEndpointStateKind) {
    // Named "SERVICE/KEY".
    return {service_key(ns, std::string_view(entry.key.name).substr(0, entry.key.name.find('/')))};
  }
  if (entry.key.kind == kReferenceGrantKind) return {namespace_key(ns)};
  if (is_policy_kind(entry.key.kind)) return policy_targets(entry);
  return {};
}

std::set<EntryKey> services_of(const Entry& route, const ReferenceGrants& grants) {
  std::set<EntryKey> services;
  const auto message = read<v1::HTTPRoute>(route);
  for_each_backend(message, [&](const BackendRef& ref) {
    // What a route does not lead to, the node must not be sent.
    if (check_backend(message, ref, grants) != RefProblem::kNone) return;
    services.insert(backend_service(message, ref));
  });
  return services;
}

}  // namespace

absl::Status check_gateway_names(const GatewayNames& gateways) {
  if (gateways.size() > kMaxGateways) {
    return absl::InvalidArgumentError(
        str_cat("a node selects at most ", kMaxGateways,
                " Gateways by their names; without any it serves all"));
  }
  for (const std::string& name : gateways) {
    const size_t slash = name.find('/');
    if (slash != std::string::npos && slash != 0 && slash + 1 < name.size() &&
        name.find('/', slash + 1) == std::string::npos) {
      continue;
    }
    return absl::InvalidArgumentError(
        str_cat("a Gateway is selected as NAMESPACE/NAME, not as \"", name, "\""));
  }
  return absl::OkStatus();
}

void Followers::forget(const EntryPtr& entry) {
  for (const EntryKey& leader : leaders_of(*entry)) {
    const auto found = followers_.find(leader);
    if (found == followers_.end()) continue;
    found->second.erase(entry->key);
    if (found->second.empty()) followers_.erase(found);
  }
}

void Followers::advance_to(const Snapshot& whole) {
  const Delta delta = Snapshot::diff(whole_, whole);
  const auto move_grant = [&](const EntryKey& key) {
    if (key.kind == kReferenceGrantKind) grants_.move(key, whole);
  };
  for (const EntryKey& key : delta.removed) {
    forget(whole_.find(key));
    move_grant(key);
  }
  for (const EntryPtr& entry : delta.upserts) {
    move_grant(entry->key);
    if (const EntryPtr before = whole_.find(entry->key)) forget(before);
    for (const EntryKey& leader : leaders_of(*entry)) followers_[leader].insert(entry->key);
  }
  whole_ = whole;
}

const std::set<EntryKey>* Followers::of(const EntryKey& leader) const {
  const auto found = followers_.find(leader);
  return found == followers_.end() ? nullptr : &found->second;
}

bool GatewayScope::is_ours(const Entry& route) const {
  const auto message = read<v1::HTTPRoute>(route);
  for (const v1::ParentReference& parent : message.spec().parent_refs()) {
    const std::string& ns = parent.namespace_().empty() ? route.key.ns : parent.namespace_();
    if (gateways_.contains(str_cat(ns, "/", parent.name()))) return true;
  }
  return false;
}

bool GatewayScope::belongs(const Entry& entry) const {
  const std::string& kind = entry.key.kind;
  if (kind == "Gateway") return gateways_.contains(str_cat(entry.key.ns, "/", entry.key.name));
  if (kind == "HTTPRoute") return is_ours(entry);
  if (kind == "Service") return services_.contains(entry.key);
  if (kind == kGatewayParametersKind) return parameters_.contains(entry.key);
  const std::set<EntryKey> leaders = leaders_of(entry);
  return leaders.empty() ||
         std::any_of(leaders.begin(), leaders.end(), [&](const EntryKey& leader) {
           return in_reach(leader) || routes_.contains(leader);
         });
}

bool GatewayScope::in_reach(const EntryKey& leader) const {
  return leader.kind == "Namespace" ? referrers_.contains(leader.name) : services_.contains(leader);
}

std::set<EntryKey> GatewayScope::regranted_routes(const Delta& delta) const {
  std::set<EntryKey> routes;
  const auto add = [&](const EntryKey& key) {
    if (key.kind != kReferenceGrantKind) return;
    const auto referring = referrers_.find(key.ns);
    if (referring == referrers_.end()) return;
    for (const EntryKey& referrer : referring->second) {
      if (referrer.kind == "HTTPRoute") routes.insert(referrer);
    }
  };
  for (const EntryKey& key : delta.removed) add(key);
  for (const EntryPtr& entry : delta.upserts) add(entry->key);
  for (const EntryKey& key : delta.removed) routes.erase(key);
  for (const EntryPtr& entry : delta.upserts) routes.erase(entry->key);
  return routes;
}

void GatewayScope::count_namespaces(const EntryPtr& referrer, int by, Counted& counted) {
  if (referrer == nullptr) return;
  const bool is_route = referrer->key.kind == "HTTPRoute";
  if ((!is_route && referrer->key.kind != "Gateway") || !belongs(*referrer)) return;
  for (const std::string& ns : is_route ? foreign_namespaces(read<v1::HTTPRoute>(*referrer))
                                        : foreign_namespaces(read<v1::Gateway>(*referrer))) {
    counted.try_emplace(namespace_key(ns), referrers_.contains(ns));
    if (by > 0) {
      referrers_[ns].insert(referrer->key);
      continue;
    }
    const auto referring = referrers_.find(ns);
    referring->second.erase(referrer->key);
    if (referring->second.empty()) referrers_.erase(referring);
  }
}

void GatewayScope::count_services(const EntryPtr& route, int by, const ReferenceGrants& grants,
                                  Counted& counted) {
  if (route == nullptr || route->key.kind != "HTTPRoute" || !is_ours(*route)) return;
  if (by > 0) {
    routes_.insert(route->key);
  } else {
    routes_.erase(route->key);
  }
  for (const EntryKey& service : services_of(*route, grants)) {
    counted.try_emplace(service, services_.contains(service));
    if ((services_[service] += by) == 0) services_.erase(service);
  }
}

void GatewayScope::count_parameters(const EntryPtr& gateway, int by, std::set<EntryKey>& touched) {
  if (gateway == nullptr || gateway->key.kind != "Gateway" || !belongs(*gateway)) return;
  const std::optional<EntryKey> named = parameters_of(read<v1::Gateway>(*gateway));
  if (!named) return;
  touched.insert(*named);
  if ((parameters_[*named] += by) == 0) parameters_.erase(*named);
}

void GatewayScope::advance_to(const Snapshot& whole, const Followers& followers) {
  const Delta delta = Snapshot::diff(whole_, whole);
  // What the change may bring in or take out.
  std::set<EntryKey> touched(delta.removed.begin(), delta.removed.end());
  // What belonged to the leader before and does not now has changed, and is touched already.
  const auto touch_followers = [&](const EntryKey& leader) {
    const auto* belonging = followers.of(leader);
    if (belonging != nullptr) touched.insert(belonging->begin(), belonging->end());
  };
  Counted counted;
  const auto count_route = [&](const EntryPtr& route, int by) {
    count_services(route, by, by > 0 ? followers.grants() : grants_, counted);
  };
  for (const EntryKey& route : regranted_routes(delta)) {
    count_route(whole_.find(route), -1);
    count_route(whole.find(route), +1);
  }
  const auto count = [&](const EntryPtr& entry, int by) {
    count_route(entry, by);
    count_namespaces(entry, by, counted);
    count_parameters(entry, by, touched);
    if (entry != nullptr && entry->key.kind == "HTTPRoute") touch_followers(entry->key);
  };
  for (const EntryKey& key : delta.removed) count(whole_.find(key), -1);
  for (const EntryPtr& entry : delta.upserts) {
    touched.insert(entry->key);
    count(whole_.find(entry->key), -1);
    count(entry, +1);
  }
  for (const auto& [leader, was_in_reach] : counted) {
    if (in_reach(leader) == was_in_reach) continue;
    touched.insert(leader);
    touch_followers(leader);
  }
  grants_ = followers.grants();
  move_part(whole, touched);
  whole_ = whole;
}

void GatewayScope::move_part(const Snapshot& whole, const std::set<EntryKey>& touched) {
  Delta change;
  std::set<EntryKey> secrets;
  for (const EntryKey& key : touched) {
    if (is_sent_by_need(key.kind)) {
      secrets.insert(key);
      continue;
    }
    const EntryPtr entry = whole.find(key);
    const EntryPtr before = part_.find(key);
    if (entry != nullptr && belongs(*entry)) {
      if (entry != before) change.upserts.push_back(entry);
    } else if (before != nullptr) {
      change.removed.push_back(key);
    }
  }
  part_ = part_.apply(change, whole.id().epoch, whole.id().revision);
  move_secrets(change, whole, std::move(secrets));
}

void GatewayScope::move_secrets(const Delta& change, const Snapshot& whole,
                                std::set<EntryKey> touched) {
  secrets_.advance(change, part_, touched);
  const Delta moved = secrets_.changes(touched, whole, part_, secret_entry_with);
  part_ = part_.apply(moved, whole.id().epoch, whole.id().revision);
}

Snapshot part_of(const Snapshot& whole, const GatewayNames& gateways) {
  if (gateways.empty()) return whole;
  Followers followers;
  followers.advance_to(whole);
  GatewayScope scope(gateways);
  scope.advance_to(whole, followers);
  return scope.part();
}

}  // namespace limpet
