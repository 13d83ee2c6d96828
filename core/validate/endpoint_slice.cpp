#include <set>

#include "core/base/text.h"
#include "core/validate/formats.h"
#include "core/validate/kinds.h"

namespace limpet {
namespace {

constexpr int kMaxEndpoints = 1000;
constexpr int kMaxAddresses = 100;
constexpr int kMaxPorts = 100;

bool validate_address_type(const std::string& type, Report& report) {
  if (type.empty()) {
    report.add("addressType", "required: IPv4 or IPv6");
  } else if (type == "FQDN") {
    report.add("addressType", "FQDN is not supported by this version of Limpet; use IPv4 or IPv6");
  } else {
    return report.check("addressType", check_one_of(type, {"IPv4", "IPv6"}));
  }
  return false;
}

// Loopback addresses are fine here, unlike in Kubernetes: a node and its endpoints may well live
// on one machine.
std::string check_address(const std::string& address, const std::string& type) {
  const bool v4 = type == "IPv4";
  if (!is_ip(address, v4 ? IpFamily::kV4 : IpFamily::kV6)) {
    return str_cat("must be an ", type, " address, not \"", address.substr(0, 80), "\"");
  }
  if (address == "0.0.0.0" || address == "::") {
    return str_cat("must be the address of one endpoint, not the unspecified ", address);
  }
  const bool multicast = v4 ? address >= "224." && address < "240." && address[3] == '.'
                            : address.starts_with("ff") || address.starts_with("FF") ||
                                  address.starts_with("fF") || address.starts_with("Ff");
  if (multicast) {
    return str_cat("must be the address of one endpoint, not the multicast ", address);
  }
  return {};
}

void validate_addresses(const v1::Endpoint& endpoint, const std::string& type, Report& report) {
  if (endpoint.addresses().empty()) report.add("addresses", "required: at least one address");
  report.at_most("addresses", endpoint.addresses_size(), kMaxAddresses);
  std::set<std::string> seen;
  for (int i = 0; i < endpoint.addresses_size(); ++i) {
    const Scope scope(report, "addresses", i);
    const std::string& address = endpoint.addresses(i);
    if (!type.empty()) {
      std::string problem = check_address(address, type);
      if (!problem.empty()) report.add(std::move(problem));
    }
    if (!seen.insert(address).second) {
      report.add(str_cat("must be unique, ", address, " occurs twice"));
    }
  }
}

void validate_ports(const v1::EndpointSlice& object, Report& report) {
  report.at_most("ports", object.ports_size(), kMaxPorts);
  std::set<std::string> names;
  for (int i = 0; i < object.ports_size(); ++i) {
    const Scope scope(report, "ports", i);
    const v1::EndpointPort& port = object.ports(i);
    if (report.optional("name", port.name(), check_dns1123_label) &&
        !names.insert(port.name()).second) {
      report.add("name", port.name().empty()
                             ? std::string("required where there are several ports")
                             : str_cat("must be unique, \"", port.name(), "\" occurs twice"));
    }
    report.require_port(port.has_port(), port.port());
    report.optional_one_of("protocol", port.protocol(), {"TCP", "UDP", "SCTP"});
    report.optional("appProtocol", port.app_protocol(), check_qualified_name);
  }
}

}  // namespace

void validate_kind(const v1::EndpointSlice& object, Report& report) {
  validate_metadata(object.metadata(), /*namespaced=*/true, check_dns1123_subdomain, report);
  const bool type_ok = validate_address_type(object.address_type(), report);
  report.at_most("endpoints", object.endpoints_size(), kMaxEndpoints);
  for (int i = 0; i < object.endpoints_size(); ++i) {
    const Scope scope(report, "endpoints", i);
    const v1::Endpoint& endpoint = object.endpoints(i);
    // Of an unknown type, no address is right or wrong.
    validate_addresses(endpoint, type_ok ? object.address_type() : std::string(), report);
    report.optional("hostname", endpoint.hostname(), check_dns1123_label);
    const Scope target(report, "targetRef");
    report.optional("namespace", endpoint.target_ref().namespace_(), check_dns1123_label);
    report.optional("name", endpoint.target_ref().name(), check_path_segment_name);
  }
  validate_ports(object, report);
}

}  // namespace limpet
