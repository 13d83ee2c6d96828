#include "core/routing/compile_tls.h"

#include <utility>

#include <absl/status/statusor.h>

#include "core/base/text.h"
#include "core/resource/config_map.h"
#include "core/resource/dns_target.h"
#include "core/resource/secret.h"

namespace limpet {
namespace {

constexpr std::string_view kInvalid = "InvalidCertificateRef";

std::string secret_name(const EntryKey& key) { return str_cat(key.ns, "/", key.name); }

// The Secret that the reference is to, or why there is none that may be used.
struct Found {
  Verdict verdict;
  EntryKey key;
  v1::Secret secret;
};

Verdict not_a_secret(const v1::SecretReference& ref) {
  return {kFalse, kInvalid,
          str_cat(ref.kind(), ref.group().empty() ? "" : " of group ", ref.group(),
                  " is no certificate; a Secret is")};
}

Verdict not_permitted(const EntryKey& key, std::string_view why = "") {
  return {kFalse, "RefNotPermitted", str_cat(to_string(key), " is of another namespace", why)};
}

Found find_secret(const FindSecret& find, const EntryKey& key) {
  std::optional<v1::Secret> secret = find(key);
  if (!secret) return {{kFalse, kInvalid, str_cat(to_string(key), " does not exist")}, key, {}};
  return {{kTrue, "ResolvedRefs"}, key, *std::move(secret)};
}

std::string problem_text(const EntryKey& key, const ItemProblem& problem) {
  return str_cat(to_string(key), ": ", item_field(problem.item), " ", problem.message);
}

TlsCertificate certificate_of(const Found& found) {
  return {secret_name(found.key), value_of(found.secret, kTlsCertificateItem).value_or(""),
          value_of(found.secret, kTlsKeyItem).value_or("")};
}

// PEM, or why there is none.
absl::StatusOr<std::string> authorities_of(const FindSecret& find, const EntryKey& key) {
  const std::optional<v1::Secret> found = find(key);
  if (!found) return absl::NotFoundError(str_cat(to_string(key), " does not exist"));
  const std::vector<ItemProblem> problems = check_items(*found, {.authorities = true});
  if (!problems.empty()) {
    return absl::InvalidArgumentError(problem_text(key, problems.front()));
  }
  return value_of(*found, kTlsAuthoritiesItem).value_or("");
}

}  // namespace

FindSecret secrets_in(const Snapshot& snapshot) {
  return [&snapshot](const EntryKey& key) -> std::optional<v1::Secret> {
    const EntryPtr entry = snapshot.find(key);
    if (entry == nullptr) return std::nullopt;
    if (key.kind == kConfigMapKind) {
      v1::ConfigMap config_map;
      if (!config_map.ParseFromString(entry->bytes)) return std::nullopt;
      return as_secret(config_map);
    }
    v1::Secret secret;
    if (!secret.ParseFromString(entry->bytes)) return std::nullopt;
    return secret;
  };
}

ResolvedCertificate resolve_certificate(const FindSecret& find, const ReferenceGrants& grants,
                                        const v1::SecretReference& ref, const std::string& ns) {
  const auto key = certificate_key_of(ref, ns);
  if (!key) return {not_a_secret(ref), {}};
  if (!grants.permits({"Gateway", ns}, *key)) {
    return {not_permitted(*key, ", which has no ReferenceGrant for it"), {}};
  }
  Found found = find_secret(find, *key);
  if (found.verdict.status != kTrue) return {std::move(found.verdict), {}};
  if (found.secret.type() != kTlsSecretType) {
    return {{kFalse, kInvalid,
             str_cat(to_string(found.key), " is of the type ", found.secret.type(), ", not ",
                     kTlsSecretType)},
            {}};
  }
  const std::vector<ItemProblem> problems = check_items(found.secret, {.identity = true});
  if (!problems.empty()) {
    return {{kFalse, kInvalid, problem_text(found.key, problems.front())}, {}};
  }
  return {std::move(found.verdict), certificate_of(found)};
}

std::shared_ptr<const ListenerTls> compile_listener_tls(
    const FindSecret& find, const ReferenceGrants& grants, const v1::Listener& listener,
    const std::string& ns,
    const std::shared_ptr<const ListenerTls>& previous) {
  ListenerTls tls;
  for (const v1::SecretReference& ref : listener.tls().certificate_refs()) {
    ResolvedCertificate resolved = resolve_certificate(find, grants, ref, ns);
    if (resolved.verdict.status == kTrue) {
      tls.certificates.push_back(std::move(resolved.certificate));
    }
  }
  if (tls.certificates.empty()) return nullptr;
  if (previous != nullptr && *previous == tls) return previous;
  return std::make_shared<const ListenerTls>(std::move(tls));
}

ResolvedUpstream resolve_upstream(const FindSecret& find, const v1::UpstreamTLSConfig& config,
                                  const std::string& ns, const std::string& default_hostname) {
  ResolvedUpstream resolved{{kTrue, "ResolvedRefs"}, {}};
  resolved.tls.hostname = config.hostname().empty() ? default_hostname : config.hostname();
  resolved.tls.verify = !config.insecure_skip_verify();
  if (!config.has_certificate_ref()) {
    if (config.m_tls()) {
      resolved.verdict = {kFalse, kInvalid, "mTLS needs a certificateRef: there is none"};
    }
    return resolved;
  }
  const SecretItems read = read_items(config);
  if (read.none()) return resolved;
  // Gateway API knows no grants for policies.
  const auto key = certificate_key_of(config.certificate_ref(), ns);
  Found found;
  if (!key) {
    found.verdict = not_a_secret(config.certificate_ref());
  } else if (key->ns != ns) {
    found.verdict = not_permitted(*key);
  } else {
    found = find_secret(find, *key);
  }
  if (found.verdict.status != kTrue) return {found.verdict, std::move(resolved.tls)};
  SecretItems checked = required_items(config);
  checked.authorities |= read.authorities && has_item(found.secret, kTlsAuthoritiesItem);
  const std::vector<ItemProblem> problems = check_items(found.secret, checked);
  if (!problems.empty()) {
    resolved.verdict = {kFalse, kInvalid, problem_text(found.key, problems.front())};
    return resolved;
  }
  if (checked.authorities) {
    resolved.tls.authorities = value_of(found.secret, kTlsAuthoritiesItem).value_or("");
  }
  if (read.identity) resolved.tls.certificate.push_back(certificate_of(found));
  return resolved;
}

ResolvedUpstream resolve_backend(const FindSecret& find, const v1::BackendTLSPolicy& policy) {
  const v1::BackendTLSValidation& validation = policy.spec().validation();
  ResolvedUpstream resolved{{kTrue, "ResolvedRefs"}, {}};
  resolved.tls.hostname = validation.hostname();
  for (const v1::SubjectAltName& name : validation.subject_alt_names()) {
    if (name.type() == "URI") {
      resolved.tls.uris.push_back(name.uri());
    } else {
      resolved.tls.dns_names.push_back(name.hostname());
    }
  }
  for (const v1::CACertificateReference& ref : validation.ca_certificate_refs()) {
    Verdict verdict{kTrue, ""};
    if (const auto key = authorities_key_of(ref, policy.metadata().namespace_())) {
      const absl::StatusOr<std::string> pem = authorities_of(find, *key);
      if (pem.ok()) {
        resolved.partly = true;
        resolved.tls.authorities += str_cat(*pem, "\n");
        continue;
      }
      verdict = {kFalse, "InvalidCACertificateRef", std::string(pem.status().message())};
    } else {
      verdict = {kFalse, "InvalidKind",
                 str_cat(ref.kind(), ref.group().empty() ? "" : " of group ", ref.group(),
                         " has no authorities; a ConfigMap or a Secret has")};
    }
    if (resolved.verdict.status == kTrue) resolved.verdict = std::move(verdict);
  }
  return resolved;
}

std::string default_upstream_hostname(const v1::Service& service) {
  if (const std::optional<DnsTarget> target = dns_target(service)) return target->name;
  return str_cat(service.metadata().name(), ".", service.metadata().namespace_(), ".svc");
}

}  // namespace limpet
