#include <gtest/gtest.h>

#include "core/validate/validate.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

// Every problem, as "field: message".
std::vector<std::string> problems(const std::string& spec) {
  v1::Resource resource;
  *resource.mutable_rate_limit_policy() = testing::from_text<v1::RateLimitPolicy>(
      "api_version: 'gateway.flomesh.io/v1alpha1' kind: 'RateLimitPolicy' "
      "metadata { name: 'limit' namespace: 'shop' } spec { " + spec + " }");
  std::vector<std::string> all;
  for (const Violation& violation : validate(resource)) {
    all.push_back(violation.field + ": " + violation.message);
  }
  return all;
}

const std::string kTarget = "target_ref { kind: 'HTTPRoute' name: 'web' } ";
using Problems = std::vector<std::string>;

TEST(ValidateRateLimitPolicy, TakesWhatIsWellFormed) {
  EXPECT_EQ(problems(kTarget + "rate_limit { mode: 'Local' requests: 5 stat_time_window: 10 "
                               "burst: 20 client { source: 'Header' name: 'X-Key' } "
                               "response_status_code: 503 "
                               "response_headers_to_add { key: 'X-Why' value: 'too many' } }"),
            Problems());
  EXPECT_EQ(problems("target_ref { group: 'gateway.networking.k8s.io' kind: 'HTTPRoute' "
                     "name: 'web' } rate_limit { requests: 1 }"),
            Problems());
}

TEST(ValidateRateLimitPolicy, TellsAllThatIsWrong) {
  EXPECT_EQ(problems(""),
            (Problems{"spec.targetRef: required: the HTTPRoute that the policy is for",
                      "spec.rateLimit: required: how many requests are let through"}));
  EXPECT_EQ(problems("target_ref { kind: 'Service' name: 'web' } rate_limit { requests: 1 }"),
            Problems{"spec.targetRef.kind: must be HTTPRoute, not \"Service\""});
  EXPECT_EQ(problems(kTarget + "rate_limit { mode: 'Global' requests: 0 stat_time_window: 90000 "
                               "client { source: 'Cookie' } response_status_code: 200 "
                               "response_headers_to_add { key: 'X Y' value: 'a\\r\\nb: c' } "
                               "response_headers_to_add { key: 'content-length' value: '3' } }"),
            (Problems{"spec.rateLimit.mode: must be Local, not \"Global\"",
                      "spec.rateLimit.requests: must be between 1 and 1000000000, not 0",
                      "spec.rateLimit.statTimeWindow: must be between 1 and 86400, not 90000",
                      "spec.rateLimit.client.name: required for the source Cookie",
                      "spec.rateLimit.responseStatusCode: must be between 400 and 599, not 200",
                      "spec.rateLimit.responseHeadersToAdd[X Y]: the name must consist of letters, "
                      "digits and !#$%&'*+-.^_`|~ only, not \"X Y\"",
                      "spec.rateLimit.responseHeadersToAdd[X Y]: must not have control characters",
                      "spec.rateLimit.responseHeadersToAdd[content-length]: must not be set: it is "
                      "the gateway's to say"}));
}

}  // namespace
}  // namespace limpet
