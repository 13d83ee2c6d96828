#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

const std::string kBase = R"pb(
  rate_limit_policy {
    api_version: "gateway.flomesh.io/v1alpha1"
    kind: "RateLimitPolicy"
    metadata { name: "policy" namespace: "server" }
    spec {
      target_ref { kind: "HTTPRoute" name: "web" }
      rate_limit { requests: 10 }
    }
  })pb";

std::string spec(const std::string& fields) {
  return "rate_limit_policy { spec { " + fields + " } }";
}
std::string limit(const std::string& fields) { return spec("rate_limit { " + fields + " }"); }
std::string header(const std::string& name, const std::string& value) {
  return limit("response_headers_to_add { key: '" + name + "' value: '" + value + "' }");
}

TEST(ValidateRateLimitPolicy, Target) {
  expect_violations(
      kBase,
      {{spec("target_ref { group: 'gateway.networking.k8s.io' namespace: 'other' }"), {}},
       {spec("target_ref { kind: 'Service' }"), {"spec.targetRef.kind: must be HTTPRoute"}},
       {spec("target_ref { group: '' }"), {"spec.targetRef.group: must be"}},
       {spec("target_ref { name: '' }"), {"spec.targetRef.name: required"}}});
  v1::Resource policy = resource_of({kBase});
  policy.mutable_rate_limit_policy()->clear_spec();
  EXPECT_EQ(violations_of(policy),
            (std::vector<std::string>{
                "spec.targetRef: required: the HTTPRoute that the policy is for",
                "spec.rateLimit: required: how many requests are let through"}));
}

TEST(ValidateRateLimitPolicy, Rate) {
  expect_violations(
      kBase,
      {{limit("mode: 'Local' stat_time_window: 86400 burst: 1 response_status_code: 503"), {}},
       {limit("mode: 'Global'"), {"spec.rateLimit.mode: must be Local"}},
       {limit("requests: 0"), {"spec.rateLimit.requests: must be"}},
       {limit("stat_time_window: 0"), {"spec.rateLimit.statTimeWindow: must be"}},
       {limit("stat_time_window: 86401"), {"spec.rateLimit.statTimeWindow: must be"}},
       {limit("burst: 0"), {"spec.rateLimit.burst: must be"}},
       {limit("response_status_code: 399"), {"spec.rateLimit.responseStatusCode: must be"}}});
  v1::Resource policy = resource_of({kBase});
  policy.mutable_rate_limit_policy()->mutable_spec()->mutable_rate_limit()->clear_requests();
  EXPECT_EQ(violations_of(policy),
            (std::vector<std::string>{"spec.rateLimit.requests: required: how many requests are "
                                      "let through in statTimeWindow"}));
}

TEST(ValidateRateLimitPolicy, Client) {
  const std::string field = "spec.rateLimit.client.";
  expect_violations(
      kBase, {{limit("client { source: 'ClientAddress' }"), {}},
              {limit("client { source: 'Query' name: 'a b' }"), {}},
              {limit("client { source: 'Cookie' name: 'id' }"), {}},
              {limit("client {}"), {field + "source: required"}},
              {limit("client { source: 'Host' }"), {field + "source: must be"}},
              {limit("client { source: 'Header' }"), {field + "name: required"}},
              {limit("client { source: 'Header' name: 'a b' }"), {field + "name: must consist"}},
              {limit("client { source: 'ClientAddress' name: 'x' }"), {field + "name: must not"}}});
}

TEST(ValidateRateLimitPolicy, Headers) {
  const auto field = [](const std::string& name) {
    return "spec.rateLimit.responseHeadersToAdd[" + name + "]: ";
  };
  expect_violations(
      kBase, {{header("X-Limit", "10\\tper second"), {}},
              {header("X Limit", "1"), {field("X Limit") + "the name must consist"}},
              {header("X-Limit", "1\\nX: 2"), {field("X-Limit") + "must not have control"}},
              {header("X-Limit", std::string(1025, 'x')), {field("X-Limit") + "must have at most"}},
              {header("Content-length", "1"), {field("Content-length") + "is written by the"}},
              {header("retry-after", "1"), {field("retry-after") + "is written by the"}}});
  std::string many;
  for (int i = 0; i <= 16; ++i) {
    many += "response_headers_to_add { key: 'X-" + std::to_string(i) + "' value: '' } ";
  }
  expect_violations(kBase,
                    {{limit(many), {"spec.rateLimit.responseHeadersToAdd: must have at most 16"}}});
}

}  // namespace
}  // namespace limpet::test
