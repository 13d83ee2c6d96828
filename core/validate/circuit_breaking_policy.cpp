#include <limits>

#include "core/resource/policy.h"
#include "core/validate/policy.h"

namespace limpet {
namespace {

constexpr int kMaxWindowSeconds = 3600;
constexpr double kMaxSlowSeconds = 3600;
constexpr int kMaxCount = std::numeric_limits<int32_t>::max();
constexpr size_t kMaxContent = 4096;
constexpr int64_t kMinEjectionMs = 100;
constexpr int64_t kMaxEjectionMs = 3'600'000;

void check_count(std::string_view field, bool present, int value, int min, int max,
                 Report& report) {
  if (present) report.check(field, check_range(value, min, max));
}

void validate_limits(const v1::CircuitLimits& limits, Report& report) {
  const Scope scope(report, "limits");
  check_count("connections", limits.has_connections(), limits.connections(), 1, kMaxCount, report);
  check_count("requests", limits.has_requests(), limits.requests(), 1, kMaxCount, report);
  check_count("pending", limits.has_pending(), limits.pending(), 0, kMaxCount, report);
}

void validate_ejection(const v1::OutlierEjection& ejection, Report& report) {
  const Scope scope(report, "outlierEjection");
  check_count("consecutiveErrors", ejection.has_consecutive_errors(),
              ejection.consecutive_errors(), 1, 1000, report);
  if (ejection.has_ejection_time()) {
    report.check("ejectionTime",
                 check_duration(ejection.ejection_time(), kMinEjectionMs, kMaxEjectionMs));
  }
  check_count("maxEjectedPercent", ejection.has_max_ejected_percent(),
              ejection.max_ejected_percent(), 1, 100, report);
}

void validate_config(const v1::CircuitBreakingConfig& config, Report& report) {
  check_count("minRequestAmount", config.has_min_request_amount(), config.min_request_amount(), 1,
              kMaxCount, report);
  check_count("statTimeWindow", config.has_stat_time_window(), config.stat_time_window(), 1,
              kMaxWindowSeconds, report);
  if (config.has_slow_time_threshold()) {
    report.check("slowTimeThreshold",
                 check_number(config.slow_time_threshold(), 0.001, kMaxSlowSeconds));
  }
  check_count("slowAmountThreshold", config.has_slow_amount_threshold(),
              config.slow_amount_threshold(), 1, kMaxCount, report);
  if (config.has_slow_ratio_threshold()) {
    report.check("slowRatioThreshold", check_number(config.slow_ratio_threshold(), 0, 1));
  }
  check_count("errorAmountThreshold", config.has_error_amount_threshold(),
              config.error_amount_threshold(), 1, kMaxCount, report);
  if (config.has_error_ratio_threshold()) {
    report.check("errorRatioThreshold", check_number(config.error_ratio_threshold(), 0, 1));
  }
  check_count("degradedTimeWindow", config.has_degraded_time_window(),
              config.degraded_time_window(), 1, kMaxWindowSeconds, report);
  check_count("degradedStatusCode", config.has_degraded_status_code(),
              config.degraded_status_code(), 200, 599, report);
  if (config.has_degraded_response_content()) {
    report.check("degradedResponseContent",
                 check_max_size(config.degraded_response_content(), kMaxContent));
  }
  validate_limits(config.limits(), report);
  validate_ejection(config.outlier_ejection(), report);
}

// Of what holds for a port: what has no effect without another field.
void validate_whole(const v1::CircuitBreakingConfig& config, Report& report) {
  const bool slow = config.has_slow_amount_threshold() || config.has_slow_ratio_threshold();
  if (slow && !config.has_slow_time_threshold()) {
    report.add("slowTimeThreshold", "required where slow requests have a threshold");
  }
  if (config.limits().pending() > 0 && !config.limits().has_connections()) {
    report.add("limits.connections", "required where requests may wait for one (pending)");
  }
}

}  // namespace

void validate_kind(const v1::CircuitBreakingPolicy& object, Report& report) {
  validate_service_policy(object, report, validate_config);
  const Scope scope(report, "spec");
  for (int i = 0; i < object.spec().ports_size(); ++i) {
    const Scope element(report, "ports", i);
    const Scope config(report, "config");
    validate_whole(config_of(object.spec(), object.spec().ports(i)), report);
  }
}

}  // namespace limpet
