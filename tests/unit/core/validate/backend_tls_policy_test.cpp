#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

std::string policy_text(const std::string& spec) {
  return "backend_tls_policy { api_version: 'gateway.networking.k8s.io/v1' "
         "kind: 'BackendTLSPolicy' metadata { name: 'p' namespace: 'shop' } spec { " +
         spec + " } }";
}

std::string validated(const std::string& validation) {
  return policy_text("target_refs { kind: 'Service' name: 'web' } validation { " + validation +
                     " }");
}

using Lines = std::vector<std::string>;
Lines problems(const std::string& text) { return violations_of(resource_of({text})); }

const std::string kSystem = "hostname: 'web.example' well_known_ca_certificates: 'System' ";

TEST(ValidateBackendTLSPolicy, TakesWhatIsWellFormed) {
  EXPECT_EQ(problems(validated(kSystem)), Lines());
  EXPECT_EQ(problems(policy_text(
                "target_refs { group: '' kind: 'Service' name: 'web' section_name: 'https' } "
                "target_refs { kind: 'Service' name: 'web' } "
                "options { key: 'example.com/x' value: 'y' } "
                "validation { hostname: 'web.example' "
                "ca_certificate_refs { kind: 'ConfigMap' name: 'ca' } "
                "ca_certificate_refs { group: 'example.com' kind: 'Bundle' name: 'ca' } "
                "subject_alt_names { type: 'Hostname' hostname: 'a.example' } "
                "subject_alt_names { type: 'URI' uri: 'spiffe://example.org/web' } }")),
            Lines());
  v1::Resource older = resource_of({validated(kSystem)});
  older.mutable_backend_tls_policy()->set_api_version("gateway.networking.k8s.io/v1alpha3");
  EXPECT_EQ(violations_of(older), Lines());
}

TEST(ValidateBackendTLSPolicy, TellsWhatIsMissing) {
  EXPECT_EQ(problems(policy_text("")),
            (Lines{"spec.targetRefs: required: at least one Service that the policy is for",
                   "spec.validation: required: what endpoints' certificates must be"}));
  EXPECT_EQ(
      problems(policy_text("target_refs { } validation { ca_certificate_refs { } }")),
      (Lines{"spec.targetRefs[0].kind: required: Service", "spec.targetRefs[0].name: required",
             "spec.validation.caCertificateRefs[0].kind: required",
             "spec.validation.caCertificateRefs[0].name: required",
             "spec.validation.hostname: required"}));
  EXPECT_EQ(problems(validated("hostname: 'h'")),
            Lines{"spec.validation.caCertificateRefs: required, or wellKnownCACertificates: "
                  "System"});
}

TEST(ValidateBackendTLSPolicy, TellsAllThatIsWrong) {
  expect_violations(
      validated(kSystem),
      {{"backend_tls_policy { spec { target_refs { kind: 'Service' name: 'web' } } }",
        {"spec.targetRefs[1]: must be unique"}},
       {"backend_tls_policy { spec { target_refs { group: 'x.io' kind: 'Other' name: 'a' } } }",
        {"spec.targetRefs[1].group: must be \"\"", "spec.targetRefs[1].kind: must be Service"}},
       {"backend_tls_policy { spec { validation { ca_certificate_refs { kind: 'ConfigMap' name: "
        "'ca' } } } }",
        {"spec.validation.wellKnownCACertificates: must not be set beside caCertificateRefs"}},
       {"backend_tls_policy { spec { validation { well_known_ca_certificates: 'Other' } } }",
        {"spec.validation.wellKnownCACertificates: must be System"}},
       {"backend_tls_policy { spec { validation { hostname: '*.example' } } }",
        {"spec.validation.hostname: "}},
       {"backend_tls_policy { spec { validation { hostname: '10.0.0.1' } } }",
        {"spec.validation.hostname: "}}});
}

TEST(ValidateBackendTLSPolicy, ANameIsOfItsType) {
  const auto name = [](const std::string& text) {
    return problems(validated(kSystem + "subject_alt_names { " + text + " }"));
  };
  const std::string field = "spec.validation.subjectAltNames[0].";
  EXPECT_EQ(name(""), Lines{field + "type: required: Hostname or URI"});
  EXPECT_EQ(name("type: 'Hostname'"), Lines{field + "hostname: required"});
  EXPECT_EQ(name("type: 'Hostname' hostname: 'a' uri: 'b://c'"),
            Lines{field + "uri: must not be set for the type Hostname"});
  EXPECT_EQ(name("type: 'URI' uri: 'a://b' hostname: 'c'"),
            Lines{field + "hostname: must not be set for the type URI"});
  for (const char* wrong : {"web", "://web", "1a://web", "spiffe://", "a b://c"}) {
    EXPECT_EQ(
        name(std::string("type: 'URI' uri: '") + wrong + "'"),
        Lines{field + "uri: must be a URI with a scheme, such as \"spiffe://example.org/web\""})
        << wrong;
  }
}

TEST(ValidateBackendTLSPolicy, ListsHaveLimits) {
  std::string targets;
  for (int i = 0; i < 17; ++i) {
    targets += "target_refs { kind: 'Service' name: 'web-" + std::to_string(i) + "' } ";
  }
  const std::string refs = times(9, "ca_certificate_refs { kind: 'Secret' name: 'ca' } ");
  const std::string names = times(6, "subject_alt_names { type: 'Hostname' hostname: 'a' } ");
  const Lines found =
      problems(policy_text(targets + "validation { hostname: 'h' " + refs + names + "}"));
  ASSERT_EQ(found.size(), 3U) << ::testing::PrintToString(found);
  EXPECT_TRUE(found[0].starts_with("spec.targetRefs: ")) << found[0];
  EXPECT_TRUE(found[1].starts_with("spec.validation.caCertificateRefs: ")) << found[1];
  EXPECT_TRUE(found[2].starts_with("spec.validation.subjectAltNames: ")) << found[2];
}

TEST(ValidateConfigMap, TellsAllThatIsWrong) {
  expect_violations(
      "config_map { api_version: 'v1' kind: 'ConfigMap' metadata { name: 'ca' namespace: 'shop' } "
      "data { key: 'ca.crt' value: 'any text' } binary_data { key: 'b' value: 'AAAA' } }",
      {{"config_map { data { key: 'a b' value: '' } }", {"data[a b]: the key must be of letters"}},
       {"config_map { binary_data { key: 'c' value: '?' } }",
        {"binaryData[c]: must be base64; plain text belongs into data"}},
       {"config_map { binary_data { key: 'c' value: '***' } }",
        {"binaryData[c]: must be base64"}},
       {"config_map { binary_data { key: 'ca.crt' value: 'AAAA' } }",
        {"binaryData[ca.crt]: is a key of data, too"}},
       {"config_map { immutable: true }", {"immutable: not supported"}}});
}

}  // namespace
}  // namespace limpet::test
