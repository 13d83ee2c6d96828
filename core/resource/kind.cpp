#include "core/resource/kind.h"

#include <algorithm>
#include <array>

#include <absl/strings/match.h>

#include "core/base/text.h"

namespace limpet {
namespace {

constexpr std::string_view kCoreVersions[] = {"v1"};
constexpr std::string_view kGatewayVersions[] = {"v1", "v1beta1"};
constexpr std::string_view kBackendTlsVersions[] = {"v1", "v1alpha3"};
constexpr std::string_view kFlomeshVersions[] = {"v1alpha1"};
constexpr std::string_view kLimpetVersions[] = {"v1alpha1"};

constexpr std::string_view kGatewayGroup = "gateway.networking.k8s.io";
constexpr std::string_view kFlomeshGroup = "gateway.flomesh.io";

constexpr KindInfo kUserKinds[] = {
    {"Namespace", "namespace", "namespaces", "ns", "", kCoreVersions, false, 1},
    {"GatewayClass", "gatewayclass", "gatewayclasses", "gc", kGatewayGroup, kGatewayVersions,
     false, 4},
    {"Gateway", "gateway", "gateways", "gw", kGatewayGroup, kGatewayVersions, true, 5},
    {"GatewayParameters", "gatewayparameters", "gatewayparameters", "gwp", kLimpetGroup,
     kLimpetVersions, true, 9},
    {"HTTPRoute", "httproute", "httproutes", "hr", kGatewayGroup, kGatewayVersions, true, 6},
    {"Service", "service", "services", "svc", "", kCoreVersions, true, 2},
    {"Secret", "secret", "secrets", "", "", kCoreVersions, true, 8},
    {"ConfigMap", "configmap", "configmaps", "cm", "", kCoreVersions, true, 16},
    {"ReferenceGrant", "referencegrant", "referencegrants", "refgrant", kGatewayGroup,
     kGatewayVersions, true, 17},
    {"EndpointSlice", "endpointslice", "endpointslices", "eps", "discovery.k8s.io", kCoreVersions,
     true, 3},
    {"SessionStickyPolicy", "sessionstickypolicy", "sessionstickypolicies", "ssp", kFlomeshGroup,
     kFlomeshVersions, true, 7},
    {"LoadBalancerPolicy", "loadbalancerpolicy", "loadbalancerpolicies", "lbp", kFlomeshGroup,
     kFlomeshVersions, true, 10},
    {"RetryPolicy", "retrypolicy", "retrypolicies", "rp", kFlomeshGroup, kFlomeshVersions, true,
     11},
    {"CircuitBreakingPolicy", "circuitbreakingpolicy", "circuitbreakingpolicies", "cbp",
     kFlomeshGroup, kFlomeshVersions, true, 12},
    {"RateLimitPolicy", "ratelimitpolicy", "ratelimitpolicies", "rlp", kFlomeshGroup,
     kFlomeshVersions, true, 13},
    {"UpstreamTLSPolicy", "upstreamtlspolicy", "upstreamtlspolicies", "utp", kFlomeshGroup,
     kFlomeshVersions, true, 14},
    {"BackendTLSPolicy", "backendtlspolicy", "backendtlspolicies", "btlspolicy", kGatewayGroup,
     kBackendTlsVersions, true, 15},
    {"HealthCheckPolicy", "healthcheckpolicy", "healthcheckpolicies", "hckp", kFlomeshGroup,
     kFlomeshVersions, true, 18},
};

}  // namespace

std::span<const KindInfo> user_kinds() { return kUserKinds; }

const KindInfo* find_kind(std::string_view kind) {
  for (const KindInfo& info : kUserKinds) {
    if (info.kind == kind) return &info;
  }
  return nullptr;
}

const KindInfo* find_kind_by_any_name(std::string_view name) {
  if (name.empty()) return nullptr;
  for (const KindInfo& info : kUserKinds) {
    for (std::string_view known : {info.singular, info.plural, info.short_name}) {
      if (absl::EqualsIgnoreCase(absl_view(name), absl_view(known))) return &info;
    }
  }
  return nullptr;
}

std::vector<std::string> api_versions_of(const KindInfo& info) {
  std::vector<std::string> all;
  for (std::string_view version : info.versions) {
    all.push_back(str_cat(info.group, info.group.empty() ? "" : "/", version));
  }
  return all;
}

bool is_api_version_of(const KindInfo& info, std::string_view api_version) {
  const std::vector<std::string> all = api_versions_of(info);
  return std::find(all.begin(), all.end(), api_version) != all.end();
}

}  // namespace limpet
