#include <set>

#include "core/base/text.h"
#include "core/validate/formats.h"
#include "core/validate/kinds.h"

namespace limpet {
namespace {

constexpr int kMaxPorts = 16;
constexpr size_t kMaxCookieName = 128;

void validate_target(const v1::PolicyTargetReference& target, Report& report) {
  const Scope scope(report, "targetRef");
  if (!target.group().empty()) {
    report.add("group", "must be \"\", the group of Service");
  }
  report.check("kind", target.kind().empty() ? "required: Service"
                                             : check_one_of(target.kind(), {"Service"}));
  report.require("name", target.name(), check_dns1035_label);
  report.optional("namespace", target.namespace_(), check_dns1123_label);
}

void validate_config(const v1::SessionStickyConfig& config, Report& report) {
  const Scope scope(report, "config");
  if (config.has_cookie_name()) {
    report.check("cookieName", check_token(config.cookie_name(), kMaxCookieName));
  }
  if (config.has_expires() && config.expires() < 1) {
    report.add("expires",
               str_cat("must be a number of seconds, at least 1, not ", config.expires()));
  }
}

void validate_ports(const v1::SessionStickyPolicySpec& spec, Report& report) {
  if (spec.ports().empty()) report.add("ports", "required: at least one port of the Service");
  report.at_most("ports", spec.ports_size(), kMaxPorts);
  std::set<int> seen;
  for (int i = 0; i < spec.ports_size(); ++i) {
    const Scope scope(report, "ports", i);
    const v1::SessionStickyPort& port = spec.ports(i);
    if (report.require_port(port.has_port(), port.port()) && !seen.insert(port.port()).second) {
      report.add("port", str_cat("must be unique, ", port.port(), " occurs twice"));
    }
    validate_config(port.config(), report);
  }
}

}  // namespace

void validate_kind(const v1::SessionStickyPolicy& object, Report& report) {
  validate_metadata(object.metadata(), /*namespaced=*/true, check_dns1123_subdomain, report);
  const Scope scope(report, "spec");
  if (object.spec().has_target_ref()) {
    validate_target(object.spec().target_ref(), report);
  } else {
    report.add("targetRef", "required: the Service whose sessions stick");
  }
  validate_ports(object.spec(), report);
  validate_config(object.spec().config(), report);
}

}  // namespace limpet
