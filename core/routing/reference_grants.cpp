#include "core/routing/reference_grants.h"

#include <algorithm>
#include <utility>

#include "core/resource/kind.h"
#include "core/resource/secret.h"
#include "core/routing/secret_reference.h"

namespace limpet {
namespace {

constexpr std::string_view kServiceKind = "Service";
constexpr std::string_view kRouteKind = "HTTPRoute";
constexpr std::string_view kGatewayKind = "Gateway";

// Whether the group and the kind are those of a kind that there is.
template <typename GroupKind>
bool is_kind(const GroupKind& named, std::string_view kind) {
  const KindInfo* info = find_kind(kind);
  return info != nullptr && named.kind() == kind && named.group() == info->group;
}

}  // namespace

bool grants(const v1::ReferenceGrant& grant, const Referrer& from, const EntryKey& to) {
  const auto& froms = grant.spec().from();
  const auto& tos = grant.spec().to();
  return std::any_of(froms.begin(), froms.end(),
                     [&](const v1::ReferenceGrantFrom& item) {
                       return is_kind(item, from.kind) && item.namespace_() == from.ns;
                     }) &&
         std::any_of(tos.begin(), tos.end(), [&](const v1::ReferenceGrantTo& item) {
           return is_kind(item, to.kind) && (item.name().empty() || item.name() == to.name);
         });
}

bool has_effect(const v1::ReferenceGrantFrom& from, const v1::ReferenceGrantTo& to) {
  return (is_kind(from, kRouteKind) && is_kind(to, kServiceKind)) ||
         (is_kind(from, kGatewayKind) && is_kind(to, kSecretKind));
}

void ReferenceGrants::move(const EntryKey& grant, const Snapshot& state) {
  const auto* present = by_namespace_.find(grant.ns);
  OfNamespace changed = present == nullptr ? OfNamespace() : **present;
  const EntryPtr entry = state.find(grant);
  auto message = std::make_shared<v1::ReferenceGrant>();
  if (entry != nullptr && message->ParseFromString(entry->bytes)) {
    changed[grant.name] = std::move(message);
  } else {
    changed.erase(grant.name);
  }
  by_namespace_ =
      changed.empty()
          ? by_namespace_.erase(grant.ns)
          : by_namespace_.set(grant.ns, std::make_shared<const OfNamespace>(std::move(changed)));
}

bool ReferenceGrants::permits(const Referrer& from, const EntryKey& to) const {
  if (from.ns == to.ns) return true;
  const auto* present = by_namespace_.find(to.ns);
  return present != nullptr &&
         std::any_of((*present)->begin(), (*present)->end(),
                     [&](const auto& named) { return grants(*named.second, from, to); });
}

std::set<std::string> foreign_namespaces(const v1::Gateway& gateway) {
  std::set<std::string> namespaces;
  for (const v1::Listener& listener : gateway.spec().listeners()) {
    for (const EntryKey& secret : secrets_of(listener, gateway.metadata().namespace_())) {
      namespaces.insert(secret.ns);
    }
  }
  namespaces.erase(gateway.metadata().namespace_());
  return namespaces;
}

}  // namespace limpet
