// Which Secrets listeners and policies refer to, and what they need of them. Whether these exist
// and are of use is compile_tls.h.
//
// A Secret of another namespace would need a ReferenceGrant, and there are none: it is referred to
// by nobody.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/resource/tls_secret.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

using SecretUse = std::pair<EntryKey, SecretItems>;

// Whether the reference is to a Secret at all.
bool names_secret(const v1::SecretReference& ref);
// Whether a reference that an object of the namespace makes is to one of its own namespace.
bool is_own(const v1::SecretReference& ref, const std::string& ns);
// Nothing when it is to another kind or namespace.
std::optional<EntryKey> secret_key_of(const v1::SecretReference& ref, const std::string& ns);

// Whether the listener ends TLS itself: HTTPS with the mode Terminate, which is the default.
bool terminates_tls(const v1::Listener& listener);

// What the listeners of a Gateway use.
std::vector<SecretUse> secrets_of(const v1::Gateway& gateway);
std::set<EntryKey> secrets_of(const v1::Listener& listener, const std::string& ns);

// What is read of the Secret that the configuration names, and what of that must be there: with
// mTLS, those who sign endpoints' certificates may be left to the node's system.
SecretItems read_items(const v1::UpstreamTLSConfig& config);
SecretItems required_items(const v1::UpstreamTLSConfig& config);
// What the ports of a policy use.
std::vector<SecretUse> secrets_of(const v1::UpstreamTLSPolicy& policy);

}  // namespace limpet
