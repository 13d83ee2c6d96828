#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

const std::string kBase = R"pb(
  load_balancer_policy {
    api_version: "gateway.flomesh.io/v1alpha1"
    kind: "LoadBalancerPolicy"
    metadata { name: "policy" namespace: "server" }
    spec {
      target_ref { group: "" kind: "Service" name: "pipy" }
      ports { port: 8080 }
    }
  })pb";

std::string spec(const std::string& fields) {
  return "load_balancer_policy { spec { " + fields + " } }";
}

std::string config(const std::string& fields) { return spec("config { " + fields + " }"); }

std::string weight(const std::string& endpoint, int value) {
  return "weights { endpoint: '" + endpoint + "' weight: " + std::to_string(value) + " } ";
}

TEST(ValidateLoadBalancerPolicy, TargetAndPorts) {
  expect_violations(
      kBase,
      {{spec("target_ref { name: '' }"), {"spec.targetRef.name: required"}},
       {spec("target_ref { kind: 'HTTPRoute' }"), {"spec.targetRef.kind: must be Service"}},
       {spec("ports { port: 8080 }"), {"spec.ports[1].port: must be unique, 8080"}},
       {spec("ports { port: 70000 }"), {"spec.ports[1].port: must be between"}},
       {spec("ports {}"), {"spec.ports[1].port: required"}}});
}

TEST(ValidateLoadBalancerPolicy, Type) {
  expect_violations(
      kBase,
      {{spec("type: 'RoundRobinLoadBalancer'"), {}},
       {spec("type: 'LeastConnectionLoadBalancer'"), {}},
       {spec("type: 'HashingLoadBalancer'"), {}},
       {spec("type: 'Random'"), {"spec.type: must be RoundRobinLoadBalancer"}},
       {spec("ports { port: 1 type: 'HashingLoadBalancer' }"), {}},
       {spec("ports { port: 1 type: 'hash' }"), {"spec.ports[1].type: must be RoundRobin"}}});
}

TEST(ValidateLoadBalancerPolicy, Hash) {
  expect_violations(
      kBase,
      {{config("hash { source: 'ClientAddress' }"), {}},
       {config("hash { source: 'Header' name: 'X-User' }"), {}},
       {config("hash { source: 'Cookie' name: 'user' }"), {}},
       {config("hash { source: 'Query' name: 'user[]' }"), {}},
       {config("hash {}"), {"spec.config.hash.source: required: ClientAddress, Header"}},
       {config("hash { source: 'Body' }"),
        {"spec.config.hash.source: must be ClientAddress, Header"}},
       {config("hash { source: 'ClientAddress' name: 'a' }"),
        {"spec.config.hash.name: must not be set"}},
       {config("hash { source: 'Header' }"), {"spec.config.hash.name: required"}},
       {config("hash { source: 'Header' name: 'a b' }"), {"spec.config.hash.name: must consist"}},
       {spec("ports { port: 1 config { hash { source: 'Query' } } }"),
        {"spec.ports[1].config.hash.name: required"}}});
}

TEST(ValidateLoadBalancerPolicy, Weights) {
  std::string many;
  for (int i = 0; i < 1024; ++i) many += weight("e" + std::to_string(i), 1);
  expect_violations(
      kBase,
      {{config(weight("web-0", 0) + weight("10.0.0.7", 1000) + weight("fd00::7", 1)), {}},
       {config(many), {}},
       {config(many + weight("one-more", 1)),
        {"spec.config.weights: must have at most 1024 entries, not 1025"}},
       {config(weight("a", 1001)), {"spec.config.weights[0].weight: must be between 0 and 1000"}},
       {config(weight("a", -1)), {"spec.config.weights[0].weight: must be between"}},
       {config("weights { endpoint: 'a' }"), {"spec.config.weights[0].weight: required"}},
       {config("weights { weight: 1 }"), {"spec.config.weights[0].endpoint: required"}},
       {config(weight("a/b", 1)), {"spec.config.weights[0].endpoint: must be a name of at most"}},
       {config(weight("a", 1) + weight("a", 2)),
        {"spec.config.weights[1].endpoint: must be unique, \"a\" occurs twice"}}});
}

TEST(ValidateLoadBalancerPolicy, SlowStart) {
  expect_violations(
      kBase, {{config("slow_start: '0s'"), {}},
              {config("slow_start: '15m'"), {}},
              {config("slow_start: '15m1s'"), {"spec.config.slowStart: must be between"}},
              {config("slow_start: '30'"), {"spec.config.slowStart: must be a duration such as"}},
              {config("slow_start: '-1s'"), {"spec.config.slowStart: must be a duration"}}});
}

}  // namespace
}  // namespace limpet::test
