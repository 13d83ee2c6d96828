#include "tests/support/certificates.h"
#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

constexpr char kBase[] =
    "secret { api_version: 'v1' kind: 'Secret' metadata { name: 'web' namespace: 'shop' } "
    "data { key: 'password' value: 'aHVudGVyMg==' } }";

TEST(ValidateSecret, WellFormedOnes) {
  EXPECT_TRUE(violations_of(resource_of({kBase,
                                         "secret { type: 'kubernetes.io/tls' "
                                         "data { key: 'tls.crt' value: '***' } "
                                         "string_data { key: 'tls.key' value: '***' } }"}))
                  .empty());
}

std::string item_text(const std::string& item, const std::string& value) {
  return str_cat("secret { data { key: '", item, "' value: '", testing::base64(value), "' } }");
}

TEST(ValidateSecret, OfTlsHasACertificateAndItsKey) {
  const testing::TestIdentity one = testing::make_identity();
  const testing::TestIdentity other = testing::make_identity();
  const std::string type = "secret { type: 'kubernetes.io/tls' }";
  const auto found = [&](const std::string& chain, const std::string& key) {
    return violations_of(
        resource_of({kBase, type, item_text("tls.crt", chain), item_text("tls.key", key)}));
  };
  using Found = std::vector<std::string>;
  EXPECT_EQ(found(one.chain, one.key), Found());
  EXPECT_EQ(found(str_cat(one.chain, other.chain), one.key), Found());
  EXPECT_EQ(found(one.chain, other.key),
            Found{"data[tls.key]: must be the key of the first certificate of tls.crt"});
  EXPECT_EQ(found("hunter2", "hunter2"),
            (Found{"data[tls.crt]: must be certificates in PEM, the server's own first",
                   "data[tls.key]: must be a private key in PEM, without a passphrase"}));
  // Expired or not is not looked at.
  const testing::TestIdentity expired = testing::make_identity({.not_after_unix_s = 1'600'000'001});
  EXPECT_EQ(found(expired.chain, expired.key), Found());
}

TEST(ValidateSecret, AuthoritiesAreCertificatesInEverySecret) {
  EXPECT_TRUE(
      violations_of(resource_of({kBase, item_text("ca.crt", testing::make_identity().chain)}))
          .empty());
  EXPECT_EQ(violations_of(resource_of({kBase, item_text("ca.crt", "hunter2")})),
            std::vector<std::string>{"data[ca.crt]: must be certificates of authorities in PEM"});
  EXPECT_EQ(
      violations_of(resource_of({kBase, "secret { string_data { key: 'ca.crt' value: 'x' } }"})),
      std::vector<std::string>{"stringData[ca.crt]: must be certificates of authorities in PEM"});
}

TEST(ValidateSecret, WhatNodesAreSentFitsIntoAMessage) {
  const std::string much(512 * 1024, '#');
  expect_violations(kBase,
                    {{item_text("ca.crt", testing::make_identity().chain + much),
                      {"data: tls.crt, tls.key and ca.crt must have at most 524288 bytes"}}});
}

TEST(ValidateSecret, WhatIsWrongIsToldWithoutTheValue) {
  expect_violations(
      kBase,
      {{"secret { data { key: 'a' value: 'hunter!' } }",
        {"data[a]: must be base64; plain text belongs into stringData"}},
       {"secret { string_data { key: 'a/b' value: 'x' } }", {"stringData[a/b]: the key must"}},
       {"secret { string_data { key: '..a' value: 'x' } }", {"stringData[..a]: the key must not"}},
       {"secret { type: 'kubernetes.io/tls' }",
        {"data[tls.crt]: required for the type", "data[tls.key]: required for the type"}},
       {"secret { string_data { key: 'a' value: '" + times(1024 * 1024, "x") + "' } }",
        {"data: must have at most 1048576 bytes in all, not 1048583"}}});
}

TEST(ValidateSecret, AMebibyteOfValuesIsNotTooLarge) {
  EXPECT_TRUE(violations_of(resource_of({kBase, "secret { string_data { key: 'a' value: '" +
                                                    times(1024 * 1024 - 7, "x") + "' } }"}))
                  .empty());
}

}  // namespace
}  // namespace limpet::test
