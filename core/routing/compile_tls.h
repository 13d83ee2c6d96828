// What listeners and policies say of TLS, with the Secrets that they name.
//
// A Secret that is missing, of a wrong kind, or of no use never means plain text: a listener
// without any certificate is not opened, and a cluster whose policy cannot be kept gets no request.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/resource/condition.h"
#include "core/routing/reference_grants.h"
#include "core/routing/secret_reference.h"
#include "core/routing/tls_settings.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// The Secret, with its values as far as they can be read; nothing when there is none. A ConfigMap
// is found as a Secret with its items.
using FindSecret = std::function<std::optional<v1::Secret>(const EntryKey&)>;

// Those of the snapshot, as they are there. The snapshot must outlive it.
FindSecret secrets_in(const Snapshot& snapshot);

// A certificate that a listener names.
struct ResolvedCertificate {
  Verdict verdict;  // of ResolvedRefs: kTrue, or why it is not of use
  TlsCertificate certificate;
};
ResolvedCertificate resolve_certificate(const FindSecret& find, const ReferenceGrants& grants,
                                        const v1::SecretReference& ref, const std::string& ns);

// Null when none of its certificates is of use. Requires: the listener ends TLS. `previous`, if it
// says the same, is the result.
std::shared_ptr<const ListenerTls> compile_listener_tls(
    const FindSecret& find, const ReferenceGrants& grants, const v1::Listener& listener,
    const std::string& ns,
    const std::shared_ptr<const ListenerTls>& previous);

// What an UpstreamTLSPolicy says of a port.
struct ResolvedUpstream {
  Verdict verdict;  // of ResolvedRefs: kTrue, or why it cannot be kept
  UpstreamTls tls;
  bool partly = false;  // some authorities are missing, and those that are there hold

  bool holds() const { return verdict.status == kTrue || partly; }
};
ResolvedUpstream resolve_upstream(const FindSecret& find, const v1::UpstreamTLSConfig& config,
                                  const std::string& ns, const std::string& default_hostname);
// What a BackendTLSPolicy says, which is the same for all of its ports.
ResolvedUpstream resolve_backend(const FindSecret& find, const v1::BackendTLSPolicy& policy);

// What endpoints' certificates are for where a policy does not say: the name that they are found by
// in DNS, or "SERVICE.NAMESPACE.svc", as certificates within a Kubernetes cluster have it.
std::string default_upstream_hostname(const v1::Service& service);

}  // namespace limpet
