#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

const std::string kNamespace = R"pb(
  namespace {
    api_version: "v1"
    kind: "Namespace"
    metadata { name: "server" }
  })pb";
const std::string kClass = R"pb(
  gateway_class {
    api_version: "gateway.networking.k8s.io/v1beta1"
    kind: "GatewayClass"
    metadata { name: "fsm" }
    spec { controller_name: "example.com/controller" }
  })pb";

std::string metadata(const std::string& fields) {
  return "namespace { metadata { " + fields + " } }";
}

TEST(Validate, AResourceHoldsAnObject) {
  EXPECT_EQ(violations_of(v1::Resource()),
            std::vector<std::string>{": must hold an object of a known kind"});
}

TEST(Validate, AnObjectFitsIntoAMessage) {
  v1::Resource resource = resource_of({kNamespace});
  auto& annotations = *resource.mutable_namespace_()->mutable_metadata()->mutable_annotations();
  annotations["a"] = std::string(kMaxObjectBytes - 100, 'x');
  EXPECT_EQ(violations_of(resource).size(), 1U) << "too many annotations";
  annotations["a"] = std::string(kMaxObjectBytes, 'x');
  EXPECT_EQ(violations_of(resource)[0],
            ": has 1040422 bytes, more than the 1040384 that an object may have; split it up");
}

TEST(Validate, TypeMustMatch) {
  expect_violations(
      kClass,
      {{"gateway_class { api_version: 'v1' }",
        {"apiVersion: must be gateway.networking.k8s.io/v1 or gateway.networking.k8s.io/v1beta1 "
         "for the kind GatewayClass, not \"v1\""}},
       {"gateway_class { api_version: '' }", {"apiVersion: required"}},
       {"gateway_class { kind: 'Gateway' }", {"kind: must be GatewayClass"}}});
}

TEST(Validate, Metadata) {
  expect_violations(
      kNamespace,
      {{metadata("name: ''"), {"metadata.name: required"}},
       {metadata("name: 'a.b'"), {"metadata.name: must be a DNS label"}},
       {metadata("namespace: 'x'"), {"metadata.namespace: must not be set"}},
       {metadata("labels { key: 'a b' value: '-' }"),
        {"metadata.labels[a b]: the key must be", "metadata.labels[a b]: must be empty or"}},
       {metadata("annotations { key: 'Example.com/a' value: 'anything, really' }"), {}},
       {metadata("annotations { key: '/a' value: '' }"), {"metadata.annotations[/a]: the key"}},
       {metadata("annotations { key: 'a' value: '" + std::string(256 * 1024, 'x') + "' }"),
        {"metadata.annotations: must have at most 262144 bytes"}}});
}

TEST(Validate, GatewayClass) {
  expect_violations(
      kClass,
      {{"gateway_class { spec { controller_name: '' } }", {"spec.controllerName: required"}},
       {"gateway_class { spec { controller_name: 'x' } }", {"spec.controllerName: must be"}},
       {"gateway_class { spec { controller_name: 'a.b/' } }", {"spec.controllerName: must be"}},
       {"gateway_class { spec { description: '" + std::string(65, 'x') + "' } }",
        {"spec.description: must have at most 64"}}});
}

TEST(Validate, AllAtOnceInTheOrderOfTheFields) {
  const auto found = violations_of(resource_of({R"pb(
                                                  http_route {
                                                    api_version: "x"
                                                    kind: "y"
                                                    metadata {
                                                      labels { key: "b/" value: "" }
                                                      labels { key: "a/" value: "" }
                                                      generate_name { string_value: "a" }
                                                    }
                                                    spec {
                                                      use_default_gateways { string_value: "All" }
                                                      parent_refs { port: 0 }
                                                      rules {
                                                        session_persistence { type: 'x' }
                                                        backend_refs { name: "a" }
                                                        name: "-"
                                                      }
                                                      rules {
                                                        name: "-"
                                                        matches { method: "get" }
                                                      }
                                                    }
                                                  })pb"}));
  std::vector<std::string> fields;
  for (const std::string& line : found) fields.push_back(line.substr(0, line.find(": ")));
  EXPECT_EQ(
      fields,
      (std::vector<std::string>{
          "apiVersion", "kind", "metadata.name", "metadata.labels[a/]", "metadata.labels[b/]",
          "metadata.generateName", "spec.parentRefs[0].name", "spec.parentRefs[0].port",
          "spec.rules[0].name", "spec.rules[0].backendRefs[0].port",
          "spec.rules[0].sessionPersistence.type", "spec.rules[1].name",
          "spec.rules[1].matches[0].method", "spec.useDefaultGateways"}));
}

}  // namespace
}  // namespace limpet::test
