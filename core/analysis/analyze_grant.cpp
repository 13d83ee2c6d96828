#include "core/analysis/analyze_grant.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/routing/compile_index.h"
#include "core/routing/reference_grants.h"

namespace limpet {
namespace {

constexpr char kServed[] = "of HTTPRoutes to Services, and of Gateways to Secrets";

template <typename GroupKind>
std::string kind_text(const GroupKind& named) {
  const std::string group = named.group().empty() ? "" : str_cat(" of group ", named.group());
  return named.kind() + group;
}

}  // namespace

std::vector<Finding> analyze_grant(const v1::ReferenceGrant& grant, const RoutingTable& table) {
  const v1::ObjectMeta& metadata = grant.metadata();
  const EntryKey key{std::string(kReferenceGrantKind), metadata.namespace_(), metadata.name()};
  std::vector<Finding> findings;
  const auto warn = [&](std::string field, std::string message, std::string advice) {
    findings.push_back({Severity::kWarning, key, std::move(field), std::move(message),
                        std::move(advice)});
  };
  const auto& froms = grant.spec().from();
  const auto& tos = grant.spec().to();
  for (int i = 0; i < froms.size(); ++i) {
    const v1::ReferenceGrantFrom& from = froms[i];
    const std::string field = str_cat("spec.from[", i, "]");
    const bool effective = std::any_of(tos.begin(), tos.end(),
                                       [&](const auto& to) { return has_effect(from, to); });
    if (!effective) {
      warn(field,
           str_cat("no effect: references ", kServed, " need a grant; not those of ",
                   kind_text(from), " to any of spec.to"),
           "correct the group and the kind, or remove it");
    } else if (from.namespace_() == metadata.namespace_()) {
      warn(field, "no effect: references within a namespace need no grant",
           "name the namespace of those that refer, or remove it");
    }
  }
  for (int i = 0; i < tos.size(); ++i) {
    const v1::ReferenceGrantTo& to = tos[i];
    const std::string field = str_cat("spec.to[", i, "]");
    const bool effective = std::any_of(froms.begin(), froms.end(),
                                       [&](const auto& from) { return has_effect(from, to); });
    if (!effective) {
      warn(field,
           str_cat("no effect: references ", kServed, " need a grant; not those to ",
                   kind_text(to), " of any of spec.from"),
           "correct the group and the kind, or remove it");
      continue;
    }
    const EntryKey named{to.kind(), metadata.namespace_(), to.name()};
    if (to.name().empty() || table.index->snapshot.find(named) != nullptr) continue;
    warn(field + ".name", str_cat(to_string(named), " does not exist"),
         "create it, or correct the name");
  }
  return findings;
}

}  // namespace limpet
