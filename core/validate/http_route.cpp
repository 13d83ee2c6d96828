#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "core/base/quantity.h"
#include "core/base/text.h"
#include "core/validate/formats.h"
#include "core/validate/http_route.h"
#include "core/validate/kinds.h"
#include "core/validate/policy.h"

namespace limpet {
namespace {

constexpr int kMaxParentRefs = 32;
constexpr int kMaxHostnames = 16;
constexpr int kMaxRules = 16;
constexpr int kMaxMatchesPerRule = 64;
constexpr int kMaxMatches = 128;  // of all rules together
constexpr int kMaxBackendRefs = 16;
constexpr int kMaxWeight = 1'000'000;
constexpr int kMaxRetryCodes = 32;
// What the format of durations can say at most: 99999h.
constexpr int64_t kMaxTimeoutMs = int64_t{99'999} * 3'600'000;

class ParentChecks {
 public:
  ParentChecks(const v1::HTTPRouteSpec& spec, Report& report) : spec_(spec), report_(report) {}

  void run() {
    report_.at_most("parentRefs", spec_.parent_refs_size(), kMaxParentRefs);
    for (const v1::ParentReference& ref : spec_.parent_refs()) ++count_[parent_of(ref)];
    for (int i = 0; i < spec_.parent_refs_size(); ++i) {
      const Scope scope(report_, "parentRefs", i);
      check(spec_.parent_refs(i));
    }
  }

 private:
  using Parent = std::tuple<std::string, std::string, std::string, std::string>;

  static Parent parent_of(const v1::ParentReference& ref) {
    return {ref.has_group() ? ref.group() : "gateway.networking.k8s.io",
            ref.has_kind() ? ref.kind() : "Gateway", ref.namespace_(), ref.name()};
  }

  void check(const v1::ParentReference& ref) {
    report_.optional("group", ref.group(), check_group);
    if (ref.has_kind()) report_.check("kind", check_kind_name(ref.kind()));
    report_.optional("namespace", ref.namespace_(), check_dns1123_label);
    report_.require("name", ref.name(), check_path_segment_name);
    report_.optional("sectionName", ref.section_name(), check_dns1123_subdomain);
    if (ref.has_port()) report_.check("port", check_port(ref.port()));
    check_distinct(ref);
  }

  // Several references to one parent must say which of its listeners each means.
  void check_distinct(const v1::ParentReference& ref) {
    const Parent parent = parent_of(ref);
    if (count_[parent] < 2) return;
    if (ref.section_name().empty() && !ref.has_port()) {
      report_.add("sectionName", str_cat("required (or port) where several references name ",
                                         "the same parent, \"", ref.name(), "\""));
    } else if (!sections_.insert({parent, ref.section_name(), ref.port()}).second) {
      report_.add(str_cat("must be unique, another reference names the same listener of \"",
                          ref.name(), "\""));
    }
  }

  const v1::HTTPRouteSpec& spec_;
  Report& report_;
  std::map<Parent, int> count_;
  std::set<std::tuple<Parent, std::string, int>> sections_;
};

void validate_hostnames(const v1::HTTPRouteSpec& spec, Report& report) {
  report.at_most("hostnames", spec.hostnames_size(), kMaxHostnames);
  for (int i = 0; i < spec.hostnames_size(); ++i) {
    const Scope scope(report, "hostnames", i);
    std::string problem = check_wildcard_hostname(spec.hostnames(i));
    if (!problem.empty()) report.add(std::move(problem));
  }
}

template <typename Reference>
void validate_any_reference(const Reference& ref, Report& report) {
  report.optional("group", ref.group(), check_group);
  if (ref.has_kind()) report.check("kind", check_kind_name(ref.kind()));
  report.require("name", ref.name(), check_path_segment_name);
  report.optional("namespace", ref.namespace_(), check_dns1123_label);
  const bool service = ref.group().empty() && (!ref.has_kind() || ref.kind() == "Service");
  if (service || ref.has_port()) report.require_port(ref.has_port(), ref.port());
}

void validate_backend(const v1::HTTPBackendRef& ref, Report& report) {
  validate_reference(ref, report);
  if (ref.has_weight()) report.check("weight", check_range(ref.weight(), 0, kMaxWeight));
}

// GEP-1742: "0s" is no bound.
void validate_timeouts(const v1::HTTPRouteTimeouts& timeouts, Report& report) {
  const Scope scope(report, "timeouts");
  int64_t ms[] = {0, 0};
  const std::string* const values[] = {&timeouts.request(), &timeouts.backend_request()};
  constexpr std::string_view kFields[] = {"request", "backendRequest"};
  for (size_t i = 0; i < 2; ++i) {
    if (values[i]->empty()) continue;
    if (report.check(kFields[i], check_duration(*values[i], 0, kMaxTimeoutMs))) {
      ms[i] = *parse_duration_ms(*values[i]);
    }
  }
  if (ms[0] != 0 && ms[1] > ms[0]) {
    report.add("backendRequest", str_cat("must not be longer than request, ", timeouts.request()));
  }
}

// GEP-1731.
void validate_retry(const v1::HTTPRouteRetry& retry, Report& report) {
  const Scope scope(report, "retry");
  report.at_most("codes", retry.codes_size(), kMaxRetryCodes);
  for (int i = 0; i < retry.codes_size(); ++i) {
    const Scope item(report, "codes", i);
    std::string problem = check_range(retry.codes(i), 400, 599);
    if (!problem.empty()) report.add(std::move(problem));
  }
  if (retry.has_attempts()) {
    report.check("attempts", check_range(retry.attempts(), 0, std::numeric_limits<int>::max()));
  }
  if (!retry.backoff().empty()) {
    report.check("backoff", check_duration(retry.backoff(), 0, kMaxTimeoutMs));
  }
}

void validate_rule(const v1::HTTPRouteRule& rule, Report& report) {
  report.at_most("matches", rule.matches_size(), kMaxMatchesPerRule);
  for (int i = 0; i < rule.matches_size(); ++i) {
    const Scope scope(report, "matches", i);
    validate_match(rule.matches(i), report);
  }
  validate_timeouts(rule.timeouts(), report);
  validate_retry(rule.retry(), report);
  validate_persistence(rule.session_persistence(), report);
  validate_filters(rule.filters(), FilterPlace::kRule, rule, report);
  report.at_most("backendRefs", rule.backend_refs_size(), kMaxBackendRefs);
  for (int i = 0; i < rule.backend_refs_size(); ++i) {
    const Scope scope(report, "backendRefs", i);
    validate_backend(rule.backend_refs(i), report);
    validate_filters(rule.backend_refs(i).filters(), FilterPlace::kBackend, rule, report);
  }
}

void validate_rules(const v1::HTTPRouteSpec& spec, Report& report) {
  report.at_most("rules", spec.rules_size(), kMaxRules);
  std::set<std::string> names;
  int matches = 0;
  for (int i = 0; i < spec.rules_size(); ++i) {
    const Scope scope(report, "rules", i);
    const v1::HTTPRouteRule& rule = spec.rules(i);
    matches += rule.matches_size();
    if (report.optional("name", rule.name(), check_dns1123_subdomain) && !rule.name().empty() &&
        !names.insert(rule.name()).second) {
      report.add("name", str_cat("must be unique, \"", rule.name(), "\" occurs twice"));
    }
    validate_rule(rule, report);
  }
  if (matches > kMaxMatches) {
    report.add("rules",
               str_cat("must have at most ", kMaxMatches, " matches in all, not ", matches));
  }
}

}  // namespace

void validate_reference(const v1::HTTPBackendRef& ref, Report& report) {
  validate_any_reference(ref, report);
}
void validate_reference(const v1::BackendObjectReference& ref, Report& report) {
  validate_any_reference(ref, report);
}

void validate_kind(const v1::HTTPRoute& object, Report& report) {
  validate_metadata(object.metadata(), /*namespaced=*/true, check_dns1123_subdomain, report);
  if (!object.has_spec()) {
    report.add("spec", "required");
    return;
  }
  const Scope scope(report, "spec");
  ParentChecks(object.spec(), report).run();
  validate_hostnames(object.spec(), report);
  validate_rules(object.spec(), report);
}

}  // namespace limpet
