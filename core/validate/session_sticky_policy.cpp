#include <algorithm>
#include <iterator>

#include <absl/strings/ascii.h>

#include "core/base/text.h"
#include "core/resource/policy.h"
#include "core/sticky/session_name.h"
#include "core/validate/policy.h"

namespace limpet {
namespace {

constexpr size_t kMaxCookiePath = 1024;

// RFC 6265 §4.1.1, path-value.
std::string check_cookie_path(std::string_view value) {
  if (!value.starts_with('/')) return "must begin with \"/\"";
  for (const unsigned char c : value) {
    if (c <= 0x20 || c >= 0x7F || c == ';' || c == ',') {
      return "must have no spaces, control characters, \";\" or \",\"";
    }
  }
  return check_max_size(value, kMaxCookiePath);
}

std::string check_cookie_domain(std::string_view value) {
  if (value.starts_with('.')) return "must not begin with \".\": it covers hosts below it anyway";
  return check_dns1123_subdomain(value);
}

// Browsers refuse a cookie that does not keep what its name promises (RFC 6265bis §4.1.3), and one
// that needs Secure and does not have it.
void check_promises(const v1::SessionStickyConfig& config, Report& report) {
  const std::string_view name = config.cookie_name();
  const bool host = name.starts_with("__Host-");
  if (host && !config.domain().empty()) {
    report.add("domain", "must be left out with a cookieName that begins with \"__Host-\"");
  }
  if (host && !config.path().empty() && config.path() != "/") {
    report.add("path", "must be \"/\" with a cookieName that begins with \"__Host-\"");
  }
  if (!config.has_secure() || config.secure()) return;
  if (host || name.starts_with("__Secure-")) {
    report.add("secure", "must not be false with such a cookieName");
  } else if (config.same_site() == "None") {
    report.add("secure", "must not be false with sameSite None");
  } else if (config.partitioned()) {
    report.add("secure", "must not be false with partitioned");
  }
}

void validate_config(const v1::SessionStickyConfig& config, Report& report) {
  if (config.has_cookie_name()) {
    report.check("cookieName", config.type() == "Header"
                                   ? check_session_header(config.cookie_name())
                                   : check_token(config.cookie_name(), kMaxSessionName));
  }
  const auto seconds = [&](std::string_view field, bool present, int32_t value) {
    if (!present || value >= 1) return;
    report.add(field, str_cat("must be a number of seconds, at least 1, not ", value));
  };
  seconds("expires", config.has_expires(), config.expires());
  report.optional_one_of("type", config.type(), {"Cookie", "Header", "LearnedCookie"});
  seconds("idleTimeout", config.has_idle_timeout(), config.idle_timeout());
  report.optional("path", config.path(), check_cookie_path);
  report.optional("domain", config.domain(), check_cookie_domain);
  report.optional_one_of("sameSite", config.same_site(), {"Lax", "Strict", "None"});
  check_promises(config, report);
  report.optional_one_of("lifetime", config.lifetime(), {"Permanent", "Session"});
  report.optional_one_of("onUnavailable", config.on_unavailable(),
                         {"Rebind", "RebindTemporarily", "Reject"});
}

// Of a port's config over the policy's.
void check_learned(const v1::SessionStickyConfig& config, Report& report) {
  if (config.type() != "LearnedCookie") return;
  if (!config.has_cookie_name()) {
    report.add("cookieName", "required with type LearnedCookie: the application's cookie");
  }
  if (config.has_forward_cookie()) {
    report.add("forwardCookie",
               "must be left out with type LearnedCookie: endpoints see the cookie as they set it");
  }
}

}  // namespace

std::string check_session_header(std::string_view value) {
  constexpr std::string_view kTaken[] = {
      "authorization", "connection", "content-length", "content-type", "cookie",  "date",
      "expect",        "host",       "keep-alive",     "set-cookie",   "te",      "trailer",
      "transfer-encoding", "upgrade", "via",           "location",     "vary"};
  const std::string lower = absl::AsciiStrToLower(absl_view(value));
  if (std::find(std::begin(kTaken), std::end(kTaken), lower) != std::end(kTaken)) {
    return str_cat("must not be ", value, ", which has a meaning of its own");
  }
  return check_token(value, kMaxSessionName);
}

void validate_kind(const v1::SessionStickyPolicy& object, Report& report) {
  const auto check_port = [&](const v1::SessionStickyPort& port, Report& at) {
    const Scope scope(at, "config");
    check_learned(config_of(object.spec(), port), at);
  };
  validate_service_policy(object, report, check_port, validate_config);
}

}  // namespace limpet
