#include "core/validate/policy.h"

namespace limpet {
namespace {

constexpr size_t kMaxCookieName = 128;

void validate_config(const v1::SessionStickyConfig& config, Report& report) {
  if (config.has_cookie_name()) {
    report.check("cookieName", check_token(config.cookie_name(), kMaxCookieName));
  }
  if (config.has_expires() && config.expires() < 1) {
    report.add("expires",
               str_cat("must be a number of seconds, at least 1, not ", config.expires()));
  }
}

}  // namespace

void validate_kind(const v1::SessionStickyPolicy& object, Report& report) {
  validate_service_policy(object, report, validate_config);
}

}  // namespace limpet
