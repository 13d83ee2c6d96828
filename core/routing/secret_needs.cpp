#include "core/routing/secret_needs.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "core/routing/compile_index.h"

namespace limpet {

bool is_sent_by_need(std::string_view kind) {
  return std::find(std::begin(kSentByNeed), std::end(kSentByNeed), kind) != std::end(kSentByNeed);
}

void SecretNeeds::advance(const Delta& change, const Snapshot& state, std::set<EntryKey>& touched) {
  move_grants(change, state, touched);
  for (const EntryKey& key : change.removed) look_at(key, state, touched);
  for (const EntryPtr& entry : change.upserts) look_at(entry->key, state, touched);
}

void SecretNeeds::move_grants(const Delta& change, const Snapshot& state,
                              std::set<EntryKey>& touched) {
  std::set<std::string> namespaces;
  const auto move = [&](const EntryKey& key) {
    if (key.kind != kReferenceGrantKind) return;
    grants_.move(key, state);
    namespaces.insert(key.ns);
  };
  for (const EntryKey& key : change.removed) move(key);
  for (const EntryPtr& entry : change.upserts) move(entry->key);
  for (const std::string& ns : namespaces) {
    const auto referring = gateways_into_.find(ns);
    if (referring == gateways_into_.end()) continue;
    // A copy: it changes as they are looked at.
    const std::set<EntryKey> gateways = referring->second;
    for (const EntryKey& gateway : gateways) look_at_gateway(gateway, state, touched);
  }
}

void SecretNeeds::look_at_gateway(const EntryKey& key, const Snapshot& state,
                                  std::set<EntryKey>& touched) {
  if (const auto old = namespaces_of_gateway_.find(key); old != namespaces_of_gateway_.end()) {
    for (const std::string& ns : old->second) {
      const auto gateways = gateways_into_.find(ns);
      gateways->second.erase(key);
      if (gateways->second.empty()) gateways_into_.erase(gateways);
    }
    namespaces_of_gateway_.erase(old);
  }
  const EntryPtr entry = state.find(key);
  v1::Gateway gateway;
  if (entry == nullptr || !gateway.ParseFromString(entry->bytes)) return set(key, {}, touched);
  for (const std::string& ns : foreign_namespaces(gateway)) {
    gateways_into_[ns].insert(key);
    namespaces_of_gateway_[key].insert(ns);
  }
  set(key, secrets_of(gateway, grants_), touched);
}

SecretItems SecretNeeds::of(const EntryKey& secret) const {
  const auto found = counts_.find(secret);
  if (found == counts_.end()) return {};
  return {.identity = found->second.identity > 0, .authorities = found->second.authorities > 0};
}

void SecretNeeds::look_at(const EntryKey& key, const Snapshot& state, std::set<EntryKey>& touched) {
  if (key.kind == "Gateway") {
    look_at_gateway(key, state, touched);
  } else if (is_tls_policy_kind(key.kind)) {
    move_policy(key, state);
    look_at_policy(key, state, touched);
  } else if (key.kind == "Service") {
    const auto policies = policies_of_service_.find(key);
    if (policies == policies_of_service_.end()) return;
    for (const EntryKey& policy : policies->second) look_at_policy(policy, state, touched);
  }
}

void SecretNeeds::move_policy(const EntryKey& key, const Snapshot& state) {
  if (const auto old = services_of_policy_.find(key); old != services_of_policy_.end()) {
    for (const EntryKey& service : old->second) {
      const auto policies = policies_of_service_.find(service);
      policies->second.erase(key);
      if (policies->second.empty()) policies_of_service_.erase(policies);
    }
    services_of_policy_.erase(old);
  }
  for (const std::string& name : tls_policy_references(state.find(key)).services) {
    EntryKey service = key_of_name("Service", name);
    policies_of_service_[service].insert(key);
    services_of_policy_[key].insert(std::move(service));
  }
}

void SecretNeeds::look_at_policy(const EntryKey& key, const Snapshot& state,
                                 std::set<EntryKey>& touched) {
  const auto services = services_of_policy_.find(key);
  const bool counts =
      services != services_of_policy_.end() &&
      std::any_of(services->second.begin(), services->second.end(),
                  [&](const EntryKey& service) { return state.find(service) != nullptr; });
  set(key, counts ? tls_policy_references(state.find(key)).secrets : std::vector<SecretUse>(),
      touched);
}

void SecretNeeds::set(const EntryKey& referrer, std::vector<SecretUse> uses,
                      std::set<EntryKey>& touched) {
  if (const auto old = uses_.find(referrer); old != uses_.end()) {
    if (old->second == uses) return;
    for (const SecretUse& use : old->second) count(use, -1, touched);
    uses_.erase(old);
  }
  if (uses.empty()) return;
  for (const SecretUse& use : uses) count(use, +1, touched);
  uses_.emplace(referrer, std::move(uses));
}

void SecretNeeds::count(const SecretUse& use, int by, std::set<EntryKey>& touched) {
  const auto& [secret, items] = use;
  touched.insert(secret);
  Count& counted = counts_[secret];
  if (items.identity) counted.identity += by;
  if (items.authorities) counted.authorities += by;
  if (counted.identity == 0 && counted.authorities == 0) counts_.erase(secret);
}

Delta SecretNeeds::changes(const std::set<EntryKey>& touched, const Snapshot& whole,
                           const Snapshot& held, const Make& make) const {
  Delta changes;
  for (const EntryKey& key : touched) {
    const EntryPtr entry = whole.find(key);
    const EntryPtr before = held.find(key);
    const SecretItems items = of(key);
    EntryPtr next = entry == nullptr || items.none() ? nullptr : make(entry, items);
    if (next == nullptr) {
      if (before != nullptr) changes.removed.push_back(key);
    } else if (before == nullptr || before->bytes != next->bytes) {
      changes.upserts.push_back(std::move(next));
    }
  }
  return changes;
}

EntryPtr secret_entry_with(const EntryPtr& entry, SecretItems items) {
  const auto keep = [&](auto object, auto with_items) -> EntryPtr {
    if (!object.ParseFromString(entry->bytes)) return nullptr;
    auto kept = std::make_shared<Entry>();
    kept->key = entry->key;
    kept->revision = entry->revision;
    kept->bytes = serialize(with_items(object));
    if (kept->bytes == entry->bytes) return entry;
    return kept;
  };
  if (entry->key.kind == kConfigMapKind) {
    return keep(v1::ConfigMap(), config_map_with_authorities);
  }
  return keep(v1::Secret(), [&](const v1::Secret& secret) { return secret_with(secret, items); });
}

}  // namespace limpet
