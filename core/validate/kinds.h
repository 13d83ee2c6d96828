// The checks of each kind, one file a kind; and those that several kinds share. All of them
// report under the names of the YAML.
#pragma once

#include <string_view>

#include "core/validate/report.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

void validate_kind(const v1::Namespace& object, Report& report);
void validate_kind(const v1::Service& object, Report& report);
void validate_kind(const v1::EndpointSlice& object, Report& report);
void validate_kind(const v1::GatewayClass& object, Report& report);
void validate_kind(const v1::Gateway& object, Report& report);
void validate_kind(const v1::HTTPRoute& object, Report& report);
void validate_kind(const v1::SessionStickyPolicy& object, Report& report);
void validate_kind(const v1::Secret& object, Report& report);
void validate_kind(const v1::GatewayParameters& object, Report& report);
void validate_kind(const v1::LoadBalancerPolicy& object, Report& report);
void validate_kind(const v1::RetryPolicy& object, Report& report);
void validate_kind(const v1::CircuitBreakingPolicy& object, Report& report);
void validate_kind(const v1::RateLimitPolicy& object, Report& report);
void validate_kind(const v1::UpstreamTLSPolicy& object, Report& report);
void validate_kind(const v1::BackendTLSPolicy& object, Report& report);
void validate_kind(const v1::HealthCheckPolicy& object, Report& report);
void validate_kind(const v1::ConfigMap& object, Report& report);
void validate_kind(const v1::ReferenceGrant& object, Report& report);

// ---- metadata.cpp

// `name_format` is that of the kind's names.
void validate_metadata(const v1::ObjectMeta& metadata, bool namespaced,
                       std::string (*name_format)(std::string_view), Report& report);
void validate_label_selector(const v1::LabelSelector& selector, Report& report);

}  // namespace limpet
