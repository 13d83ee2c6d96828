#include "core/routing/compile_policy.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/quantity.h"

namespace limpet {
namespace {

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

StickyPolicy compile_sticky(const v1::SessionStickyConfig& config) {
  StickyPolicy policy;
  if (config.has_cookie_name()) policy.cookie_name = config.cookie_name();
  if (config.has_expires()) policy.expires_s = static_cast<uint32_t>(config.expires());
  return policy;
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

RateLimitSettings compile_rate_limit(const v1::RateLimitConfig& config) {
  RateLimitSettings settings;
  const int64_t requests = std::max(1, config.requests());
  settings.set_rate(requests, config.has_stat_time_window() ? config.stat_time_window() : 1,
                    config.has_burst() ? config.burst() : requests);
  if (config.has_client()) settings.client = compile_hash_key(config.client());
  if (config.has_response_status_code()) settings.status = config.response_status_code();
  // A map's own order is not the same everywhere.
  const std::map<std::string, std::string> sorted(config.response_headers_to_add().begin(),
                                                  config.response_headers_to_add().end());
  for (const auto& [name, value] : sorted) settings.fields += str_cat(name, ": ", value, "\r\n");
  return settings;
}

HashKey compile_hash_key(const v1::HashKey& key) {
  HashKey compiled;
  if (key.source() == "Header") compiled.source = HashKey::Source::kHeader;
  if (key.source() == "Cookie") compiled.source = HashKey::Source::kCookie;
  if (key.source() == "Query") compiled.source = HashKey::Source::kQuery;
  if (compiled.source != HashKey::Source::kClientAddress) compiled.name = key.name();
  return compiled;
}

}  // namespace limpet
