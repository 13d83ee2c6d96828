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
       {spec("type: 'Other'"),
        {"spec.type: must be ClusterIP, NodePort, LoadBalancer or ExternalName"}},
       {spec("cluster_ip: '10.0.0.1'"), {}},
       {spec("cluster_ip: 'x'"), {"spec.clusterIP: must be an IP address or None"}},
       {spec("session_affinity: 'Cookie'"), {"spec.sessionAffinity: must be None or ClientIP"}},
       {"service { metadata { name: '1a' } }", {"metadata.name: must be a DNS label"}}});
}

TEST(ValidateService, ExternalNames) {
  const auto named = [](const std::string& fields) {
    return spec("type: 'ExternalName' " + fields);
  };
  expect_violations(
      kBase,
      {{named("external_name: 'pipy.example.com'"), {}},
       {named("external_name: 'pipy.example.com.'"), {}},
       {named("external_name: 'pipy'"), {}},
       {named(""), {"spec.externalName: required"}},
       {named("external_name: '.'"), {"spec.externalName: must be"}},
       {named("external_name: 'under_score.example'"), {"spec.externalName: must be"}},
       {named("external_name: '10.0.0.1'"),
        {"spec.externalName: must be a DNS name, not the address 10.0.0.1"}},
       {named("external_name: 'a' ports { name: 'b' port: 1 target_port { int_value: 2 } }"), {}},
       {named("external_name: 'a' ports { name: 'b' port: 1 target_port { string_value: 'w' } }"),
        {"spec.ports[1].targetPort: must be a number"}}});
}

TEST(ValidateService, AnnotationsOfDns) {
  const auto annotated = [](const std::string& key, const std::string& value) {
    return "service { metadata { annotations { key: '" + key + "' value: '" + value + "' } } }";
  };
  const std::string name = "limpet.dev/resolve";
  const std::string interval = "limpet.dev/resolve-interval";
  const std::string at_name = "metadata.annotations[" + name + "]: must ";
  const std::string at_interval = "metadata.annotations[" + interval + "]: must be a duration";
  expect_violations(
      kBase, {{annotated(name, "pipy.example.com"), {}},
              {annotated(name, ""), {at_name + "be"}},
              {annotated(name, "fd00::1"), {at_name + "be a DNS name, not the address"}},
              {annotated(name, "a") + spec("type: 'ExternalName' external_name: 'b'"),
               {at_name + "not be set beside the type ExternalName"}},
              {annotated(name, "a") + spec("ports { name: 'b' port: 1 target_port { "
                                           "string_value: 'web' } }"),
               {"spec.ports[1].targetPort: must be a number"}},
              {annotated(interval, "10s"), {}},
              {annotated(interval, "1m30s"), {}},
              {annotated(interval, "500ms"), {at_interval}},
              {annotated(interval, "2h"), {at_interval}},
              {annotated(interval, "10"), {at_interval}}});
}

}  // namespace
}  // namespace limpet::test
