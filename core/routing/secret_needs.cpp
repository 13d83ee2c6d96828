#include "core/routing/secret_needs.h"

#include <memory>
#include <utility>

#include "core/resource/policy.h"

namespace limpet {

void SecretNeeds::advance(const Delta& change, const Snapshot& state, std::set<EntryKey>& touched) {
  for (const EntryKey& key : change.removed) look_at(key, state, touched);
  for (const EntryPtr& entry : change.upserts) look_at(entry->key, state, touched);
}

SecretItems SecretNeeds::of(const EntryKey& secret) const {
  const auto found = counts_.find(secret);
  if (found == counts_.end()) return {};
  return {.identity = found->second.identity > 0, .authorities = found->second.authorities > 0};
}

void SecretNeeds::look_at(const EntryKey& key, const Snapshot& state, std::set<EntryKey>& touched) {
  if (key.kind == "Gateway") {
    const EntryPtr entry = state.find(key);
    v1::Gateway gateway;
    const bool there = entry != nullptr && gateway.ParseFromString(entry->bytes);
    set(key, there ? secrets_of(gateway) : std::vector<SecretUse>(), touched);
  } else if (key.kind == "UpstreamTLSPolicy") {
    move_policy(key, state);
    look_at_policy(key, state, touched);
  } else if (key.kind == "Service") {
    const auto policies = policies_of_service_.find(key);
    if (policies == policies_of_service_.end()) return;
    for (const EntryKey& policy : policies->second) look_at_policy(policy, state, touched);
  }
}

void SecretNeeds::move_policy(const EntryKey& key, const Snapshot& state) {
  if (const auto old = service_of_policy_.find(key); old != service_of_policy_.end()) {
    const auto policies = policies_of_service_.find(old->second);
    policies->second.erase(key);
    if (policies->second.empty()) policies_of_service_.erase(policies);
    service_of_policy_.erase(old);
  }
  const EntryPtr entry = state.find(key);
  v1::UpstreamTLSPolicy policy;
  if (entry == nullptr || !policy.ParseFromString(entry->bytes)) return;
  if (target_name(policy).empty()) return;
  const EntryKey service{"Service", key.ns, policy.spec().target_ref().name()};
  service_of_policy_.emplace(key, service);
  policies_of_service_[service].insert(key);
}

void SecretNeeds::look_at_policy(const EntryKey& key, const Snapshot& state,
                                 std::set<EntryKey>& touched) {
  const EntryPtr entry = state.find(key);
  const auto service = service_of_policy_.find(key);
  v1::UpstreamTLSPolicy policy;
  const bool counts = entry != nullptr && service != service_of_policy_.end() &&
                      state.find(service->second) != nullptr &&
                      policy.ParseFromString(entry->bytes);
  set(key, counts ? secrets_of(policy) : std::vector<SecretUse>(), touched);
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
  v1::Secret secret;
  if (!secret.ParseFromString(entry->bytes)) return nullptr;
  auto kept = std::make_shared<Entry>();
  kept->key = entry->key;
  kept->revision = entry->revision;
  kept->bytes = serialize(secret_with(secret, items));
  if (kept->bytes == entry->bytes) return entry;
  return kept;
}

}  // namespace limpet
