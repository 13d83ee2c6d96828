#include "core/base/cidr.h"
#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/routing/listener_settings.h"
#include "core/validate/formats.h"
#include "core/validate/kinds.h"
#include "core/validate/policy.h"

namespace limpet {
namespace {

constexpr size_t kMaxShown = 40;  // characters of a malformed value

std::string check_bytes(const v1::IntOrString& value, int64_t min, int64_t max) {
  if (!value.has_string_value()) return check_range(value.int_value(), min, max);
  const std::string_view text = value.string_value();
  if (const std::optional<int64_t> bytes = parse_bytes(text)) return check_range(*bytes, min, max);
  return str_cat("must be a number of bytes such as 8192 or \"8Ki\", not \"",
                 text.substr(0, kMaxShown), "\"");
}

void validate_client_address(const v1::ClientAddressParameters& address, Report& report) {
  const Scope scope(report, "clientAddress");
  report.at_most("trustedCIDRs", address.trusted_cidrs_size(), kMaxTrustedCidrs);
  for (int i = 0; i < address.trusted_cidrs_size(); ++i) {
    const std::string_view cidr = address.trusted_cidrs(i);
    if (Cidr::parse(cidr)) continue;
    const Scope element(report, "trustedCIDRs", i);
    report.add(
        str_cat("must be a range of addresses such as \"10.0.0.0/8\" or \"fd00::/8\", or "
                "one address, not \"",
                cidr.substr(0, kMaxShown), "\""));
  }
  if (address.proxy_protocol() && address.trusted_cidrs().empty()) {
    report.add("proxyProtocol",
               "must not be true without trustedCIDRs: a PROXY header of nobody would be read");
  }
}

void validate_limits(const v1::LimitParameters& limits, Report& report) {
  const Scope scope(report, "limits");
  if (limits.has_request_head_bytes()) {
    report.check("requestHeadBytes",
                 check_bytes(limits.request_head_bytes(), kMinHeadBytes, kMaxHeadBytes));
  }
  if (limits.has_target_bytes()) {
    report.check("targetBytes",
                 check_bytes(limits.target_bytes(), kMinTargetBytes, kMaxTargetBytes));
  }
  if (limits.has_header_fields()) {
    report.check("headerFields", check_range(limits.header_fields(), kMinFields, kMaxFields));
  }
  if (limits.has_requests_per_connection()) {
    report.check("requestsPerConnection",
                 check_range(limits.requests_per_connection(), 1, kMaxRequestsPerConnection));
  }
}

void validate_timeouts(const v1::TimeoutParameters& timeouts, Report& report) {
  const Scope scope(report, "timeouts");
  const auto check = [&](std::string_view field, bool present, const std::string& value) {
    if (present) report.check(field, check_duration(value, kMinTimeoutMs, kMaxTimeoutMs));
  };
  check("proxyHeader", timeouts.has_proxy_header(), timeouts.proxy_header());
  check("idle", timeouts.has_idle(), timeouts.idle());
  check("requestHead", timeouts.has_request_head(), timeouts.request_head());
  check("bodyProgress", timeouts.has_body_progress(), timeouts.body_progress());
  check("tunnel", timeouts.has_tunnel(), timeouts.tunnel());
  check("connect", timeouts.has_connect(), timeouts.connect());
  check("responseHead", timeouts.has_response_head(), timeouts.response_head());
  check("tlsHandshake", timeouts.has_tls_handshake(), timeouts.tls_handshake());
}

}  // namespace

void validate_kind(const v1::GatewayParameters& object, Report& report) {
  validate_metadata(object.metadata(), /*namespaced=*/true, check_dns1123_subdomain, report);
  const Scope scope(report, "spec");
  validate_client_address(object.spec().client_address(), report);
  if (const v1::ForwardingParameters& forwarding = object.spec().forwarding();
      forwarding.has_via()) {
    const Scope inner(report, "forwarding");
    report.check("via", check_token(forwarding.via(), kMaxViaBytes));
  }
  validate_limits(object.spec().limits(), report);
  validate_timeouts(object.spec().timeouts(), report);
}

}  // namespace limpet
