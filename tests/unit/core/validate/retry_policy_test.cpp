#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

const std::string kBase = R"pb(
  retry_policy {
    api_version: "gateway.flomesh.io/v1alpha1"
    kind: "RetryPolicy"
    metadata { name: "policy" namespace: "server" }
    spec {
      target_ref { group: "" kind: "Service" name: "pipy" }
      ports { port: 8080 }
    }
  })pb";

std::string spec(const std::string& fields) { return "retry_policy { spec { " + fields + " } }"; }
std::string config(const std::string& fields) { return spec("config { " + fields + " }"); }

TEST(ValidateRetryPolicy, TargetAndPorts) {
  expect_violations(kBase,
                    {{spec("target_ref { kind: 'HTTPRoute' }"), {"spec.targetRef.kind: must be"}},
                     {spec("ports { port: 8080 }"), {"spec.ports[1].port: must be unique, 8080"}},
                     {spec("ports { port: 1 config { num_retries: 11 } }"),
                      {"spec.ports[1].config.numRetries: must be between 0 and 10"}}});
}

TEST(ValidateRetryPolicy, Statuses) {
  expect_violations(
      kBase,
      {{config("retry_on: '400' retry_on: '599' retry_on: '4xx' retry_on: '5xx'"), {}},
       {config(times(16, "retry_on: '503' ")), {}},
       {config(times(17, "retry_on: '503' ")), {"spec.config.retryOn: must have at most 16"}}});
  for (const char* wrong : {"", "200", "600", "50", "5000", "5XX", "3xx", "5x", "50x", "-50"}) {
    expect_violations(kBase, {{config("retry_on: '" + std::string(wrong) + "'"),
                               {"spec.config.retryOn[0]: must be a status code from 400 to 599"}}});
  }
}

TEST(ValidateRetryPolicy, NumbersAndTimes) {
  expect_violations(
      kBase,
      {{config("num_retries: 0 backoff_base_interval: 0 per_try_timeout: '10ms'"), {}},
       {config("num_retries: 10 backoff_base_interval: 60 per_try_timeout: '1h'"), {}},
       {config("num_retries: -1"), {"spec.config.numRetries: must be between 0 and 10"}},
       {config("backoff_base_interval: -0.1"), {"spec.config.backoffBaseInterval: must be"}},
       {config("backoff_base_interval: 60.5"), {"spec.config.backoffBaseInterval: must be"}},
       {config("backoff_base_interval: nan"), {"spec.config.backoffBaseInterval: must be"}},
       {config("per_try_timeout: '9ms'"), {"spec.config.perTryTimeout: must be between 10ms"}},
       {config("per_try_timeout: '2'"), {"spec.config.perTryTimeout: must be a duration"}}});
}

}  // namespace
}  // namespace limpet::test
