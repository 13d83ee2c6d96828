#include "server/access/needs.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "core/resource/object.h"

namespace limpet {
namespace {

// A kind that nobody knows is refused later, by those who know kinds.
bool is_namespaced(std::string_view kind) {
  const KindInfo* info = find_kind(kind);
  return info == nullptr || info->namespaced;
}

std::string or_default(const std::string& ns) { return ns.empty() ? "default" : ns; }

std::string namespace_of(const v1::EntryKey& key) {
  if (!is_namespaced(key.kind())) return {};
  return or_default(key.namespace_());
}

void add(Needs& needs, Need need) {
  if (std::ranges::find(needs, need) == needs.end()) needs.push_back(std::move(need));
}

// To read the objects of a kind, or of all (empty), in a namespace, or in all (empty).
Need to_view(std::string_view kind, const std::string& ns) {
  if (!kind.empty() && !is_namespaced(kind)) return {Role::kViewer, "", true};
  return {Role::kViewer, ns, false};
}

Need to_view(const v1::EntryKey& key) { return to_view(key.kind(), namespace_of(key)); }

std::string text_of(const Need& need) {
  if (need.anywhere) return str_cat(to_string(need.role), " in some namespace");
  if (need.ns.empty()) return str_cat(to_string(need.role), " in all namespaces");
  return str_cat(to_string(need.role), " in namespace ", need.ns);
}

}  // namespace

Needs needs_of(const v1::ApplyRequest& request) {
  Needs needs;
  for (const v1::Resource& resource : request.resources()) {
    if (object_of(resource) == nullptr) continue;
    add(needs, {Role::kEditor, key_of(resource).ns, false});
  }
  for (const v1::EntryKey& key : request.deletes()) {
    add(needs, {Role::kEditor, namespace_of(key), false});
  }
  if (!request.prune_labels().empty() || needs.empty()) add(needs, {Role::kEditor, "", false});
  return needs;
}

Needs needs_of(const v1::DeleteRequest& request) {
  Needs needs;
  for (const v1::EntryKey& key : request.keys()) {
    add(needs, {Role::kEditor, namespace_of(key), false});
  }
  if (needs.empty()) add(needs, {Role::kEditor, "", false});
  return needs;
}

Needs needs_of(const v1::RollbackRequest&) { return {{Role::kEditor, "", false}}; }

Needs needs_of(const v1::EvictSessionsRequest& request) {
  return {{Role::kEditor, or_default(request.namespace_()), false}};
}

Needs needs_of(const v1::DrainRequest& request) {
  return {{Role::kEditor, or_default(request.namespace_()), false}};
}

Needs needs_of(const v1::GetDrainRequest& request) {
  return {{Role::kViewer, or_default(request.namespace_()), false}};
}

Needs needs_of(const v1::ListEndpointsRequest& request) {
  return {{Role::kViewer, or_default(request.namespace_()), false}};
}

Needs needs_of(const v1::GetRequest& request) { return {to_view(request.key())}; }

Needs needs_of(const v1::ListRequest& request) {
  return {to_view(request.kind(), request.namespace_())};
}

Needs needs_of(const v1::WatchRequest& request) {
  return {to_view(request.kind(), request.namespace_())};
}

Needs needs_of(const v1::ListRevisionsRequest& request) {
  if (request.has_object()) return {to_view(request.object())};
  return kViewEverything;
}

absl::Status check_needs(const Grants& grants, const Needs& needs) {
  for (const Need& need : needs) {
    const bool permitted = need.anywhere ? grants.permit_anywhere(need.role)
                                         : grants.permit(need.role, need.ns);
    if (permitted) continue;
    return absl::PermissionDeniedError(
        str_cat("needs ", text_of(need), ", and has ", to_string(grants)));
  }
  return absl::OkStatus();
}

}  // namespace limpet
