#include "core/routing/secret_reference.h"

#include "core/resource/policy.h"
#include "core/resource/secret.h"

namespace limpet {

bool names_secret(const v1::SecretReference& ref) {
  return ref.group().empty() && (!ref.has_kind() || ref.kind() == kSecretKind);
}

bool is_own(const v1::SecretReference& ref, const std::string& ns) {
  return ref.namespace_().empty() || ref.namespace_() == ns;
}

std::optional<EntryKey> secret_key_of(const v1::SecretReference& ref, const std::string& ns) {
  if (!names_secret(ref) || !is_own(ref, ns)) return std::nullopt;
  return EntryKey{std::string(kSecretKind), ns, ref.name()};
}

bool terminates_tls(const v1::Listener& listener) {
  return listener.protocol() == "HTTPS" && listener.tls().mode() != "Passthrough";
}

std::set<EntryKey> secrets_of(const v1::Listener& listener, const std::string& ns) {
  std::set<EntryKey> secrets;
  if (!terminates_tls(listener)) return secrets;
  for (const v1::SecretReference& ref : listener.tls().certificate_refs()) {
    if (const auto key = secret_key_of(ref, ns)) secrets.insert(*key);
  }
  return secrets;
}

std::vector<SecretUse> secrets_of(const v1::Gateway& gateway) {
  std::vector<SecretUse> uses;
  for (const v1::Listener& listener : gateway.spec().listeners()) {
    for (const EntryKey& key : secrets_of(listener, gateway.metadata().namespace_())) {
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
    const auto key = secret_key_of(config.certificate_ref(), policy.metadata().namespace_());
    const SecretItems items = read_items(config);
    if (key && !items.none()) uses.emplace_back(*key, items);
  }
  return uses;
}

}  // namespace limpet
