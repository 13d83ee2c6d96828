// What the checks of policies have in common: whom they are for, for which ports, and the values
// that several of them have.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "core/base/text.h"
#include "core/validate/formats.h"
#include "core/validate/kinds.h"

namespace limpet {

inline constexpr int kMaxPolicyPorts = 16;

// Of the policies' kinds of targets: "Service", or "HTTPRoute" with its group.
void validate_target(bool present, const v1::PolicyTargetReference& target, std::string_view kind,
                     Report& report);

void validate_hash_key(std::string_view field, const v1::HashKey& key, Report& report);
void validate_secret_reference(const v1::SecretReference& reference, Report& report);

// Empty, or what is wrong with a duration that has to lie between the two.
std::string check_duration(std::string_view value, int64_t min_ms, int64_t max_ms);
// As check_range(), of numbers with fractions; `min` and `max` are allowed.
std::string check_number(double value, double min, double max);

// Of a header field that has sessions' tokens.
std::string check_session_header(std::string_view value);

// The whole of a policy for ports of a Service. `check_port` has each of spec.ports to itself,
// beside its number and its config; `check_config` every config.
template <typename Policy, typename CheckPort, typename CheckConfig>
void validate_service_policy(const Policy& object, Report& report, CheckPort check_port,
                             CheckConfig check_config) {
  validate_metadata(object.metadata(), /*namespaced=*/true, check_dns1123_subdomain, report);
  const Scope scope(report, "spec");
  validate_target(object.spec().has_target_ref(), object.spec().target_ref(), "Service", report);
  if (object.spec().ports().empty()) {
    report.add("ports", "required: at least one port of the Service");
  }
  report.at_most("ports", object.spec().ports_size(), kMaxPolicyPorts);
  std::set<int> seen;
  for (int i = 0; i < object.spec().ports_size(); ++i) {
    const Scope element(report, "ports", i);
    const auto& port = object.spec().ports(i);
    if (report.require_port(port.has_port(), port.port()) && !seen.insert(port.port()).second) {
      report.add("port", str_cat("must be unique, ", port.port(), " occurs twice"));
    }
    check_port(port, report);
    const Scope config(report, "config");
    check_config(port.config(), report);
  }
  const Scope config(report, "config");
  check_config(object.spec().config(), report);
}

template <typename Policy, typename CheckConfig>
void validate_service_policy(const Policy& object, Report& report, CheckConfig check_config) {
  validate_service_policy(object, report, [](const auto&, Report&) {}, check_config);
}

}  // namespace limpet
