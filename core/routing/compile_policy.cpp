#include "core/routing/compile_policy.h"

#include "core/base/quantity.h"

namespace limpet {
namespace {

BalancerType balancer_type(std::string_view type) {
  if (type == "LeastConnectionLoadBalancer") return BalancerType::kLeastRequest;
  if (type == "HashingLoadBalancer") return BalancerType::kHash;
  return BalancerType::kRoundRobin;
}

}  // namespace

StickyPolicy compile_sticky(const v1::SessionStickyConfig& config) {
  StickyPolicy policy;
  if (config.has_cookie_name()) policy.cookie_name = config.cookie_name();
  if (config.has_expires()) policy.expires_s = static_cast<uint32_t>(config.expires());
  return policy;
}

Balancing compile_balancing(std::string_view type, const v1::LoadBalancerConfig& config) {
  Balancing balancing;
  balancing.type = balancer_type(type);
  if (config.has_hash()) balancing.hash = compile_request_key(config.hash());
  for (const v1::EndpointWeight& weight : config.weights()) {
    balancing.weights.emplace_back(weight.endpoint(), static_cast<uint32_t>(weight.weight()));
  }
  balancing.slow_start_ms = parse_duration_ms(config.slow_start()).value_or(0);
  return balancing;
}

OutlierSettings compile_outlier(const v1::CircuitBreakingConfig& config) {
  OutlierSettings settings;
  if (!config.has_outlier_ejection()) return settings;
  const v1::OutlierEjection& ejection = config.outlier_ejection();
  settings.consecutive_errors =
      ejection.has_consecutive_errors() ? static_cast<uint32_t>(ejection.consecutive_errors()) : 5;
  if (const auto ms = parse_duration_ms(ejection.ejection_time())) settings.ejection_ms = *ms;
  if (ejection.has_max_ejected_percent()) {
    settings.max_percent = static_cast<uint32_t>(ejection.max_ejected_percent());
  }
  return settings;
}

RequestKey compile_request_key(const v1::HashKey& key) {
  RequestKey compiled;
  compiled.name = key.name();
  if (key.source() == "Header") {
    compiled.source = RequestKey::Source::kHeader;
  } else if (key.source() == "Cookie") {
    compiled.source = RequestKey::Source::kCookie;
  } else if (key.source() == "Query") {
    compiled.source = RequestKey::Source::kQuery;
  }
  return compiled;
}

}  // namespace limpet
