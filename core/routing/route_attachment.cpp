#include "core/routing/route_attachment.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "core/base/text.h"

namespace limpet {
namespace {

constexpr char kGatewayGroup[] = "gateway.networking.k8s.io";
constexpr char kNamespaceNameLabel[] = "kubernetes.io/metadata.name";

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
  return std::all_of(
      selector.match_expressions().begin(), selector.match_expressions().end(),
      [&](const auto& requirement) { return requirement_holds(requirement, labels); });
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

const std::string& parent_namespace(const v1::HTTPRoute& route, const v1::ParentReference& parent) {
  return parent.namespace_().empty() ? route.metadata().namespace_() : parent.namespace_();
}

bool refers_to(const v1::HTTPRoute& route, const v1::Gateway& gateway,
               const v1::Listener& listener) {
  const v1::ObjectMeta& owner = gateway.metadata();
  const auto& parents = route.spec().parent_refs();
  return std::any_of(parents.begin(), parents.end(), [&](const v1::ParentReference& parent) {
    return names_gateway(parent) && parent.name() == owner.name() &&
           parent_namespace(route, parent) == owner.namespace_() &&
           names_listener(parent, listener);
  });
}

}  // namespace

std::string parent_name(const v1::HTTPRoute& route, const v1::ParentReference& parent) {
  return str_cat(parent_namespace(route, parent), "/", parent.name());
}

bool names_gateway(const v1::ParentReference& parent) {
  return (!parent.has_group() || parent.group() == kGatewayGroup) &&
         (!parent.has_kind() || parent.kind() == "Gateway");
}

bool names_listener(const v1::ParentReference& parent, const v1::Listener& listener) {
  if (!parent.section_name().empty() && parent.section_name() != listener.name()) return false;
  return parent.port() == 0 || parent.port() == listener.port();
}

bool is_http_route(const v1::RouteGroupKind& kind) {
  return kind.kind() == "HTTPRoute" && (!kind.has_group() || kind.group() == kGatewayGroup);
}

bool allows_http_routes(const v1::Listener& listener) {
  const auto& kinds = listener.allowed_routes().kinds();
  return kinds.empty() || std::any_of(kinds.begin(), kinds.end(), is_http_route);
}

bool allows(const v1::HTTPRoute& route, const v1::Gateway& gateway, const v1::Listener& listener,
            const v1::Namespace* route_namespace) {
  return allows_http_routes(listener) &&
         allows_namespace(route, gateway, listener, route_namespace);
}

bool allows(const v1::HTTPRoute& route, const v1::Gateway& gateway, const v1::Listener& listener,
            const Snapshot& snapshot) {
  std::optional<v1::Namespace> labels;
  if (listener.allowed_routes().namespaces().from() == "Selector") {
    const EntryPtr entry = snapshot.find({"Namespace", "", route.metadata().namespace_()});
    labels.emplace();
    if (entry == nullptr || !labels->ParseFromString(entry->bytes)) labels.reset();
  }
  return allows(route, gateway, listener, labels ? &*labels : nullptr);
}

bool attaches(const v1::HTTPRoute& route, const v1::Gateway& gateway, const v1::Listener& listener,
              const v1::Namespace* route_namespace) {
  return refers_to(route, gateway, listener) && allows(route, gateway, listener, route_namespace);
}

bool attaches(const v1::HTTPRoute& route, const PlacedListener& listener,
              const Snapshot& snapshot) {
  return refers_to(route, *listener.gateway, listener.listener()) &&
         allows(route, *listener.gateway, listener.listener(), snapshot);
}

}  // namespace limpet
