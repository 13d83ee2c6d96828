#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

const std::string kBase = R"pb(
  gateway {
    api_version: "gateway.networking.k8s.io/v1beta1"
    kind: "Gateway"
    metadata { name: "gateway" namespace: "server" }
    spec {
      gateway_class_name: "fsm"
      listeners {
        name: "http"
        protocol: "HTTP"
        port: 8000
        allowed_routes { namespaces { from: "Same" } }
      }
    }
  })pb";

std::string listener(const std::string& fields) {
  return "gateway { spec { listeners { " + fields + " } } }";
}
std::string allowed(const std::string& fields) {
  return listener("name: 'b' protocol: 'HTTP' port: 1 allowed_routes { " + fields + " }");
}

TEST(ValidateGateway, Listeners) {
  const std::string field = "spec.listeners[1]";
  expect_violations(
      kBase,
      {{listener("name: 'b' protocol: 'HTTP' port: 8001"), {}},
       {listener("name: 'b' protocol: 'HTTP' port: 8000 hostname: 'a.com'"), {}},
       {listener("name: 'b' protocol: 'HTTP' port: 8000"),
        {field + ": must differ from the other listeners in port, protocol or hostname; \"http\""}},
       {listener("name: 'http' protocol: 'HTTP' port: 8001"), {field + ".name: must be unique"}},
       {listener(""),
        {field + ".name: required", field + ".port: required", field + ".protocol: required"}},
       {listener("name: 'b' protocol: 'HTTP' port: 65536"), {field + ".port: must be between"}},
       {listener("name: 'b' protocol: 'HTTP' port: 1 hostname: '10.0.0.1'"),
        {field + ".hostname: must be a host name, not the IP address"}},
       {listener("name: 'b' protocol: 'TCP' port: 1 hostname: 'a.com'"),
        {field + ".hostname: must not be set for the protocol TCP"}},
       {listener("name: 'b' protocol: 'example.com/own' port: 1"), {}},
       {listener("name: 'b' protocol: 'HTTP/2 ' port: 1"), {field + ".protocol: must be"}},
       {listener("name: 'b' protocol: 'HTTPS' port: 1 tls { certificate_refs { name: 's' } }"), {}},
       {listener("name: 'b' protocol: 'HTTP' port: 1 tls {}"),
        {field + ".tls: must not be set for the protocol HTTP"}}});
}

TEST(ValidateGateway, BetweenOneAndSixtyFourListeners) {
  std::string more;
  for (int i = 0; i < 64; ++i) {
    const std::string number = std::to_string(i + 1);
    more += "listeners { name: 'l" + number + "' protocol: 'HTTP' port: " + number + " } ";
  }
  expect_violations(kBase, {{"gateway { spec { " + more + " } }",
                             {"spec.listeners: must have at most 64 entries, not 65"}}});
  v1::Resource gateway = resource_of({kBase});
  gateway.mutable_gateway()->clear_spec();
  EXPECT_EQ(violations_of(gateway),
            (std::vector<std::string>{"spec.gatewayClassName: required",
                                      "spec.listeners: required: at least one listener"}));
}

TEST(ValidateGateway, AllowedRoutes) {
  const std::string field = "spec.listeners[1].allowedRoutes.";
  expect_violations(
      kBase,
      {{allowed("namespaces { from: 'None' }"),
        {field + "namespaces.from: must be All, Selector or Same, not \"None\""}},
       {allowed("kinds { kind: 'HTTPRoute' }"), {}},
       {allowed("kinds { group: 'A' }"),
        {field + "kinds[0].group: must be a DNS name", field + "kinds[0].kind: required"}},
       {allowed(times(9, "kinds { kind: 'HTTPRoute' } ")), {field + "kinds: must have at most 8"}},
       {allowed("namespaces { from: 'Selector' selector { match_labels { key: 'a' value: 'b' } "
                "match_expressions { key: 'a' operator: 'In' values: 'b' } "
                "match_expressions { key: 'a' operator: 'Exists' } } }"),
        {}},
       {allowed("namespaces { selector { "
                "match_expressions { key: 'a' operator: 'In' } "
                "match_expressions { key: 'a' operator: 'Exists' values: 'b' } "
                "match_expressions { operator: 'Has' } } }"),
        {field + "namespaces.selector.matchExpressions[0].values: required",
         field + "namespaces.selector.matchExpressions[1].values: must not be set",
         field + "namespaces.selector.matchExpressions[2].key: required",
         field + "namespaces.selector.matchExpressions[2].operator: must be"}}});
}

TEST(ValidateGateway, ParametersRef) {
  const auto ref = [](const std::string& fields) {
    return "gateway { spec { infrastructure { parameters_ref { " + fields + " } } } }";
  };
  const std::string where = "spec.infrastructure.parametersRef.";
  expect_violations(
      kBase, {{ref("group: 'gateway.limpet.dev' kind: 'GatewayParameters' name: 'p'"), {}},
              {ref("kind: 'ConfigMap' name: 'p'"), {}},
              {ref("group: 'Not A Group' kind: 'K' name: 'p'"), {where + "group: "}},
              {ref("group: 'x.y' name: 'p'"), {where + "kind: required"}},
              {ref("group: 'x.y' kind: 'K'"), {where + "name: required"}},
              {"gateway { spec { infrastructure { labels { key: 'a' value: 'b' } } } }", {}}});
}

}  // namespace
}  // namespace limpet::test
