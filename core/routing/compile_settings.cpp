#include "core/routing/compile_settings.h"

#include <utility>
#include <vector>

#include "core/base/quantity.h"
#include "core/resource/kind.h"

namespace limpet {
namespace {

void set_bytes(const v1::IntOrString& value, int64_t min, int64_t max, uint32_t& bytes) {
  const std::optional<int64_t> given =
      value.has_string_value() ? parse_bytes(value.string_value()) : value.int_value();
  if (given && *given >= min && *given <= max) bytes = static_cast<uint32_t>(*given);
}

void set_number(int64_t given, int64_t min, int64_t max, uint32_t& number) {
  if (given >= min && given <= max) number = static_cast<uint32_t>(given);
}

void set_duration(const std::string& text, int64_t& ms) {
  const std::optional<int64_t> given = parse_duration_ms(text);
  if (given && *given >= kMinTimeoutMs && *given <= kMaxTimeoutMs) ms = *given;
}

Forwarding compile_forwarding(const v1::GatewayParametersSpec& spec) {
  Forwarding forwarding;
  std::vector<Cidr> ranges;
  for (const std::string& text : spec.client_address().trusted_cidrs()) {
    if (const std::optional<Cidr> range = Cidr::parse(text)) ranges.push_back(*range);
  }
  forwarding.trusted = CidrSet(std::move(ranges));
  forwarding.proxy_protocol = spec.client_address().proxy_protocol();
  if (spec.forwarding().has_x_forwarded()) {
    forwarding.x_forwarded = spec.forwarding().x_forwarded();
  }
  forwarding.forwarded = spec.forwarding().forwarded();
  forwarding.via = spec.forwarding().via();
  return forwarding;
}

RequestLimits compile_limits(const v1::LimitParameters& given) {
  RequestLimits limits;
  if (given.has_request_head_bytes()) {
    set_bytes(given.request_head_bytes(), kMinHeadBytes, kMaxHeadBytes, limits.head_bytes);
  }
  if (given.has_target_bytes()) {
    set_bytes(given.target_bytes(), kMinTargetBytes, kMaxTargetBytes, limits.target_bytes);
  }
  if (given.has_header_fields()) {
    set_number(given.header_fields(), kMinFields, kMaxFields, limits.fields);
  }
  if (given.has_requests_per_connection()) {
    set_number(given.requests_per_connection(), 1, kMaxRequestsPerConnection,
               limits.requests_per_connection);
  }
  return limits;
}

// An absent one is empty, which is no duration.
Timeouts compile_timeouts(const v1::TimeoutParameters& given) {
  Timeouts timeouts;
  set_duration(given.proxy_header(), timeouts.proxy_header_ms);
  set_duration(given.tls_handshake(), timeouts.tls_handshake_ms);
  set_duration(given.idle(), timeouts.idle_ms);
  set_duration(given.request_head(), timeouts.head_ms);
  set_duration(given.body_progress(), timeouts.body_progress_ms);
  set_duration(given.tunnel(), timeouts.tunnel_ms);
  set_duration(given.connect(), timeouts.connect_ms);
  set_duration(given.response_head(), timeouts.response_head_ms);
  return timeouts;
}

}  // namespace

ListenerSettings compile_settings(const v1::GatewayParameters& parameters) {
  const v1::GatewayParametersSpec& spec = parameters.spec();
  return {compile_limits(spec.limits()), compile_timeouts(spec.timeouts()),
          compile_forwarding(spec)};
}

std::optional<EntryKey> parameters_of(const v1::Gateway& gateway) {
  const v1::GatewayInfrastructure& infrastructure = gateway.spec().infrastructure();
  const v1::LocalParametersReference& ref = infrastructure.parameters_ref();
  if (ref.group() != kLimpetGroup || ref.kind() != kGatewayParametersKind) return std::nullopt;
  return EntryKey{std::string(kGatewayParametersKind), gateway.metadata().namespace_(), ref.name()};
}

}  // namespace limpet
