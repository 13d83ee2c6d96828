// HTTPRouteMatch, as the Gateway API's CRD has it; regular expressions are RE2's.
#include <set>
#include <string>

#include <absl/strings/ascii.h>

#include "core/base/regex.h"
#include "core/base/text.h"
#include "core/validate/formats.h"
#include "core/validate/http_route.h"

namespace limpet {
namespace {

constexpr int kMaxHeaderMatches = 16;
constexpr int kMaxParamMatches = 16;
constexpr size_t kMaxName = 256;
constexpr size_t kMaxHeaderValue = 4096;
constexpr size_t kMaxParamValue = 1024;
constexpr size_t kMaxPath = 1024;

// What RFC 3986 allows in a path.
bool is_path_char(std::string_view rest) {
  constexpr std::string_view kSymbols = "-/._~!$&'()*+,;=:@";
  if (absl::ascii_isalnum(rest[0]) || contains(kSymbols, rest[0])) return true;
  return rest[0] == '%' && rest.size() > 2 && absl::ascii_isxdigit(rest[1]) &&
         absl::ascii_isxdigit(rest[2]);
}

std::string check_regex(std::string_view value) {
  std::string problem;
  if (compile_regex(value, &problem) != nullptr) return {};
  return str_cat("must be a regular expression as RE2 reads it: ", problem);
}

void validate_path(const v1::HTTPPathMatch& path, Report& report) {
  const Scope scope(report, "path");
  const bool type_ok =
      report.optional_one_of("type", path.type(), {"Exact", "PathPrefix", "RegularExpression"});
  if (!type_ok || !path.has_value()) return;
  if (path.type() != "RegularExpression") {
    report.check("value", check_path(path.value()));
  } else if (report.check("value", check_max_size(path.value(), kMaxPath))) {
    report.check("value", check_regex(path.value()));
  }
}

// Of header fields and of query parameters.
template <typename Matches>
void validate_values(std::string_view field, const Matches& matches, int max, size_t max_value,
                     Report& report) {
  report.at_most(field, matches.size(), max);
  std::set<std::string> names;
  for (int i = 0; i < matches.size(); ++i) {
    const Scope scope(report, field, i);
    const auto& match = matches[i];
    const bool type_ok =
        report.optional_one_of("type", match.type(), {"Exact", "RegularExpression"});
    if (report.require("name", match.name(), check_header_name) &&
        !names.insert(match.name()).second) {
      report.add("name", str_cat("must be unique, \"", match.name(), "\" occurs twice"));
    }
    if (match.value().empty()) {
      report.add("value", "required");
    } else if (report.check("value", check_max_size(match.value(), max_value)) && type_ok &&
               match.type() == "RegularExpression") {
      report.check("value", check_regex(match.value()));
    }
  }
}

}  // namespace

std::string check_header_name(std::string_view value) { return check_token(value, kMaxName); }

std::string check_path(std::string_view value) {
  if (!value.starts_with("/")) {
    return str_cat("must start with \"/\", not be \"", value.substr(0, 80), "\"");
  }
  for (std::string_view bad : {"//", "/./", "/../", "%2f", "%2F", "#"}) {
    if (contains(value, bad)) return str_cat("must not contain \"", bad, "\"");
  }
  for (std::string_view bad : {"/.", "/.."}) {
    if (value.ends_with(bad)) return str_cat("must not end with \"", bad, "\"");
  }
  for (size_t i = 0; i < value.size(); ++i) {
    if (is_path_char(value.substr(i))) continue;
    return str_cat(
        "must consist of characters that a path may have; write others, such as "
        "the one at position ",
        i + 1, ", as % and two hexadecimal digits");
  }
  return check_max_size(value, kMaxPath);
}

void validate_match(const v1::HTTPRouteMatch& match, Report& report) {
  validate_path(match.path(), report);
  validate_values("headers", match.headers(), kMaxHeaderMatches, kMaxHeaderValue, report);
  validate_values("queryParams", match.query_params(), kMaxParamMatches, kMaxParamValue, report);
  report.optional_one_of("method", match.method(),
                         {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE",
                          "PATCH"});
}

}  // namespace limpet
