#include "core/routing/compile_policy.h"

#include <algorithm>
#include <cmath>

#include "core/base/quantity.h"
#include "core/base/text.h"

namespace limpet {
namespace {

BalancerType balancer_type(std::string_view type) {
  if (type == "LeastConnectionLoadBalancer") return BalancerType::kLeastRequest;
  if (type == "HashingLoadBalancer") return BalancerType::kHash;
  return BalancerType::kRoundRobin;
}

int64_t ms_of(double seconds) { return std::llround(seconds * 1000); }

// "503", "5xx"; what is neither covers nothing.
void cover(std::string_view text, RetrySettings& settings) {
  const auto set = [&](int from, int count) {
    for (int status = from; status < from + count; ++status) {
      const int index = status - RetrySettings::kFirstStatus;
      if (index >= 0 && index < static_cast<int>(RetrySettings::kStatuses)) {
        settings.statuses.set(static_cast<size_t>(index));
      }
    }
  };
  if (text == "4xx") return set(400, 100);
  if (text == "5xx") return set(500, 100);
  int status = 0;
  for (const char c : text.substr(0, 3)) status = status * 10 + (c - '0');
  set(status, 1);
}

}  // namespace

bool has_target(const v1::BackendTLSPolicy& policy, std::string_view service,
                std::string_view port_name) {
  const auto& targets = policy.spec().target_refs();
  return std::any_of(targets.begin(), targets.end(), [&](const v1::BackendTLSTarget& target) {
    return target.name() == service && target.section_name() == port_name;
  });
}

const v1::BackendTLSPolicy* applied_policy(std::span<const v1::BackendTLSPolicy> policies,
                                           std::string_view service, std::string_view port_name) {
  for (const std::string_view section : {port_name, std::string_view()}) {
    for (const v1::BackendTLSPolicy& policy : policies) {
      if (has_target(policy, service, section)) return &policy;
    }
  }
  return nullptr;
}

namespace {

OnUnavailable on_unavailable(std::string_view text) {
  if (text == "RebindTemporarily") return OnUnavailable::kRebindTemporarily;
  return text == "Reject" ? OnUnavailable::kReject : OnUnavailable::kRebind;
}

// Browsers take these only with Secure: SameSite=None and Partitioned (RFC 6265bis), and the names
// that promise it.
bool needs_secure(const v1::SessionStickyConfig& config) {
  const std::string_view name = config.cookie_name();
  return config.same_site() == "None" || config.partitioned() || name.starts_with("__Host-") ||
         name.starts_with("__Secure-");
}

void compile_attributes(const v1::SessionStickyConfig& config, StickyPolicy& policy) {
  policy.attributes = str_cat("; path=", config.path().empty() ? "/" : config.path());
  if (!config.domain().empty()) policy.attributes += str_cat("; domain=", config.domain());
  policy.last_attributes = config.has_http_only() && !config.http_only() ? "" : "; HttpOnly";
  policy.last_attributes +=
      str_cat("; SameSite=", config.same_site().empty() ? "Lax" : config.same_site());
  if (config.partitioned()) policy.last_attributes += "; Partitioned";
  if (needs_secure(config) || config.secure()) {
    policy.secure = StickyPolicy::Secure::kAlways;
  } else if (config.has_secure()) {
    policy.secure = StickyPolicy::Secure::kNever;
  }
  policy.permanent = config.lifetime() != "Session";
}

}  // namespace

StickyPolicy compile_sticky(const v1::SessionStickyConfig& config) {
  StickyPolicy policy;
  if (config.type() == "Header") policy.carrier = StickyPolicy::Carrier::kHeader;
  if (config.type() == "LearnedCookie") policy.carrier = StickyPolicy::Carrier::kLearned;
  if (config.has_cookie_name()) policy.name = config.cookie_name();
  if (config.has_expires()) policy.expires_s = static_cast<uint32_t>(config.expires());
  policy.idle_s = static_cast<uint32_t>(config.idle_timeout());
  policy.on_unavailable = on_unavailable(config.on_unavailable());
  policy.forward = config.forward_cookie();
  compile_attributes(config, policy);
  return policy;
}

StickyPolicy compile_persistence(const v1::SessionPersistence& persistence) {
  constexpr uint32_t kDaySeconds = 86'400;
  StickyPolicy policy;
  if (persistence.type() == "Header") policy.carrier = StickyPolicy::Carrier::kHeader;
  if (!persistence.session_name().empty()) policy.name = persistence.session_name();
  const auto life_ms = parse_duration_ms(persistence.absolute_timeout());
  policy.expires_s = life_ms ? static_cast<uint32_t>(*life_ms / 1000) : kDaySeconds;
  const auto idle_ms = parse_duration_ms(persistence.idle_timeout());
  if (idle_ms) policy.idle_s = static_cast<uint32_t>(*idle_ms / 1000);
  policy.permanent = persistence.cookie_config().lifetime_type() == "Permanent";
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

RetrySettings compile_retry(const v1::RetryConfig& config) {
  RetrySettings settings;
  for (const std::string& text : config.retry_on()) cover(text, settings);
  if (config.has_num_retries()) {
    settings.num_retries =
        std::min(static_cast<uint32_t>(config.num_retries()), RetrySettings::kMaxRetries);
  }
  if (config.has_backoff_base_interval()) {
    settings.backoff_ms = ms_of(config.backoff_base_interval());
  }
  settings.per_try_ms = parse_duration_ms(config.per_try_timeout()).value_or(0);
  return settings;
}

RetrySettings compile_route_retry(const v1::HTTPRouteRetry& retry) {
  RetrySettings settings;
  settings.num_retries = 1;
  settings.backoff_ms = 25;
  for (const int32_t code : retry.codes()) cover(str_cat(code), settings);
  if (retry.has_attempts()) {
    settings.num_retries =
        std::min(static_cast<uint32_t>(retry.attempts()), RetrySettings::kMaxRetries);
  }
  if (const auto backoff = parse_duration_ms(retry.backoff())) settings.backoff_ms = *backoff;
  return settings;
}

BreakerSettings compile_breaker(const v1::CircuitBreakingConfig& config) {
  BreakerSettings settings;
  const auto amount = [](int32_t value) { return static_cast<uint32_t>(value); };
  if (config.has_min_request_amount()) settings.min_requests = amount(config.min_request_amount());
  if (config.has_stat_time_window()) settings.window_ms = config.stat_time_window() * 1000LL;
  if (config.has_slow_time_threshold()) settings.slow_ms = ms_of(config.slow_time_threshold());
  if (config.has_slow_amount_threshold()) {
    settings.slow_amount = amount(config.slow_amount_threshold());
  }
  if (config.has_slow_ratio_threshold()) settings.slow_ratio = config.slow_ratio_threshold();
  if (config.has_error_amount_threshold()) {
    settings.error_amount = amount(config.error_amount_threshold());
  }
  if (config.has_error_ratio_threshold()) settings.error_ratio = config.error_ratio_threshold();
  if (config.has_degraded_time_window()) settings.open_ms = config.degraded_time_window() * 1000LL;
  if (config.has_degraded_status_code()) settings.open_status = config.degraded_status_code();
  settings.open_content = config.degraded_response_content();
  return settings;
}

GateLimits compile_limits(const v1::CircuitLimits& limits) {
  return {static_cast<uint32_t>(limits.connections()), static_cast<uint32_t>(limits.requests()),
          static_cast<uint32_t>(limits.pending())};
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

HealthSettings compile_health(const v1::HealthCheckConfig& config) {
  HealthSettings settings;
  if (config.has_interval()) settings.interval_ms = config.interval() * 1000LL;
  settings.timeout_ms = parse_duration_ms(config.timeout()).value_or(settings.timeout_ms);
  if (config.has_fail_timeout()) settings.fail_timeout_ms = config.fail_timeout() * 1000LL;
  if (config.has_max_fails()) {
    settings.max_fails = std::max(1U, static_cast<uint32_t>(config.max_fails()));
  }
  if (config.has_min_passes()) settings.min_passes = static_cast<uint32_t>(config.min_passes());
  settings.path = config.path();
  settings.host = config.host();
  for (const v1::HealthCheckMatch& match : config.matches()) {
    HealthMatch& compiled = settings.matches.emplace_back();
    compiled.statuses.assign(match.status_codes().begin(), match.status_codes().end());
    compiled.body = match.body();
    for (const v1::HTTPHeader& header : match.headers()) {
      compiled.headers.emplace_back(header.name(), header.value());
    }
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
