#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

const std::string kBase = R"pb(
  gateway_parameters {
    api_version: "gateway.limpet.dev/v1alpha1"
    kind: "GatewayParameters"
    metadata { name: "edge" namespace: "server" }
    spec {
      client_address { trusted_cidrs: "10.0.0.0/8" trusted_cidrs: "fd00::1" proxy_protocol: true }
      forwarding { x_forwarded: true forwarded: true via: "edge" }
      limits {
        request_head_bytes { string_value: "32Ki" }
        target_bytes { int_value: 4096 }
        header_fields: 50
        requests_per_connection: 1
      }
      timeouts { idle: "1m30s" request_head: "500ms" }
    }
  })pb";

std::string spec(const std::string& fields) {
  return "gateway_parameters { spec { " + fields + " } }";
}

TEST(ValidateGatewayParameters, AllOfItMayBeLeftOut) {
  v1::Resource parameters = resource_of({kBase});
  parameters.mutable_gateway_parameters()->clear_spec();
  EXPECT_TRUE(violations_of(parameters).empty());
}

TEST(ValidateGatewayParameters, ClientAddress) {
  expect_violations(kBase,
                    {{spec("client_address { trusted_cidrs: '10.0.0.0/33' }"),
                      {"spec.clientAddress.trustedCIDRs[2]: must be a range of addresses"}},
                     {spec("client_address { trusted_cidrs: 'lb.example.com' }"),
                      {"spec.clientAddress.trustedCIDRs[2]: must be a range of addresses"}},
                     {spec("client_address { " + times(63, "trusted_cidrs: '::1' ") + "}"),
                      {"spec.clientAddress.trustedCIDRs: must have at most 64 entries, not 65"}}});
  v1::Resource parameters = resource_of({kBase});
  parameters.mutable_gateway_parameters()
      ->mutable_spec()
      ->mutable_client_address()
      ->clear_trusted_cidrs();
  const auto found = violations_of(parameters);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].starts_with("spec.clientAddress.proxyProtocol: must not be true without"));
}

TEST(ValidateGatewayParameters, Via) {
  expect_violations(kBase,
                    {{spec("forwarding { via: '' }"), {"spec.forwarding.via: must "}},
                     {spec("forwarding { via: 'a b' }"), {"spec.forwarding.via: must "}},
                     {spec("forwarding { via: 'a\\r\\nX: y' }"), {"spec.forwarding.via: must "}},
                     {spec("forwarding { via: '" + std::string(65, 'a') + "' }"),
                      {"spec.forwarding.via: must "}}});
}

TEST(ValidateGatewayParameters, Limits) {
  const std::string head = "spec.limits.requestHeadBytes: ";
  expect_violations(
      kBase,
      {{spec("limits { request_head_bytes { int_value: 1023 } }"), {head + "must be between"}},
       {spec("limits { request_head_bytes { int_value: 1024 } }"), {}},
       {spec("limits { request_head_bytes { string_value: '64Ki' } }"), {}},
       {spec("limits { request_head_bytes { string_value: '65Ki' } }"), {head + "must be between"}},
       {spec("limits { request_head_bytes { string_value: '32KB' } }"),
        {head + "must be a number of bytes"}},
       {spec("limits { target_bytes { string_value: '1Mi' } }"),
        {"spec.limits.targetBytes: must be between 256 and 32768, not 1048576"}},
       {spec("limits { header_fields: 9 }"), {"spec.limits.headerFields: must be between"}},
       {spec("limits { header_fields: 257 }"), {"spec.limits.headerFields: must be between"}},
       {spec("limits { requests_per_connection: 0 }"),
        {"spec.limits.requestsPerConnection: must be between 1 and"}}});
}

TEST(ValidateGatewayParameters, Timeouts) {
  for (const auto& [field, name] :
       std::vector<std::pair<std::string, std::string>>{{"proxy_header", "proxyHeader"},
                                                        {"idle", "idle"},
                                                        {"request_head", "requestHead"},
                                                        {"body_progress", "bodyProgress"},
                                                        {"tunnel", "tunnel"},
                                                        {"connect", "connect"},
                                                        {"response_head", "responseHead"}}) {
    const std::string where = "spec.timeouts." + name + ": ";
    const auto with = [&](const std::string& value) {
      return spec("timeouts { " + field + ": '" + value + "' }");
    };
    expect_violations(kBase, {{with("10ms"), {}},
                              {with("24h"), {}},
                              {with("9ms"), {where + "must be between 10ms and 24h, not 9ms"}},
                              {with("0s"), {where + "must be between 10ms and 24h, not 0s"}},
                              {with("24h1ms"), {where + "must be between"}},
                              {with("10"), {where + "must be a duration such as"}},
                              {with(""), {where + "must be a duration such as"}}});
  }
}

}  // namespace
}  // namespace limpet::test
