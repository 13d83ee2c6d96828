// As the schema of Gateway API validates BackendTLSPolicies (apis/v1/backendtlspolicy_types.go).
#include <set>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/validate/formats.h"
#include "core/validate/kinds.h"

namespace limpet {
namespace {

constexpr int kMaxTargets = 16;
constexpr int kMaxAuthorities = 8;
constexpr int kMaxNames = 5;
constexpr size_t kMaxUri = 253;

void validate_targets(const v1::BackendTLSPolicySpec& spec, Report& report) {
  if (spec.target_refs().empty()) {
    report.add("targetRefs", "required: at least one Service that the policy is for");
  }
  report.at_most("targetRefs", spec.target_refs_size(), kMaxTargets);
  std::set<std::pair<std::string, std::string>> seen;
  for (int i = 0; i < spec.target_refs_size(); ++i) {
    const Scope scope(report, "targetRefs", i);
    const v1::BackendTLSTarget& target = spec.target_refs(i);
    if (!target.group().empty()) report.add("group", "must be \"\", the group of Service");
    report.check("kind", target.kind().empty() ? "required: Service"
                                               : check_one_of(target.kind(), {"Service"}));
    report.require("name", target.name(), check_dns1035_label);
    report.optional("sectionName", target.section_name(), check_dns1123_label);
    if (!seen.emplace(target.name(), target.section_name()).second) {
      report.add("must be unique, the same Service and sectionName occur twice");
    }
  }
}

// No wildcard, and no address (PreciseHostname).
std::string check_precise_hostname(std::string_view host) {
  return host.starts_with('*') ? check_dns1123_subdomain(host) : check_wildcard_hostname(host);
}

// RFC 3986, 3: a scheme, and something behind it.
std::string check_uri(std::string_view uri) {
  static constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const size_t scheme = uri.find_first_not_of(str_cat(kLetters, "0123456789+-."));
  const bool absolute = !uri.empty() && kLetters.find(uri[0]) != std::string_view::npos &&
                        scheme != std::string_view::npos && uri.substr(scheme).starts_with("://") &&
                        uri.size() > scheme + 3;
  if (!absolute) return "must be a URI with a scheme, such as \"spiffe://example.org/web\"";
  return check_max_size(uri, kMaxUri);
}

// The one of the two that belongs to the type is required, the other refused.
void validate_name(const v1::SubjectAltName& name, Report& report) {
  const std::string& type = name.type();
  if (!report.check("type", type.empty() ? "required: Hostname or URI"
                                         : check_one_of(type, {"Hostname", "URI"}))) {
    return;
  }
  const bool is_uri = type == "URI";
  const std::string refused = str_cat("must not be set for the type ", type);
  if (is_uri) {
    report.require("uri", name.uri(), check_uri);
    if (!name.hostname().empty()) report.add("hostname", refused);
  } else {
    report.require("hostname", name.hostname(), check_precise_hostname);
    if (!name.uri().empty()) report.add("uri", refused);
  }
}

void validate_authorities(const v1::BackendTLSValidation& validation, Report& report) {
  const std::string& well_known = validation.well_known_ca_certificates();
  if (validation.ca_certificate_refs().empty() && well_known.empty()) {
    report.add("caCertificateRefs", "required, or wellKnownCACertificates: System");
  } else if (!validation.ca_certificate_refs().empty() && !well_known.empty()) {
    report.add("wellKnownCACertificates", "must not be set beside caCertificateRefs");
  }
  report.optional_one_of("wellKnownCACertificates", well_known, {"System"});
  report.at_most("caCertificateRefs", validation.ca_certificate_refs_size(), kMaxAuthorities);
  for (int i = 0; i < validation.ca_certificate_refs_size(); ++i) {
    const Scope scope(report, "caCertificateRefs", i);
    const v1::CACertificateReference& ref = validation.ca_certificate_refs(i);
    // Of other kinds the status tells, as Gateway API asks (InvalidKind).
    report.optional("group", ref.group(), check_group);
    report.require("kind", ref.kind(), check_kind_name);
    report.require("name", ref.name(), check_dns1123_subdomain);
  }
}

}  // namespace

void validate_kind(const v1::BackendTLSPolicy& object, Report& report) {
  validate_metadata(object.metadata(), /*namespaced=*/true, check_dns1123_subdomain, report);
  const Scope scope(report, "spec");
  validate_targets(object.spec(), report);
  if (!object.spec().has_validation()) {
    return report.add("validation", "required: what endpoints' certificates must be");
  }
  const v1::BackendTLSValidation& validation = object.spec().validation();
  const Scope within(report, "validation");
  validate_authorities(validation, report);
  report.require("hostname", validation.hostname(), check_precise_hostname);
  report.at_most("subjectAltNames", validation.subject_alt_names_size(), kMaxNames);
  for (int i = 0; i < validation.subject_alt_names_size(); ++i) {
    const Scope element(report, "subjectAltNames", i);
    validate_name(validation.subject_alt_names(i), report);
  }
}

}  // namespace limpet
