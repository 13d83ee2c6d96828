#include "core/validate/policy.h"

namespace limpet {
namespace {

constexpr int kMaxRetryOn = 16;
constexpr int kMaxRetries = 10;
constexpr double kMaxBackoffSeconds = 60;
constexpr int64_t kMinTryMs = 10;
constexpr int64_t kMaxTryMs = 3'600'000;

// "503", or "5xx" for all of a class; only of those that can mean that another try helps.
std::string check_status(std::string_view value) {
  const bool digits = value.size() == 3 && (value[0] == '4' || value[0] == '5') &&
                      value[1] >= '0' && value[1] <= '9' && value[2] >= '0' && value[2] <= '9';
  if (digits || value == "5xx" || value == "4xx") return {};
  return "must be a status code from 400 to 599, \"4xx\" or \"5xx\"";
}

void validate_config(const v1::RetryConfig& config, Report& report) {
  report.at_most("retryOn", config.retry_on_size(), kMaxRetryOn);
  for (int i = 0; i < config.retry_on_size(); ++i) {
    const Scope scope(report, "retryOn", i);
    if (std::string problem = check_status(config.retry_on(i)); !problem.empty()) {
      report.add(std::move(problem));
    }
  }
  if (config.has_num_retries()) {
    report.check("numRetries", check_range(config.num_retries(), 0, kMaxRetries));
  }
  if (config.has_backoff_base_interval()) {
    report.check("backoffBaseInterval",
                 check_number(config.backoff_base_interval(), 0, kMaxBackoffSeconds));
  }
  if (config.has_per_try_timeout()) {
    report.check("perTryTimeout",
                 check_duration(config.per_try_timeout(), kMinTryMs, kMaxTryMs));
  }
}

}  // namespace

void validate_kind(const v1::RetryPolicy& object, Report& report) {
  validate_service_policy(object, report, validate_config);
}

}  // namespace limpet
