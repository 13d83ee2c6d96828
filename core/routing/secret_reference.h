// Which Secrets and ConfigMaps listeners and policies refer to, and what they need of them. Whether
// these exist and are of use is compile_tls.h.
//
// A Gateway refers to Secrets of other namespaces, too, as far as ReferenceGrants there permit it;
// a policy to those of its own alone.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/resource/tls_secret.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

class ReferenceGrants;

using SecretUse = std::pair<EntryKey, SecretItems>;

// What an object of the namespace refers to, in whatever namespace; nothing when it is no Secret.
std::optional<EntryKey> certificate_key_of(const v1::SecretReference& ref, const std::string& ns);

// Whether the listener ends TLS itself: HTTPS with the mode Terminate, which is the default.
bool terminates_tls(const v1::Listener& listener);

// What the listeners of a Gateway use.
std::vector<SecretUse> secrets_of(const v1::Gateway& gateway, const ReferenceGrants& grants);
// What a listener of a Gateway of the namespace names, permitted or not.
std::set<EntryKey> secrets_of(const v1::Listener& listener, const std::string& ns);

// What is read of the Secret that the configuration names, and what of that must be there: with
// mTLS, those who sign endpoints' certificates may be left to the node's system.
SecretItems read_items(const v1::UpstreamTLSConfig& config);
SecretItems required_items(const v1::UpstreamTLSConfig& config);
// What the ports of a policy use.
std::vector<SecretUse> secrets_of(const v1::UpstreamTLSPolicy& policy);

// Nothing when it is to another kind.
std::optional<EntryKey> authorities_key_of(const v1::CACertificateReference& ref,
                                           const std::string& ns);
std::vector<SecretUse> secrets_of(const v1::BackendTLSPolicy& policy);

// The kinds that say how endpoints are spoken to over TLS.
inline constexpr std::string_view kTlsPolicyKinds[] = {"UpstreamTLSPolicy", "BackendTLSPolicy"};
bool is_tls_policy_kind(std::string_view kind);

// What a policy of one of these kinds is for, and what it uses.
struct TlsPolicyReferences {
  std::set<std::string> services;  // "namespace/name"
  std::vector<SecretUse> secrets;
};
// Nothing of what cannot be read, and of null.
TlsPolicyReferences tls_policy_references(const EntryPtr& entry);

}  // namespace limpet
