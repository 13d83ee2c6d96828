#include <map>
#include <set>
#include <utility>

#include "core/base/text.h"
#include "core/resource/dns_target.h"
#include "core/validate/formats.h"
#include "core/validate/kinds.h"

namespace limpet {
namespace {

// A load balancer's address and its port for health checks mean nothing here; their enumerations
// are checked all the same, so that what is stored is what a Kubernetes API server would take.
void validate_policies(const v1::ServiceSpec& spec, Report& report) {
  report.optional_one_of("sessionAffinity", spec.session_affinity(), {"None", "ClientIP"});
  report.optional_one_of("externalTrafficPolicy", spec.external_traffic_policy(),
                         {"Cluster", "Local"});
  report.optional_one_of("internalTrafficPolicy", spec.internal_traffic_policy(),
                         {"Cluster", "Local"});
  for (int i = 0; i < spec.ip_families_size(); ++i) {
    const Scope scope(report, "ipFamilies", i);
    std::string problem = check_one_of(spec.ip_families(i), {"IPv4", "IPv6"});
    if (!problem.empty()) report.add(std::move(problem));
  }
  report.optional_one_of("ipFamilyPolicy", spec.ip_family_policy(),
                         {"SingleStack", "PreferDualStack", "RequireDualStack"});
}

void validate_target_port(const v1::IntOrString& target, Report& report) {
  switch (target.value_case()) {
    case v1::IntOrString::kIntValue:
      report.check("targetPort", check_port(target.int_value()));
      break;
    case v1::IntOrString::kStringValue:
      report.check("targetPort", check_port_name(target.string_value()));
      break;
    case v1::IntOrString::VALUE_NOT_SET:
      break;
  }
}

class PortChecks {
 public:
  PortChecks(const v1::ServiceSpec& spec, Report& report) : spec_(spec), report_(report) {}

  void run() {
    for (int i = 0; i < spec_.ports_size(); ++i) {
      const Scope scope(report_, "ports", i);
      check(spec_.ports(i));
    }
  }

 private:
  void check(const v1::ServicePort& port) {
    if (port.name().empty()) {
      if (spec_.ports_size() > 1) report_.add("name", "required where there are several ports");
    } else if (report_.check("name", check_dns1123_label(port.name())) &&
               !names_.insert(port.name()).second) {
      report_.add("name", str_cat("must be unique, \"", port.name(), "\" occurs twice"));
    }
    const bool number_ok = report_.require_port(port.has_port(), port.port());
    const bool protocol_ok =
        report_.optional_one_of("protocol", port.protocol(), {"TCP", "UDP", "SCTP"});
    const std::string protocol = port.protocol().empty() ? "TCP" : port.protocol();
    if (number_ok && protocol_ok && !numbers_.insert({protocol, port.port()}).second) {
      report_.add("port",
                  str_cat("must be unique, ", protocol, " port ", port.port(), " occurs twice"));
    }
    validate_target_port(port.target_port(), report_);
    report_.optional("appProtocol", port.app_protocol(), check_qualified_name);
    report_.check("nodePort", check_range(port.node_port(), 0, 65535));
  }

  const v1::ServiceSpec& spec_;
  Report& report_;
  std::set<std::string> names_;
  std::set<std::pair<std::string, int>> numbers_;
};

std::string check_cluster_ip(std::string_view value) {
  if (value == "None" || is_ip(value)) return {};
  return str_cat("must be an IP address or None, not \"", value.substr(0, 80), "\"");
}

// A name that DNS can be asked for, with or without the dot at its end.
std::string check_dns_name(std::string_view value) {
  if (is_ip(value)) {
    return str_cat("must be a DNS name, not the address ", value,
                   "; write an EndpointSlice for that");
  }
  return check_dns1123_subdomain(value.ends_with('.') ? value.substr(0, value.size() - 1) : value);
}

// Where the endpoints come from DNS. A port's name means nothing to an address.
void validate_resolved_ports(const v1::ServiceSpec& spec, Report& report) {
  for (int i = 0; i < spec.ports_size(); ++i) {
    if (!spec.ports(i).target_port().has_string_value()) continue;
    const Scope scope(report, "ports", i);
    report.add("targetPort", "must be a number: DNS gives addresses, and no named ports");
  }
}

void validate_resolve_annotations(const v1::Service& object, Report& report) {
  const auto& annotations = object.metadata().annotations();
  const std::string_view name = find_value(annotations, kResolveAnnotation);
  const std::string_view interval = find_value(annotations, kResolveIntervalAnnotation);
  const Scope metadata(report, "metadata");
  if (annotations.contains(std::string(kResolveAnnotation))) {
    const Scope scope(report, "annotations", kResolveAnnotation);
    std::string problem = check_dns_name(name);
    if (object.spec().type() == "ExternalName") {
      problem = "must not be set beside the type ExternalName, which has a name already";
    }
    if (!problem.empty()) report.add(std::move(problem));
  }
  if (annotations.contains(std::string(kResolveIntervalAnnotation)) &&
      !parse_resolve_interval(interval)) {
    const Scope scope(report, "annotations", kResolveIntervalAnnotation);
    report.add(str_cat("must be a duration from 1s to 1h, such as 10s, not \"",
                       interval.substr(0, 80), "\""));
  }
}

}  // namespace

void validate_kind(const v1::Service& object, Report& report) {
  validate_metadata(object.metadata(), /*namespaced=*/true, check_dns1035_label, report);
  validate_resolve_annotations(object, report);
  const v1::ServiceSpec& spec = object.spec();
  const Scope scope(report, "spec");
  const bool headless = spec.cluster_ip() == "None";
  const bool external_name = spec.type() == "ExternalName";
  if (spec.ports().empty() && !headless && !external_name) {
    report.add("ports", "required: at least one port");
  }
  PortChecks(spec, report).run();
  report.optional_one_of("type", spec.type(),
                         {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"});
  if (external_name) report.require("externalName", spec.external_name(), check_dns_name);
  if (dns_target(object)) validate_resolved_ports(spec, report);
  report.optional("clusterIP", spec.cluster_ip(), check_cluster_ip);
  validate_policies(spec, report);
}

}  // namespace limpet
