#include "core/routing/route_attachment.h"

#include <algorithm>
#include <map>
#include <string>

namespace limpet {
namespace {

constexpr char kGatewayGroup[] = "gateway.networking.k8s.io";
constexpr char kNamespaceNameLabel[] = "kubernetes.io/metadata.name";

bool names_listener(const v1::HTTPRoute& route, const v1::ParentReference& parent,
                    const v1::Gateway& gateway, const v1::Listener& listener) {
  if (parent.has_group() && parent.group() != kGatewayGroup) return false;
  if (parent.has_kind() && parent.kind() != "Gateway") return false;
  const std::string& ns =
      parent.namespace_().empty() ? route.metadata().namespace_() : parent.namespace_();
  if (ns != gateway.metadata().namespace_() || parent.name() != gateway.metadata().name()) {
    return false;
  }
  if (!parent.section_name().empty() && parent.section_name() != listener.name()) return false;
  return parent.port() == 0 || parent.port() == listener.port();
}

bool requirement_holds(const v1::LabelSelector::Requirement& requirement,
                       const std::map<std::string, std::string>& labels) {
  const auto label = labels.find(requirement.key());
  const bool exists = label != labels.end();
  if (requirement.operator_() == "Exists") return exists;
  if (requirement.operator_() == "DoesNotExist") return !exists;
  const bool listed = exists && std::find(requirement.values().begin(), requirement.values().end(),
                                          label->second) != requirement.values().end();
  return requirement.operator_() == "In" ? listed : !listed;
}

// An empty selector selects every namespace (Kubernetes, LabelSelector).
bool selects(const v1::LabelSelector& selector, const v1::HTTPRoute& route,
             const v1::Namespace* route_namespace) {
  std::map<std::string, std::string> labels;
  if (route_namespace != nullptr) {
    labels.insert(route_namespace->metadata().labels().begin(),
                  route_namespace->metadata().labels().end());
  }
  labels[kNamespaceNameLabel] = route.metadata().namespace_();
  for (const auto& [key, value] : selector.match_labels()) {
    const auto label = labels.find(key);
    if (label == labels.end() || label->second != value) return false;
  }
  return std::all_of(selector.match_expressions().begin(), selector.match_expressions().end(),
                     [&](const auto& requirement) {
                       return requirement_holds(requirement, labels);
                     });
}

bool allows_namespace(const v1::HTTPRoute& route, const v1::Gateway& gateway,
                      const v1::Listener& listener, const v1::Namespace* route_namespace) {
  const v1::RouteNamespaces& namespaces = listener.allowed_routes().namespaces();
  if (namespaces.from() == "All") return true;
  if (namespaces.from() == "Selector") {
    return selects(namespaces.selector(), route, route_namespace);
  }
  return route.metadata().namespace_() == gateway.metadata().namespace_();
}

bool allows_kind(const v1::Listener& listener) {
  const auto& kinds = listener.allowed_routes().kinds();
  return kinds.empty() || std::any_of(kinds.begin(), kinds.end(), [](const auto& kind) {
           return kind.kind() == "HTTPRoute" &&
                  (!kind.has_group() || kind.group() == kGatewayGroup);
         });
}

}  // namespace

bool attaches(const v1::HTTPRoute& route, const v1::Gateway& gateway,
              const v1::Listener& listener, const v1::Namespace* route_namespace) {
  const auto& parents = route.spec().parent_refs();
  return std::any_of(parents.begin(), parents.end(),
                     [&](const v1::ParentReference& parent) {
                       return names_listener(route, parent, gateway, listener);
                     }) &&
         allows_kind(listener) && allows_namespace(route, gateway, listener, route_namespace);
}

}  // namespace limpet
