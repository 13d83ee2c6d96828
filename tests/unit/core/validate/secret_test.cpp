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
                                         "string_data { key: 'tls.key' value: 'x' } }"}))
                  .empty());
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
