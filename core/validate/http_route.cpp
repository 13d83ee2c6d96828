#include <map>
#include <set>
#include <tuple>
#include <utility>

#include <absl/strings/ascii.h>

#include "core/base/text.h"
#include "core/validate/formats.h"
#include "core/validate/kinds.h"

namespace limpet {
namespace {

constexpr int kMaxParentRefs = 32;
constexpr int kMaxHostnames = 16;
constexpr int kMaxRules = 16;
constexpr int kMaxMatchesPerRule = 64;
constexpr int kMaxMatches = 128;  // of all rules together
constexpr int kMaxBackendRefs = 16;
constexpr int kMaxWeight = 1'000'000;
constexpr size_t kMaxPath = 1024;

// What RFC 3986 allows in a path.
bool is_path_char(std::string_view rest) {
  constexpr std::string_view kSymbols = "-/._~!$&'()*+,;=:@";
  if (absl::ascii_isalnum(rest[0]) || contains(kSymbols, rest[0])) return true;
  return rest[0] == '%' && rest.size() > 2 && absl::ascii_isxdigit(rest[1]) &&
         absl::ascii_isxdigit(rest[2]);
}

// For Exact and PathPrefix.
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

void validate_path_match(const v1::HTTPPathMatch& path, Report& report) {
  const Scope scope(report, "path");
  if (path.type() == "RegularExpression") {
    report.add("type",
               "RegularExpression is not supported by this version of Limpet; use Exact "
               "or PathPrefix");
    return;
  }
  const bool type_ok = report.optional_one_of("type", path.type(), {"Exact", "PathPrefix"});
  if (type_ok && path.has_value()) report.check("value", check_path(path.value()));
}

void validate_backend(const v1::HTTPBackendRef& ref, Report& report) {
  report.optional("group", ref.group(), check_group);
  if (ref.has_kind()) report.check("kind", check_kind_name(ref.kind()));
  report.require("name", ref.name(), check_path_segment_name);
  report.optional("namespace", ref.namespace_(), check_dns1123_label);
  const bool service = ref.group().empty() && (!ref.has_kind() || ref.kind() == "Service");
  if (service || ref.has_port()) report.require_port(ref.has_port(), ref.port());
  if (ref.has_weight()) report.check("weight", check_range(ref.weight(), 0, kMaxWeight));
}

void validate_rule(const v1::HTTPRouteRule& rule, Report& report) {
  report.at_most("matches", rule.matches_size(), kMaxMatchesPerRule);
  for (int i = 0; i < rule.matches_size(); ++i) {
    const Scope scope(report, "matches", i);
    validate_path_match(rule.matches(i).path(), report);
  }
  report.at_most("backendRefs", rule.backend_refs_size(), kMaxBackendRefs);
  for (int i = 0; i < rule.backend_refs_size(); ++i) {
    const Scope scope(report, "backendRefs", i);
    validate_backend(rule.backend_refs(i), report);
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
