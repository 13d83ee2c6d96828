#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <absl/strings/ascii.h>

#include "core/base/text.h"
#include "core/validate/formats.h"
#include "core/validate/kinds.h"
#include "core/validate/policy.h"

namespace limpet {
namespace {

constexpr int kMaxListeners = 64;
constexpr int kMaxRouteKinds = 8;
constexpr int kMaxCertificates = 64;

// A well-known name ("HTTP") or one of a domain's ("example.com/bar").
std::string check_protocol(std::string_view value) {
  const size_t slash = value.find('/');
  const std::string_view word = slash == std::string_view::npos ? value : value.substr(slash + 1);
  const bool dashes = slash == std::string_view::npos;  // only a well-known name has them
  const bool word_ok = !word.empty() && word.front() != '-' && word.back() != '-' &&
                       std::all_of(word.begin(), word.end(), [&](char c) {
                         return absl::ascii_isalnum(c) || (dashes && c == '-');
                       });
  const bool domain_ok = dashes || check_dns1123_subdomain(value.substr(0, slash)).empty();
  if (value.size() <= 255 && word_ok && domain_ok) return {};
  return str_cat(
      "must be a protocol such as HTTP, HTTPS, TLS, TCP, UDP or "
      "\"example.com/name\", not \"",
      value.substr(0, 80), "\"");
}

void validate_allowed_routes(const v1::AllowedRoutes& allowed, Report& report) {
  const Scope scope(report, "allowedRoutes");
  {
    const Scope namespaces(report, "namespaces");
    report.optional_one_of("from", allowed.namespaces().from(), {"All", "Selector", "Same"});
    const Scope selector(report, "selector");
    validate_label_selector(allowed.namespaces().selector(), report);
  }
  report.at_most("kinds", allowed.kinds_size(), kMaxRouteKinds);
  for (int i = 0; i < allowed.kinds_size(); ++i) {
    const Scope kind(report, "kinds", i);
    report.optional("group", allowed.kinds(i).group(), check_group);
    report.require("kind", allowed.kinds(i).kind(), check_kind_name);
  }
}

class ListenerChecks {
 public:
  ListenerChecks(const v1::GatewaySpec& spec, Report& report) : spec_(spec), report_(report) {}

  void run() {
    if (spec_.listeners().empty()) report_.add("listeners", "required: at least one listener");
    report_.at_most("listeners", spec_.listeners_size(), kMaxListeners);
    for (int i = 0; i < spec_.listeners_size(); ++i) {
      const Scope scope(report_, "listeners", i);
      check(spec_.listeners(i));
    }
  }

 private:
  void check(const v1::Listener& listener) {
    const std::string& protocol = listener.protocol();
    if (report_.require("name", listener.name(), check_dns1123_subdomain) &&
        !names_.insert(listener.name()).second) {
      report_.add("name", str_cat("must be unique, \"", listener.name(), "\" occurs twice"));
    }
    bool ok = report_.optional("hostname", listener.hostname(), check_wildcard_hostname);
    if (!listener.hostname().empty() && (protocol == "TCP" || protocol == "UDP")) {
      report_.add("hostname", str_cat("must not be set for the protocol ", protocol));
    }
    ok &= report_.require_port(listener.has_port(), listener.port());
    ok &= report_.require("protocol", protocol, check_protocol);
    if (ok) check_distinct(listener);
    validate_allowed_routes(listener.allowed_routes(), report_);
    if (listener.has_tls() && (protocol == "HTTP" || protocol == "TCP" || protocol == "UDP")) {
      report_.add("tls", str_cat("must not be set for the protocol ", protocol));
    }
    if (protocol == "HTTPS") check_tls(listener.tls());
  }

  void check_tls(const v1::ListenerTls& tls) {
    const Scope scope(report_, "tls");
    report_.optional_one_of("mode", tls.mode(), {"Terminate", "Passthrough"});
    if (tls.mode() == "Passthrough") return;
    if (tls.certificate_refs().empty()) {
      report_.add("certificateRefs", "required for the protocol HTTPS: at least one Secret");
    }
    report_.at_most("certificateRefs", tls.certificate_refs_size(), kMaxCertificates);
    for (int i = 0; i < tls.certificate_refs_size(); ++i) {
      const Scope element(report_, "certificateRefs", i);
      validate_secret_reference(tls.certificate_refs(i), report_);
    }
  }

  void check_distinct(const v1::Listener& listener) {
    const auto [other, distinct] = seen_.try_emplace(
        {listener.port(), listener.protocol(), listener.hostname()}, listener.name());
    if (distinct) return;
    report_.add(
        str_cat("must differ from the other listeners in port, protocol or hostname; "
                "\"",
                other->second, "\" has the same"));
  }

  const v1::GatewaySpec& spec_;
  Report& report_;
  std::set<std::string> names_;
  std::map<std::tuple<int, std::string, std::string>, std::string> seen_;  // to the name
};

void validate_infrastructure(const v1::GatewayInfrastructure& infrastructure, Report& report) {
  if (!infrastructure.has_parameters_ref()) return;
  const Scope outer(report, "infrastructure");
  const Scope scope(report, "parametersRef");
  const v1::LocalParametersReference& ref = infrastructure.parameters_ref();
  report.optional("group", ref.group(), check_group);
  report.require("kind", ref.kind(), check_kind_name);
  report.require("name", ref.name(), check_path_segment_name);
}

}  // namespace

void validate_kind(const v1::Gateway& object, Report& report) {
  validate_metadata(object.metadata(), /*namespaced=*/true, check_dns1123_subdomain, report);
  const Scope scope(report, "spec");
  report.require("gatewayClassName", object.spec().gateway_class_name(), check_path_segment_name);
  ListenerChecks(object.spec(), report).run();
  validate_infrastructure(object.spec().infrastructure(), report);
}

}  // namespace limpet
