#include "core/routing/scope.h"

#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "core/resource/policy.h"
#include "core/resource/secret.h"
#include "core/routing/compile_route.h"
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

EntryKey service_key(const std::string& ns, std::string_view name) {
  return {"Service", ns, std::string(name)};
}

// Another namespace's Service is not reached without a grant: then the policy belongs to none.
template <typename Policy>
EntryKey policy_service(const Entry& entry) {
  const auto policy = read<Policy>(entry);
  return service_key(entry.key.ns, target_name(policy).empty() ? "" : target_of(policy).name());
}

// The Service that the entry belongs to, for the kinds that do.
std::optional<EntryKey> service_followed(const Entry& entry) {
  const std::string& ns = entry.key.ns;
  if (entry.key.kind == "EndpointSlice") {
    return service_key(ns, service_of(read<v1::EndpointSlice>(entry)));
  }
  if (entry.key.kind == kEndpointStateKind) {
    // Named "SERVICE/KEY".
    return service_key(ns, std::string_view(entry.key.name).substr(0, entry.key.name.find('/')));
  }
  if (entry.key.kind == "SessionStickyPolicy") {
    return policy_service<v1::SessionStickyPolicy>(entry);
  }
  if (entry.key.kind == "LoadBalancerPolicy") {
    return policy_service<v1::LoadBalancerPolicy>(entry);
  }
  if (entry.key.kind == "CircuitBreakingPolicy") {
    return policy_service<v1::CircuitBreakingPolicy>(entry);
  }
  if (entry.key.kind == "UpstreamTLSPolicy") {
    return policy_service<v1::UpstreamTLSPolicy>(entry);
  }
  return std::nullopt;
}

std::set<EntryKey> services_of(const Entry& route) {
  std::set<EntryKey> services;
  const auto message = read<v1::HTTPRoute>(route);
  for (const v1::HTTPRouteRule& rule : message.spec().rules()) {
    for (const v1::HTTPBackendRef& ref : rule.backend_refs()) {
      // What a route does not lead to, the node must not be sent.
      if (check_backend(message, ref) != RefProblem::kNone) continue;
      services.insert(service_key(route.key.ns, ref.name()));
    }
  }
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
  const std::optional<EntryKey> service = service_followed(*entry);
  if (!service) return;
  const auto found = followers_.find(*service);
  if (found == followers_.end()) return;
  found->second.erase(entry->key);
  if (found->second.empty()) followers_.erase(found);
}

void Followers::advance_to(const Snapshot& whole) {
  const Delta delta = Snapshot::diff(whole_, whole);
  for (const EntryKey& key : delta.removed) forget(whole_.find(key));
  for (const EntryPtr& entry : delta.upserts) {
    if (const EntryPtr before = whole_.find(entry->key)) forget(before);
    if (const auto service = service_followed(*entry)) followers_[*service].insert(entry->key);
  }
  whole_ = whole;
}

const std::set<EntryKey>* Followers::of(const EntryKey& service) const {
  const auto found = followers_.find(service);
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
  const std::optional<EntryKey> service = service_followed(entry);
  return !service || services_.contains(*service);
}

void GatewayScope::count_services(const EntryPtr& route, int by, Counted& counted) {
  if (route == nullptr || route->key.kind != "HTTPRoute" || !is_ours(*route)) return;
  for (const EntryKey& service : services_of(*route)) {
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
  Counted counted;
  const auto count = [&](const EntryPtr& entry, int by) {
    count_services(entry, by, counted);
    count_parameters(entry, by, touched);
  };
  for (const EntryKey& key : delta.removed) count(whole_.find(key), -1);
  for (const EntryPtr& entry : delta.upserts) {
    touched.insert(entry->key);
    count(whole_.find(entry->key), -1);
    count(entry, +1);
  }
  for (const auto& [service, was_in_reach] : counted) {
    if (services_.contains(service) == was_in_reach) continue;
    touched.insert(service);
    // What belonged to it before and does not now has changed, and is touched already.
    if (const auto* belonging = followers.of(service)) {
      touched.insert(belonging->begin(), belonging->end());
    }
  }

  Delta change;
  std::set<EntryKey> secrets;
  for (const EntryKey& key : touched) {
    if (key.kind == kSecretKind) {
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
  whole_ = whole;
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
