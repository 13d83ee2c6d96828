#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

const std::string kBase = R"pb(
  circuit_breaking_policy {
    api_version: "gateway.flomesh.io/v1alpha1"
    kind: "CircuitBreakingPolicy"
    metadata { name: "policy" namespace: "server" }
    spec {
      target_ref { group: "" kind: "Service" name: "pipy" }
      ports { port: 8080 }
    }
  })pb";

std::string spec(const std::string& fields) {
  return "circuit_breaking_policy { spec { " + fields + " } }";
}
std::string config(const std::string& fields) { return spec("config { " + fields + " }"); }
std::string limits(const std::string& fields) { return config("limits { " + fields + " }"); }
std::string ejection(const std::string& fields) {
  return config("outlier_ejection { " + fields + " }");
}

TEST(ValidateCircuitBreakingPolicy, TargetAndPorts) {
  expect_violations(
      kBase, {{spec("target_ref { kind: 'Gateway' }"), {"spec.targetRef.kind: must be Service"}},
              {spec("ports {}"), {"spec.ports[1].port: required"}},
              {spec("ports { port: 1 config { min_request_amount: 0 } }"),
               {"spec.ports[1].config.minRequestAmount: must be"}}});
}

TEST(ValidateCircuitBreakingPolicy, Thresholds) {
  expect_violations(
      kBase,
      {{config("min_request_amount: 1 stat_time_window: 1 slow_time_threshold: 0.001 "
               "slow_amount_threshold: 1 slow_ratio_threshold: 0 error_amount_threshold: 1 "
               "error_ratio_threshold: 1"),
        {}},
       {config("stat_time_window: 0"), {"spec.config.statTimeWindow: must be"}},
       {config("stat_time_window: 3601"), {"spec.config.statTimeWindow: must be"}},
       {config("slow_time_threshold: 0"), {"spec.config.slowTimeThreshold: must be"}},
       {config("slow_time_threshold: 1 slow_amount_threshold: 0"),
        {"spec.config.slowAmountThreshold: must be"}},
       {config("slow_time_threshold: 1 slow_ratio_threshold: 1.1"),
        {"spec.config.slowRatioThreshold: must be between 0"}},
       {config("error_amount_threshold: -1"), {"spec.config.errorAmountThreshold: must be"}},
       {config("error_ratio_threshold: -0.1"), {"spec.config.errorRatioThreshold: must be"}}});
}

TEST(ValidateCircuitBreakingPolicy, WhatHasNoEffectAlone) {
  const std::string field = "spec.ports[0].config.";
  expect_violations(
      kBase,
      {{config("slow_ratio_threshold: 0.5"), {field + "slowTimeThreshold: required where"}},
       {config("slow_amount_threshold: 5"), {field + "slowTimeThreshold: required where"}},
       {config("slow_time_threshold: 5"), {}},
       {limits("pending: 1"), {field + "limits.connections: required where"}},
       {limits("pending: 1 connections: 1"), {}}});
}

TEST(ValidateCircuitBreakingPolicy, AnswersWhileOpen) {
  const std::string most(4096, 'x');
  expect_violations(
      kBase,
      {{config("degraded_time_window: 1 degraded_status_code: 200"), {}},
       {config("degraded_response_content: '" + most + "'"), {}},
       {config("degraded_response_content: '" + most + "x'"),
        {"spec.config.degradedResponseContent: must have at most 4096"}},
       {config("degraded_status_code: 199"), {"spec.config.degradedStatusCode: must be"}},
       {config("degraded_status_code: 600"), {"spec.config.degradedStatusCode: must be"}},
       {config("degraded_time_window: 0"), {"spec.config.degradedTimeWindow: must be"}}});
}

TEST(ValidateCircuitBreakingPolicy, Limits) {
  expect_violations(kBase,
                    {{limits("connections: 1 requests: 1 pending: 0"), {}},
                     {limits("connections: 0"), {"spec.config.limits.connections: must be"}},
                     {limits("requests: 0"), {"spec.config.limits.requests: must be"}},
                     {limits("pending: -1"), {"spec.config.limits.pending: must be"}}});
}

TEST(ValidateCircuitBreakingPolicy, OutlierEjection) {
  const std::string field = "spec.config.outlierEjection.";
  expect_violations(
      kBase,
      {{ejection("consecutive_errors: 1 ejection_time: '100ms' max_ejected_percent: 100"), {}},
       {ejection("consecutive_errors: 1000 ejection_time: '1h' max_ejected_percent: 1"), {}},
       {ejection("consecutive_errors: 0"), {field + "consecutiveErrors: must be between 1"}},
       {ejection("consecutive_errors: 1001"), {field + "consecutiveErrors: must be between 1"}},
       {ejection("ejection_time: '99ms'"), {field + "ejectionTime: must be between 100ms"}},
       {ejection("ejection_time: '61m'"), {field + "ejectionTime: must be between 100ms"}},
       {ejection("ejection_time: 'soon'"), {field + "ejectionTime: must be a duration"}},
       {ejection("max_ejected_percent: 0"), {field + "maxEjectedPercent: must be between 1"}},
       {ejection("max_ejected_percent: 101"), {field + "maxEjectedPercent: must be between 1"}}});
}

}  // namespace
}  // namespace limpet::test
