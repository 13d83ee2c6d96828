#include "core/validate/policy.h"

namespace limpet {
namespace {

constexpr int64_t kMinEjectionMs = 100;
constexpr int64_t kMaxEjectionMs = 3'600'000;

void check_count(std::string_view field, bool present, int value, int min, int max,
                 Report& report) {
  if (present) report.check(field, check_range(value, min, max));
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
  validate_ejection(config.outlier_ejection(), report);
}

}  // namespace

void validate_kind(const v1::CircuitBreakingPolicy& object, Report& report) {
  validate_service_policy(object, report, validate_config);
}

}  // namespace limpet
