#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

const std::string kBase = R"pb(
  service {
    api_version: "v1"
    kind: "Service"
    metadata { name: "pipy" namespace: "server" }
    spec { ports { name: "http" port: 8080 } }
  })pb";

std::string spec(const std::string& fields) { return "service { spec { " + fields + " } }"; }

TEST(ValidateService, Ports) {
  expect_violations(
      kBase, {{spec("ports { name: 'b' port: 8080 protocol: 'UDP' }"), {}},
              {spec("ports { name: 'b' port: 8080 }"),
               {"spec.ports[1].port: must be unique, TCP port 8080 occurs twice"}},
              {spec("ports { name: 'http' port: 1 }"), {"spec.ports[1].name: must be unique"}},
              {spec("ports { port: 1 }"), {"spec.ports[1].name: required where"}},
              {spec("ports { name: 'b' }"), {"spec.ports[1].port: required"}},
              {spec("ports { name: 'b' port: 0 }"), {"spec.ports[1].port: must be between"}},
              {spec("ports { name: 'B' port: 1 }"), {"spec.ports[1].name: must be a DNS label"}},
              {spec("ports { name: 'b' port: 1 protocol: 'HTTP' }"),
               {"spec.ports[1].protocol: must be TCP, UDP or SCTP"}},
              {spec("ports { name: 'b' port: 1 target_port { int_value: 0 } }"),
               {"spec.ports[1].targetPort: must be between"}},
              {spec("ports { name: 'b' port: 1 target_port { string_value: '80' } }"),
               {"spec.ports[1].targetPort: must be the name of a port"}},
              {spec("ports { name: 'b' port: 1 target_port { string_value: 'web' } }"), {}}});
}

TEST(ValidateService, NeedsPortsUnlessHeadless) {
  v1::Resource service = resource_of({kBase});
  service.mutable_service()->mutable_spec()->clear_ports();
  EXPECT_EQ(violations_of(service),
            std::vector<std::string>{"spec.ports: required: at least one port"});
  service.mutable_service()->mutable_spec()->set_cluster_ip("None");
  EXPECT_TRUE(violations_of(service).empty());
}

TEST(ValidateService, OneUnnamedPortIsFine) {
  v1::Resource service = resource_of({kBase});
  service.mutable_service()->mutable_spec()->mutable_ports(0)->clear_name();
  EXPECT_TRUE(violations_of(service).empty());
}

TEST(ValidateService, TypesAndAddresses) {
  expect_violations(
      kBase,
      {{spec("type: 'LoadBalancer'"), {}},
       {spec("type: 'Other'"), {"spec.type: must be ClusterIP, NodePort or LoadBalancer"}},
       {spec("type: 'ExternalName' external_name { string_value: 'a.com' }"),
        {"spec.type: ExternalName is not supported", "spec.externalName: not supported"}},
       {spec("cluster_ip: '10.0.0.1'"), {}},
       {spec("cluster_ip: 'x'"), {"spec.clusterIP: must be an IP address or None"}},
       {spec("session_affinity: 'Cookie'"), {"spec.sessionAffinity: must be None or ClientIP"}},
       {"service { metadata { name: '1a' } }", {"metadata.name: must be a DNS label"}}});
}

}  // namespace
}  // namespace limpet::test
