// spec.config.outlierEjection of a CircuitBreakingPolicy.
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
      config { outlier_ejection {} }
    }
  })pb";

std::string ejection(const std::string& fields) {
  return "circuit_breaking_policy { spec { config { outlier_ejection { " + fields + " } } } }";
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
