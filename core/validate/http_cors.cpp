// HTTPCORSFilter, as the Gateway API's CRD has it. A wildcard within an origin stands at the
// beginning of its host, which is where the API gives it a meaning.
#include <set>
#include <string>

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>

#include "core/base/text.h"
#include "core/validate/formats.h"
#include "core/validate/http_route.h"

namespace limpet {
namespace {

using Strings = google::protobuf::RepeatedPtrField<std::string>;

constexpr int kMaxItems = 64;
constexpr size_t kMaxOrigin = 253;
constexpr std::string_view kAny = "*";

bool is_scheme(std::string_view text) {
  if (text.empty() || !absl::ascii_isalpha(static_cast<unsigned char>(text[0]))) return false;
  for (const char c : text) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && !contains("+-.", c)) return false;
  }
  return true;
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A name, or what follows the wildcard in one.
bool is_host(std::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && !contains("-._", c)) return false;
  }
  return true;
}

std::string check_origin(std::string_view value) {
  if (value == kAny) return {};
  const size_t colon = value.find("://");
  const std::string form = "must be SCHEME://HOST or SCHEME://HOST:PORT, or \"*\"";
  if (colon == std::string_view::npos || !is_scheme(value.substr(0, colon))) return form;
  std::string_view host = value.substr(colon + 3);
  const size_t port = host.find(':');
  if (port != std::string_view::npos) {
    int number = 0;
    const std::string_view digits = host.substr(port + 1);
    if (!is_digits(digits) || !absl::SimpleAtoi(absl_view(digits), &number)) return form;
    std::string problem = check_port(number);
    if (!problem.empty()) return str_cat("port ", problem);
    host = host.substr(0, port);
  }
  if (host.empty()) return form;
  // "*example.com" would cover evilexample.com, which nobody means.
  const bool wildcard = host.starts_with('*');
  if (wildcard) host.remove_prefix(1);
  if (contains(host, '*') || (wildcard && !host.empty() && !host.starts_with('.'))) {
    return "must have \"*\" in place of whole labels at the host's beginning, as in "
           "https://*.example.com";
  }
  return is_host(host) ? check_max_size(value, kMaxOrigin) : form;
}

std::string check_method(std::string_view value) {
  return check_one_of(value, {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE",
                              "PATCH", "*"});
}

std::string check_header(std::string_view value) {
  return value == kAny ? std::string() : check_header_name(value);
}

void validate_list(std::string_view field, const Strings& items,
                   std::string (*format)(std::string_view), Report& report) {
  report.at_most(field, items.size(), kMaxItems);
  std::set<std::string_view> seen;
  for (int i = 0; i < items.size(); ++i) {
    const Scope scope(report, field, i);
    std::string problem = format(items[i]);
    if (problem.empty() && !seen.insert(items[i]).second) {
      problem = str_cat("must be unique, \"", items[i], "\" occurs twice");
    }
    if (!problem.empty()) report.add(std::move(problem));
  }
  if (items.size() > 1 && seen.contains(kAny)) {
    report.add(field, "must have nothing beside \"*\", which covers all");
  }
}

}  // namespace

void validate_cors(const v1::HTTPCORSFilter& cors, Report& report) {
  const Scope scope(report, "cors");
  validate_list("allowOrigins", cors.allow_origins(), check_origin, report);
  validate_list("allowMethods", cors.allow_methods(), check_method, report);
  validate_list("allowHeaders", cors.allow_headers(), check_header, report);
  validate_list("exposeHeaders", cors.expose_headers(), check_header, report);
  if (cors.has_max_age() && cors.max_age() < 1) {
    report.add("maxAge", str_cat("must be at least 1, in seconds, not ", cors.max_age()));
  }
}

}  // namespace limpet
