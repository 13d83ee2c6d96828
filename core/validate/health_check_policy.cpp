#include <algorithm>
#include <set>
#include <string>

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>

#include "core/base/quantity.h"
#include "core/resource/policy.h"
#include "core/routing/health_settings.h"
#include "core/validate/policy.h"

namespace limpet {
namespace {

constexpr int kMaxSeconds = 3600;
constexpr int kMaxFailSeconds = 86'400;
constexpr int kMaxTries = 100;
constexpr int64_t kMinTimeoutMs = 10;
constexpr int kMaxItems = 16;  // matches, and what one has
constexpr size_t kMaxBody = 4096;
constexpr size_t kMaxName = 256;
constexpr size_t kMaxValue = 4096;
constexpr size_t kMaxPath = 1024;

// As it stands in a request line (RFC 9112 §3.2.1), with or without a query.
std::string check_target(std::string_view value) {
  if (!value.starts_with('/')) return "must begin with \"/\"";
  for (const unsigned char c : value) {
    if (c > 0x20 && c < 0x7F && c != '#') continue;
    return "must have no spaces, control characters or \"#\", and others percent-encoded";
  }
  return check_max_size(value, kMaxPath);
}

// Host of RFC 9110 §7.2: a name or an address, with or without a port.
std::string check_host(std::string_view value) {
  const std::string form = "must be a host name or an IP address, with or without a port";
  std::string_view host = value;
  const size_t bracket = value.starts_with('[') ? value.find(']') : 0;
  if (bracket == std::string_view::npos) return form;
  if (const size_t colon = value.find(':', bracket); colon != std::string_view::npos) {
    const std::string_view digits = value.substr(colon + 1);
    // SimpleAtoi() alone takes signs and spaces, line breaks among them.
    const bool plain = std::all_of(digits.begin(), digits.end(), [](char c) {
      return absl::ascii_isdigit(static_cast<unsigned char>(c));
    });
    int port = 0;
    if (!plain || !absl::SimpleAtoi(absl_view(digits), &port)) return form;
    if (std::string problem = check_port(port); !problem.empty()) return str_cat("port ", problem);
    host = value.substr(0, colon);
  }
  if (bracket != 0) {
    const bool whole = host.size() == bracket + 1;
    return whole && is_ip(host.substr(1, bracket - 1), IpFamily::kV6) ? "" : form;
  }
  if (host.empty() || host.size() > kMaxDnsName) return form;
  for (const char c : host) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && !contains("-._", c)) return form;
  }
  return {};
}

// Spaces around a value are no part of it (RFC 9110 §5.5).
std::string check_value(std::string_view value) {
  for (const unsigned char c : value) {
    if ((c < 0x20 && c != '\t') || c == 0x7F) return "must not have control characters";
  }
  const auto space = [](char c) { return c == ' ' || c == '\t'; };
  if (!value.empty() && (space(value.front()) || space(value.back()))) {
    return "must not begin or end with a space";
  }
  return check_max_size(value, kMaxValue);
}

std::string check_name(std::string_view value) { return check_token(value, kMaxName); }

void validate_match(const v1::HealthCheckMatch& match, Report& report) {
  report.at_most("statusCodes", match.status_codes_size(), kMaxItems);
  for (int i = 0; i < match.status_codes_size(); ++i) {
    const Scope scope(report, "statusCodes", i);
    std::string problem = check_range(match.status_codes(i), 100, 599);
    if (!problem.empty()) report.add(std::move(problem));
  }
  if (match.has_body()) report.check("body", check_max_size(match.body(), kMaxBody));
  report.at_most("headers", match.headers_size(), kMaxItems);
  for (int i = 0; i < match.headers_size(); ++i) {
    const Scope scope(report, "headers", i);
    report.require("name", match.headers(i).name(), check_name);
    report.check("value", check_value(match.headers(i).value()));
  }
}

void validate_config(const v1::HealthCheckConfig& config, Report& report) {
  const auto count = [&](std::string_view field, bool present, int value, int min, int max) {
    if (present) report.check(field, check_range(value, min, max));
  };
  count("interval", config.has_interval(), config.interval(), 1, kMaxSeconds);
  // 0, which FSM allows, counts as 1.
  count("maxFails", config.has_max_fails(), config.max_fails(), 0, kMaxTries);
  count("failTimeout", config.has_fail_timeout(), config.fail_timeout(), 0, kMaxFailSeconds);
  count("minPasses", config.has_min_passes(), config.min_passes(), 1, kMaxTries);
  if (config.has_path()) report.check("path", check_target(config.path()));
  if (!config.timeout().empty()) {
    report.check("timeout", check_duration(config.timeout(), kMinTimeoutMs, kMaxSeconds * 1000LL));
  }
  report.optional("host", config.host(), check_host);
  report.at_most("matches", config.matches_size(), kMaxItems);
  for (int i = 0; i < config.matches_size(); ++i) {
    const Scope scope(report, "matches", i);
    validate_match(config.matches(i), report);
  }
}

// Of what holds for a port.
void validate_whole(const v1::HealthCheckConfig& config, Report& report) {
  const int64_t interval_ms =
      config.has_interval() ? config.interval() * 1000LL : HealthSettings().interval_ms;
  const auto timeout_ms = parse_duration_ms(config.timeout());
  if (timeout_ms && *timeout_ms > interval_ms) {
    report.add("timeout", str_cat("must be at most the interval, ", interval_ms / 1000,
                                  "s: an endpoint is tried once at a time"));
  }
  if (config.has_path()) return;
  if (!config.matches().empty()) {
    report.add("path", "required where answers are told apart (matches)");
  } else if (!config.host().empty()) {
    report.add("path", "required where a host is asked");
  }
}

}  // namespace

void validate_kind(const v1::HealthCheckPolicy& object, Report& report) {
  validate_service_policy(object, report, validate_config);
  const Scope scope(report, "spec");
  for (int i = 0; i < object.spec().ports_size(); ++i) {
    const Scope element(report, "ports", i);
    const Scope config(report, "config");
    validate_whole(config_of(object.spec(), object.spec().ports(i)), report);
  }
}

}  // namespace limpet
