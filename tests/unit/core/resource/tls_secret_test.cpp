#include "core/resource/tls_secret.h"

#include <gtest/gtest.h>

#include "core/resource/secret.h"
#include "tests/support/certificates.h"

namespace limpet {
namespace {

v1::Secret secret_of(const std::string& item, const std::string& value) {
  v1::Secret secret;
  (*secret.mutable_data())[item] = value;
  return secret;
}

TEST(TlsSecret, ReadsWhatIsNeitherSealedNorMasked) {
  EXPECT_EQ(value_of(secret_of("a", "aHVudGVyMg=="), "a"), "hunter2");
  EXPECT_EQ(value_of(secret_of("a", ""), "a"), "");
  for (const char* unreadable : {"***", "sealed:1:key:bytes", "!"}) {
    EXPECT_EQ(value_of(secret_of("a", unreadable), "a"), std::nullopt) << unreadable;
    EXPECT_TRUE(has_item(secret_of("a", unreadable), "a"));
  }
  EXPECT_EQ(value_of(secret_of("a", "YQ=="), "b"), std::nullopt);
  EXPECT_FALSE(has_item(secret_of("a", "YQ=="), "b"));
  v1::Secret written = secret_of("a", "aHVudGVyMg==");
  (*written.mutable_string_data())["a"] = "plain text counts first";
  EXPECT_EQ(value_of(written, "a"), "plain text counts first");
}

TEST(TlsSecret, WhatIsAskedForHasToBeThere) {
  const std::vector<ItemProblem> problems =
      check_items(secret_of("tls.crt", "***"), {.identity = true, .authorities = true});
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].item, kTlsAuthoritiesItem);
  EXPECT_EQ(problems[0].message, "is missing");
  EXPECT_EQ(problems[1].item, kTlsKeyItem);
  EXPECT_TRUE(check_items(secret_of("tls.crt", "***"), {}).empty());
}

TEST(TlsSecret, KeepsTheItemsThatAreNeeded) {
  v1::Secret secret;
  for (const char* item : {"tls.crt", "tls.key", "ca.crt", "password"}) {
    (*secret.mutable_data())[item] = "YQ==";
  }
  secret.set_type("Opaque");
  secret.mutable_metadata()->set_name("web");
  secret.mutable_metadata()->set_uid("uid");
  const v1::Secret kept = secret_with(secret, {.identity = true});
  EXPECT_EQ(kept.data_size(), 2);
  EXPECT_TRUE(kept.data().contains("tls.crt") && kept.data().contains("tls.key"));
  EXPECT_EQ(kept.metadata().name(), "web");
  EXPECT_EQ(kept.metadata().uid(), "");
  EXPECT_EQ(kept.type(), "Opaque");
  EXPECT_EQ(secret_with(secret, {.authorities = true}).data_size(), 1);
  EXPECT_EQ(secret_with(secret, {}).data_size(), 0);
}

TEST(TlsSecret, OfManyNamesTheFirstAreTold) {
  const testing::TestIdentity identity =
      testing::make_identity({.host = "a.example,DNS:b.example,DNS:c.example,DNS:d.example"});
  EXPECT_EQ(judge_validity(identity.chain, 1'900'000'000)->message,
            "until 2096-10-02T07:06:40Z; for a.example, b.example, c.example and 1 more");
  EXPECT_EQ(judge_validity(identity.chain, 0), std::nullopt);
  EXPECT_EQ(judge_validity("no certificate", 1'900'000'000), std::nullopt);
  EXPECT_EQ(not_after_unix_s(identity.chain), 4'000'000'000);
}

}  // namespace
}  // namespace limpet
