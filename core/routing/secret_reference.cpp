#include "core/routing/secret_reference.h"

#include <algorithm>
#include <iterator>

#include "core/resource/config_map.h"
#include "core/resource/policy.h"
#include "core/resource/secret.h"
#include "core/routing/reference_grants.h"

namespace limpet {

std::optional<EntryKey> certificate_key_of(const v1::SecretReference& ref, const std::string& ns) {
  const bool is_secret = ref.group().empty() && (!ref.has_kind() || ref.kind() == kSecretKind);
  if (!is_secret) return std::nullopt;
  return EntryKey{std::string(kSecretKind), ref.namespace_().empty() ? ns : ref.namespace_(),
                  ref.name()};
}

bool terminates_tls(const v1::Listener& listener) {
  return listener.protocol() == "HTTPS" && listener.tls().mode() != "Passthrough";
}

std::set<EntryKey> secrets_of(const v1::Listener& listener, const std::string& ns) {
  std::set<EntryKey> secrets;
  if (!terminates_tls(listener)) return secrets;
  for (const v1::SecretReference& ref : listener.tls().certificate_refs()) {
    if (const auto key = certificate_key_of(ref, ns)) secrets.insert(*key);
  }
  return secrets;
}

std::vector<SecretUse> secrets_of(const v1::Gateway& gateway, const ReferenceGrants& grants) {
  const std::string& ns = gateway.metadata().namespace_();
  std::vector<SecretUse> uses;
  for (const v1::Listener& listener : gateway.spec().listeners()) {
    for (const EntryKey& key : secrets_of(listener, ns)) {
      if (!grants.permits({"Gateway", ns}, key)) continue;
      uses.emplace_back(key, SecretItems{.identity = true});
    }
  }
  return uses;
}

SecretItems read_items(const v1::UpstreamTLSConfig& config) {
  return {.identity = config.m_tls(), .authorities = !config.insecure_skip_verify()};
}

SecretItems required_items(const v1::UpstreamTLSConfig& config) {
  return {.identity = config.m_tls(),
          .authorities = !config.insecure_skip_verify() && !config.m_tls()};
}

std::vector<SecretUse> secrets_of(const v1::UpstreamTLSPolicy& policy) {
  std::vector<SecretUse> uses;
  if (target_name(policy).empty()) return uses;
  for (const v1::UpstreamTLSPort& port : policy.spec().ports()) {
    const v1::UpstreamTLSConfig config = config_of(policy.spec(), port);
    if (!config.has_certificate_ref()) continue;
    const std::string& ns = policy.metadata().namespace_();
    const auto key = certificate_key_of(config.certificate_ref(), ns);
    const SecretItems items = read_items(config);
    if (key && key->ns == ns && !items.none()) uses.emplace_back(*key, items);
  }
  return uses;
}

std::optional<EntryKey> authorities_key_of(const v1::CACertificateReference& ref,
                                           const std::string& ns) {
  const bool known = ref.kind() == kSecretKind || ref.kind() == kConfigMapKind;
  if (!ref.group().empty() || !known) return std::nullopt;
  return EntryKey{ref.kind(), ns, ref.name()};
}

std::vector<SecretUse> secrets_of(const v1::BackendTLSPolicy& policy) {
  std::vector<SecretUse> uses;
  for (const v1::CACertificateReference& ref : policy.spec().validation().ca_certificate_refs()) {
    const auto key = authorities_key_of(ref, policy.metadata().namespace_());
    if (key) uses.emplace_back(*key, SecretItems{.authorities = true});
  }
  return uses;
}

bool is_tls_policy_kind(std::string_view kind) {
  return std::find(std::begin(kTlsPolicyKinds), std::end(kTlsPolicyKinds), kind) !=
         std::end(kTlsPolicyKinds);
}

TlsPolicyReferences tls_policy_references(const EntryPtr& entry) {
  const auto read = [&](auto policy) -> TlsPolicyReferences {
    if (entry == nullptr || !policy.ParseFromString(entry->bytes)) return {};
    return {target_names(policy), secrets_of(policy)};
  };
  const bool backend = entry != nullptr && entry->key.kind == "BackendTLSPolicy";
  return backend ? read(v1::BackendTLSPolicy()) : read(v1::UpstreamTLSPolicy());
}

}  // namespace limpet
