// The one list of kinds. Everything between the YAML and the routing table handles entries by
// kind, namespace and name, and asks here for what differs.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limpet {

struct KindInfo {
  std::string_view kind;         // "HTTPRoute"
  std::string_view singular;     // "httproute"
  std::string_view plural;       // "httproutes"
  std::string_view short_name;   // "" when there is none
  std::string_view group;        // "gateway.networking.k8s.io"; "" for the core group
  std::span<const std::string_view> versions;  // accepted, the preferred one first
  bool namespaced;
  int resource_field;            // the field of Resource.object; 0 for a kind of state
};

// Kinds that users write, in the order in which a person would list them.
std::span<const KindInfo> user_kinds();

// By its exact name ("HTTPRoute"); null if unknown or a kind of state.
const KindInfo* find_kind(std::string_view kind);

// By what a person types, in any case: kind, singular, plural or short name.
const KindInfo* find_kind_by_any_name(std::string_view name);

// As manifests write them, the preferred one first: "gateway.networking.k8s.io/v1", or "v1" for
// the core group.
std::vector<std::string> api_versions_of(const KindInfo& info);
bool is_api_version_of(const KindInfo& info, std::string_view api_version);

// Limpet's own group, and the kind of it that Gateways name as their parameters.
inline constexpr std::string_view kLimpetGroup = "gateway.limpet.dev";
inline constexpr std::string_view kGatewayParametersKind = "GatewayParameters";

// Kinds of the server's own state (proto/limpet/v1/state.proto).
inline constexpr std::string_view kStickyKeyKind = "StickyKey";
inline constexpr std::string_view kEndpointStateKind = "EndpointState";
inline constexpr std::string_view kServiceStateKind = "ServiceState";

// Whether entries of the kind say where endpoints are, how they do and what becomes of their
// sessions, and nothing else.
inline bool is_endpoint_kind(std::string_view kind) {
  return kind == "EndpointSlice" || kind == kEndpointStateKind || kind == kServiceStateKind;
}

// Whether entries of the kind are users' objects (shown, rolled back) rather than state.
inline bool is_user_kind(std::string_view kind) { return find_kind(kind) != nullptr; }

}  // namespace limpet
