#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

const std::string kBase = R"pb(
  endpoint_slice {
    api_version: "discovery.k8s.io/v1"
    kind: "EndpointSlice"
    metadata {
      name: "pipy-1"
      namespace: "server"
      labels { key: "kubernetes.io/service-name" value: "pipy" }
    }
    address_type: "IPv4"
    endpoints {
      addresses: "127.0.0.11"
      target_ref { kind: "Pod" name: "pipy-0" }
    }
    ports { name: "http" port: 8080 }
  })pb";

std::string slice(const std::string& fields) { return "endpoint_slice { " + fields + " }"; }

TEST(ValidateEndpointSlice, AddressTypes) {
  expect_violations(
      kBase,
      {{slice("address_type: ''"), {"addressType: required"}},
       {slice("address_type: 'FQDN'"), {"addressType: FQDN is not supported by this version"}},
       {slice("address_type: 'ipv4'"), {"addressType: must be IPv4 or IPv6"}},
       {slice("address_type: 'IPv6'"), {"endpoints[0].addresses[0]: must be an IPv6 address"}}});
}

TEST(ValidateEndpointSlice, Addresses) {
  const std::string field = "endpoints[1].addresses";
  expect_violations(
      kBase,
      {{slice("endpoints {}"), {field + ": required"}},
       {slice("endpoints { addresses: ['10.0.0.1', '10.0.0.1'] }"),
        {field + "[1]: must be unique"}},
       {slice("endpoints { addresses: '0.0.0.0' }"), {field + "[0]: must be the address of one"}},
       {slice("endpoints { addresses: '239.1.1.1' }"), {field + "[0]: must be the address of one"}},
       {slice("endpoints { addresses: '223.1.1.1' }"), {}},
       {slice("endpoints { addresses: 'host' }"), {field + "[0]: must be an IPv4 address"}},
       {slice("endpoints { addresses: '10.0.0.1' hostname: 'a.b' }"),
        {"endpoints[1].hostname: must be a DNS label"}},
       {slice("endpoints { addresses: '10.0.0.1' target_ref { name: 'a/b' } }"),
        {"endpoints[1].targetRef.name: must be a name"}}});
}

TEST(ValidateEndpointSlice, Limits) {
  std::string addresses;
  for (int i = 0; i < 101; ++i) addresses += "addresses: '10.0.0." + std::to_string(i) + "' ";
  std::string ports;
  for (int i = 0; i < 100; ++i) {
    ports += "ports { name: 'p" + std::to_string(i) + "' port: 1 } ";
  }
  expect_violations(kBase, {{slice(times(999, "endpoints { addresses: '10.0.0.1' } ")), {}},
                            {slice(times(1000, "endpoints { addresses: '10.0.0.1' } ")),
                             {"endpoints: must have at most 1000 entries, not 1001"}},
                            {slice("endpoints { " + addresses + " }"),
                             {"endpoints[1].addresses: must have at most 100 entries"}},
                            {slice(ports), {"ports: must have at most 100 entries, not 101"}}});
}

TEST(ValidateEndpointSlice, Ports) {
  expect_violations(kBase,
                    {{slice("ports { port: 1 }"), {}},
                     {slice("ports { port: 1 } ports { port: 2 }"), {"ports[2].name: required"}},
                     {slice("ports { name: 'http' port: 1 }"), {"ports[1].name: must be unique"}},
                     {slice("ports { name: 'b' }"), {"ports[1].port: required"}},
                     {slice("ports { name: 'b' port: 1 protocol: 'x' }"),
                      {"ports[1].protocol: must be TCP, UDP or SCTP"}}});
}

TEST(ValidateEndpointSlice, MayBeEmpty) {
  v1::Resource resource = resource_of({kBase});
  resource.mutable_endpoint_slice()->clear_endpoints();
  resource.mutable_endpoint_slice()->clear_ports();
  EXPECT_TRUE(violations_of(resource).empty());
}

}  // namespace
}  // namespace limpet::test
