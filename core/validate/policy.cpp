#include "core/validate/policy.h"

#include <absl/strings/str_format.h>

#include "core/base/quantity.h"

namespace limpet {
namespace {

constexpr size_t kMaxShown = 40;  // characters of a malformed value
constexpr size_t kMaxName = 128;  // of a header or cookie

// "24h", "15m", "10s" or "100ms": in the greatest unit that gives a whole number.
std::string duration_text(int64_t ms) {
  constexpr std::pair<int64_t, std::string_view> kUnits[] = {
      {3'600'000, "h"}, {60'000, "m"}, {1'000, "s"}, {1, "ms"}};
  for (const auto& [size, unit] : kUnits) {
    if (ms >= size && ms % size == 0) return str_cat(ms / size, unit);
  }
  return "0s";
}

}  // namespace

void validate_target(bool present, const v1::PolicyTargetReference& target, std::string_view kind,
                     Report& report) {
  if (!present) {
    return report.add("targetRef", str_cat("required: the ", kind, " that the policy is for"));
  }
  const Scope scope(report, "targetRef");
  const bool of_route = kind == "HTTPRoute";
  if (of_route && target.has_group() && target.group() != "gateway.networking.k8s.io") {
    report.add("group", "must be \"gateway.networking.k8s.io\", the group of HTTPRoute");
  } else if (!of_route && !target.group().empty()) {
    report.add("group", "must be \"\", the group of Service");
  }
  report.check("kind", target.kind().empty() ? str_cat("required: ", kind)
                                             : check_one_of(target.kind(), {kind}));
  report.require("name", target.name(), of_route ? check_dns1123_subdomain : check_dns1035_label);
  report.optional("namespace", target.namespace_(), check_dns1123_label);
}

void validate_hash_key(std::string_view field, const v1::HashKey& key, Report& report) {
  const Scope scope(report, field);
  const std::string& source = key.source();
  if (source.empty()) {
    return report.add("source", "required: ClientAddress, Header, Cookie or Query");
  }
  if (!report.check("source",
                    check_one_of(source, {"ClientAddress", "Header", "Cookie", "Query"}))) {
    return;
  }
  if (source == "ClientAddress") {
    if (!key.name().empty()) report.add("name", "must not be set for the source ClientAddress");
  } else if (key.name().empty()) {
    report.add("name", str_cat("required for the source ", source));
  } else {
    report.check("name", source == "Query" ? check_max_size(key.name(), kMaxName)
                                           : check_token(key.name(), kMaxName));
  }
}

void validate_secret_reference(const v1::SecretReference& reference, Report& report) {
  report.optional("group", reference.group(), check_group);
  report.optional("kind", reference.kind(), check_kind_name);
  report.require("name", reference.name(), check_dns1123_subdomain);
  report.optional("namespace", reference.namespace_(), check_dns1123_label);
}

std::string check_duration(std::string_view value, int64_t min_ms, int64_t max_ms) {
  const std::optional<int64_t> ms = parse_duration_ms(value);
  if (!ms) {
    return str_cat("must be a duration such as \"10s\", \"1m30s\" or \"500ms\", not \"",
                   value.substr(0, kMaxShown), "\"");
  }
  if (*ms >= min_ms && *ms <= max_ms) return {};
  return str_cat("must be between ", duration_text(min_ms), " and ", duration_text(max_ms),
                 ", not ", value.substr(0, kMaxShown));
}

std::string check_number(double value, double min, double max) {
  if (value >= min && value <= max) return {};
  return absl::StrFormat("must be between %g and %g, not %.15g", min, max, value);
}

}  // namespace limpet
