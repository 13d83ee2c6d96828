// The status of a BackendTLSPolicy.
#include <string>

#include "core/base/text.h"
#include "core/resource/condition.h"
#include "core/routing/compile_cluster.h"
#include "core/routing/compile_index.h"
#include "core/routing/compile_policy.h"
#include "core/routing/compile_tls.h"
#include "core/routing/gateway_index.h"
#include "core/routing/status.h"

namespace limpet {
namespace {

// Whether the port of a target is this policy's, or another's.
Verdict judge_port(const RoutingTable& table, const v1::BackendTLSPolicy& policy,
                   const v1::BackendTLSTarget& target, const v1::ServicePort& port) {
  const std::string name = cluster_name(policy.metadata().namespace_(), target.name(), port.port());
  const auto* cluster = table.clusters.find(name);
  const std::string_view kind = v1::BackendTLSPolicy::descriptor()->name();
  const std::string_view applied = cluster == nullptr ? "" : (*cluster)->policy_name(kind);
  if (applied == object_name(policy.metadata())) return {kTrue, "Accepted"};
  if (applied.empty()) {
    const std::string_view upstream =
        cluster == nullptr ? "" : (*cluster)->policy_name("UpstreamTLSPolicy");
    return {kFalse, "Conflicted",
            str_cat("the UpstreamTLSPolicy ", upstream, " has port ", port.port(), " of ",
                    target.name(), ", and goes before")};
  }
  v1::BackendTLSPolicy other;
  const EntryPtr entry = table.index->snapshot.find(key_of_name(kind, applied));
  const bool closer = target.section_name().empty() && !port.name().empty() && entry != nullptr &&
                      other.ParseFromString(entry->bytes) &&
                      has_target(other, target.name(), port.name());
  // What names the port alone goes before, and is no conflict.
  if (closer) return {kTrue, "Accepted"};
  return {kFalse, "Conflicted",
          str_cat("the older BackendTLSPolicy ", applied, " has port ", port.port(), " of ",
                  target.name())};
}

Verdict judge_target(const RoutingTable& table, const v1::BackendTLSPolicy& policy,
                     const v1::BackendTLSTarget& target) {
  const EntryKey key{"Service", policy.metadata().namespace_(), target.name()};
  const EntryPtr entry = table.index->snapshot.find(key);
  v1::Service service;
  if (entry == nullptr || !service.ParseFromString(entry->bytes)) {
    return {kFalse, "TargetNotFound", str_cat(to_string(key), " does not exist")};
  }
  const std::string& section = target.section_name();
  bool found = section.empty();
  for (const v1::ServicePort& port : service.spec().ports()) {
    if (!is_tcp(port) || (!section.empty() && port.name() != section)) continue;
    found = true;
    Verdict verdict = judge_port(table, policy, target, port);
    if (verdict.status != kTrue) return verdict;
  }
  if (found) return {kTrue, "Accepted"};
  return {kFalse, "TargetNotFound",
          str_cat(to_string(key), " has no TCP port with the name ", section)};
}

Verdict judge_targets(const RoutingTable& table, const v1::BackendTLSPolicy& policy) {
  for (const v1::BackendTLSTarget& target : policy.spec().target_refs()) {
    Verdict verdict = judge_target(table, policy, target);
    if (verdict.status != kTrue) return verdict;
  }
  return {kTrue, "Accepted"};
}

}  // namespace

void set_backend_tls_status(const RoutingTable& table, const StatusSources& sources,
                            v1::BackendTLSPolicy& policy) {
  const ResolvedUpstream resolved = resolve_backend(sources.secrets, policy);
  Verdict references = resolved.verdict;
  Verdict accepted = judge_targets(table, policy);
  if (!resolved.holds()) {
    references.message += "; its requests are answered 503";
    if (accepted.status == kTrue) {
      accepted = {kFalse, "NoValidCACertificate",
                  "none of spec.validation.caCertificateRefs is of use"};
    }
  }
  const auto add = [&](std::string_view type, const Verdict& verdict) {
    set_condition(*policy.mutable_status()->add_conditions(), type, policy.metadata().generation(),
                  verdict);
  };
  add("Accepted", accepted);
  add("ResolvedRefs", references);
}

}  // namespace limpet
