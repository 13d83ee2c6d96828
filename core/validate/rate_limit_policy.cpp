#include <algorithm>
#include <array>

#include <absl/strings/match.h>

#include "core/validate/policy.h"

namespace limpet {
namespace {

constexpr int kMaxWindowSeconds = 86'400;
constexpr int kMaxCount = 1'000'000'000;
constexpr int kMaxHeaders = 16;
constexpr size_t kMaxHeaderBytes = 1024;

// That are the gateway's own to write.
constexpr std::array<std::string_view, 11> kOwnHeaders{
    "connection",       "content-length", "content-type", "date",    "keep-alive",
    "proxy-connection", "retry-after",    "te",           "trailer", "transfer-encoding",
    "upgrade"};

void validate_headers(const google::protobuf::Map<std::string, std::string>& headers,
                      Report& report) {
  report.at_most("responseHeadersToAdd", static_cast<int>(headers.size()), kMaxHeaders);
  for (const auto& [name, value] : headers) {
    const Scope scope(report, "responseHeadersToAdd", name);
    std::string problem = check_token(name, kMaxHeaderBytes);
    if (!problem.empty()) report.add(str_cat("the name ", problem));
    if (std::any_of(kOwnHeaders.begin(), kOwnHeaders.end(), [&](std::string_view own) {
          return absl::EqualsIgnoreCase(name, absl_view(own));
        })) {
      report.add("is written by the gateway itself; remove it");
    }
    for (const unsigned char c : value) {
      if ((c >= 0x20 && c != 0x7F) || c == '\t') continue;
      report.add("must not have control characters");
      break;
    }
    if (value.size() > kMaxHeaderBytes) {
      report.add(str_cat("must have at most ", kMaxHeaderBytes, " characters"));
    }
  }
}

void validate_limit(const v1::RateLimitConfig& limit, Report& report) {
  const Scope scope(report, "rateLimit");
  report.optional_one_of("mode", limit.mode(), {"Local"});
  if (limit.has_requests()) {
    report.check("requests", check_range(limit.requests(), 1, kMaxCount));
  } else {
    report.add("requests", "required: how many requests are let through in statTimeWindow");
  }
  if (limit.has_stat_time_window()) {
    report.check("statTimeWindow", check_range(limit.stat_time_window(), 1, kMaxWindowSeconds));
  }
  if (limit.has_burst()) report.check("burst", check_range(limit.burst(), 1, kMaxCount));
  if (limit.has_client()) validate_hash_key("client", limit.client(), report);
  if (limit.has_response_status_code()) {
    report.check("responseStatusCode", check_range(limit.response_status_code(), 400, 599));
  }
  validate_headers(limit.response_headers_to_add(), report);
}

}  // namespace

void validate_kind(const v1::RateLimitPolicy& object, Report& report) {
  validate_metadata(object.metadata(), /*namespaced=*/true, check_dns1123_subdomain, report);
  const Scope scope(report, "spec");
  validate_target(object.spec().has_target_ref(), object.spec().target_ref(), "HTTPRoute", report);
  if (object.spec().has_rate_limit()) {
    validate_limit(object.spec().rate_limit(), report);
  } else {
    report.add("rateLimit", "required: how many requests are let through");
  }
}

}  // namespace limpet
