// From BackendTLSPolicies, ConfigMaps and Secrets to clusters, and what is told of them.
#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "core/routing/compile_tls.h"
#include "core/routing/status.h"
#include "tests/support/certificates.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::base64;
using testing::from_text;
using testing::make_identity;
using testing::SnapshotBuilder;
using testing::web_snapshot;

const std::string kWeb = "target_refs { kind: 'Service' name: 'web' } ";
const std::string kSystem = "well_known_ca_certificates: 'System' ";
std::string config_map_ref(const std::string& name) {
  return str_cat("ca_certificate_refs { kind: 'ConfigMap' name: '", name, "' } ");
}

class BackendTlsPolicy : public ::testing::Test {
 protected:
  BackendTlsPolicy() {
    builder_.add<v1::Service>(
        "metadata { name: 'web' namespace: 'shop' } spec { ports { port: 80 } "
        "ports { name: 'pay' port: 81 } }");
  }

  void put_policy(const std::string& validation, const std::string& targets = kWeb,
                  const std::string& name = "p", const std::string& created = "") {
    texts_[name] =
        str_cat("metadata { name: '", name, "' namespace: 'shop' creation_timestamp: '", created,
                "' } spec { ", targets, "validation { hostname: 'own.example' ", validation, "} }");
    builder_.add<v1::BackendTLSPolicy>(texts_[name]);
  }
  void put_config_map(const std::string& name, const std::string& pem) {
    v1::ConfigMap config_map;
    config_map.mutable_metadata()->set_name(name);
    config_map.mutable_metadata()->set_namespace_("shop");
    (*config_map.mutable_data())["ca.crt"] = pem;
    builder_.put({"ConfigMap", "shop", name}, serialize(config_map));
  }
  const RoutingCluster& compiled(int port = 80) {
    CompileResult result = compile(builder_.build(), table_.get());
    EXPECT_TRUE(result.errors.empty());
    table_ = result.table;
    return **table_->clusters.find(str_cat("shop/web:", port));
  }
  // "Accepted=... ResolvedRefs=...": the reasons, with "!" before those that are False.
  std::string told(const std::string& name = "p") {
    compiled();
    v1::Resource resource;
    *resource.mutable_backend_tls_policy() = from_text<v1::BackendTLSPolicy>(texts_.at(name));
    set_status(*table_, resource);
    std::vector<std::string> all;
    for (const v1::Condition& each : resource.backend_tls_policy().status().conditions()) {
      all.push_back((each.status() == kTrue ? "" : "!") + each.reason());
    }
    return join(all, " ");
  }
  void expect_broken() {
    const RoutingCluster& cluster = compiled();
    EXPECT_TRUE(cluster.tls_broken);
    EXPECT_EQ(cluster.tls, nullptr);
    EXPECT_TRUE(cluster.cluster.endpoints.empty());
  }

  SnapshotBuilder builder_ = web_snapshot(8000, {"10.0.0.1"}, 9000);
  std::map<std::string, std::string> texts_;
  std::shared_ptr<const RoutingTable> table_;
};

TEST_F(BackendTlsPolicy, SpeaksTlsWithTheSystemsAuthorities) {
  put_policy(kSystem);
  EXPECT_EQ(*compiled().tls, (UpstreamTls{"", {}, "own.example", true}));
  EXPECT_EQ(compiled().policy_name("BackendTLSPolicy"), "shop/p");
  EXPECT_EQ(told(), "Accepted ResolvedRefs");
  builder_.remove({"BackendTLSPolicy", "shop", "p"});
  EXPECT_EQ(compiled().tls, nullptr);
}

TEST_F(BackendTlsPolicy, NamesAreToldApartByTheirTypes) {
  put_policy(kSystem +
             "subject_alt_names { type: 'Hostname' hostname: 'a.example' } "
             "subject_alt_names { type: 'URI' uri: 'spiffe://b' } ");
  EXPECT_EQ(*compiled().tls,
            (UpstreamTls{"", {}, "own.example", true, {"a.example"}, {"spiffe://b"}}));
}

TEST_F(BackendTlsPolicy, WithoutItsConfigMapNothingIsSent) {
  put_policy(config_map_ref("ca"));
  expect_broken();
  EXPECT_EQ(told(), "!NoValidCACertificate !InvalidCACertificateRef");
  put_config_map("ca", "no certificate");
  expect_broken();
  EXPECT_EQ(told(), "!NoValidCACertificate !InvalidCACertificateRef");
  const std::string authority = make_identity().chain;
  put_config_map("ca", authority);
  EXPECT_EQ(compiled().tls->authorities, authority + "\n");
  EXPECT_FALSE(compiled().tls_broken);
  EXPECT_EQ(told(), "Accepted ResolvedRefs");
  const std::string renewed = make_identity().chain;
  put_config_map("ca", renewed);
  EXPECT_EQ(compiled().tls->authorities, renewed + "\n");
  put_config_map("ca", "***");  // stands for nothing here
  expect_broken();
  builder_.remove({"ConfigMap", "shop", "ca"});
  expect_broken();
}

TEST_F(BackendTlsPolicy, AllAuthoritiesThatAreThereAreBelieved) {
  const std::string one = make_identity().chain;
  const std::string two = make_identity().chain;
  put_config_map("one", one);
  builder_.add<v1::Secret>(
      str_cat("metadata { name: 'two' namespace: 'shop' } data { key: "
              "'ca.crt' value: '",
              base64(two), "' }"));
  put_policy(config_map_ref("one") + config_map_ref("missing") +
             "ca_certificate_refs { kind: 'Secret' name: 'two' } ");
  EXPECT_EQ(compiled().tls->authorities, str_cat(one, "\n", two, "\n"));
  EXPECT_EQ(told(), "Accepted !InvalidCACertificateRef");
}

TEST_F(BackendTlsPolicy, OtherKindsHaveNoAuthorities) {
  put_policy("ca_certificate_refs { group: 'x.io' kind: 'ConfigMap' name: 'ca' } ");
  expect_broken();
  EXPECT_EQ(told(), "!NoValidCACertificate !InvalidKind");
}

TEST_F(BackendTlsPolicy, OneForAPortGoesBeforeOneForAllAndThenTheOldest) {
  const std::string pay = "target_refs { kind: 'Service' name: 'web' section_name: 'pay' } ";
  put_policy(kSystem, kWeb, "all", "2026-01-01T00:00:00Z");
  put_policy(kSystem, kWeb, "a-younger", "2026-01-02T00:00:00Z");
  put_policy(kSystem, pay, "pay", "2026-01-03T00:00:00Z");
  EXPECT_EQ(compiled(80).policy_name("BackendTLSPolicy"), "shop/all");
  EXPECT_EQ(compiled(81).policy_name("BackendTLSPolicy"), "shop/pay");
  EXPECT_EQ(told("all"), "Accepted ResolvedRefs");
  EXPECT_EQ(told("pay"), "Accepted ResolvedRefs");
  EXPECT_EQ(told("a-younger"), "!Conflicted ResolvedRefs");
  builder_.remove({"BackendTLSPolicy", "shop", "all"});
  EXPECT_EQ(told("a-younger"), "Accepted ResolvedRefs");
}

TEST_F(BackendTlsPolicy, AnUpstreamTLSPolicyGoesBefore) {
  put_policy(kSystem);
  builder_.add<v1::UpstreamTLSPolicy>(
      "metadata { name: 'u' namespace: 'shop' } spec { target_ref { kind: 'Service' name: 'web' } "
      "ports { port: 80 } config { hostname: 'theirs.example' } }");
  EXPECT_EQ(compiled(80).tls->hostname, "theirs.example");
  EXPECT_EQ(compiled(81).tls->hostname, "own.example");
  EXPECT_EQ(compiled(80).policy_name("BackendTLSPolicy"), "");
  EXPECT_EQ(told(), "!Conflicted ResolvedRefs");
}

TEST_F(BackendTlsPolicy, WhatItIsForHasToBeThere) {
  put_policy(kSystem, kWeb + "target_refs { kind: 'Service' name: 'lost' } ");
  EXPECT_EQ(told(), "!TargetNotFound ResolvedRefs");
  EXPECT_EQ(compiled().policy_name("BackendTLSPolicy"), "shop/p") << "the other target";
  builder_.add<v1::Service>(
      "metadata { name: 'lost' namespace: 'shop' } spec { ports { port: 1 } "
      "}");
  EXPECT_EQ(told(), "Accepted ResolvedRefs");
  put_policy(kSystem, "target_refs { kind: 'Service' name: 'web' section_name: 'other' } ");
  EXPECT_EQ(told(), "!TargetNotFound ResolvedRefs");
  EXPECT_EQ(compiled().tls, nullptr);
}

// As for HTTP/3 beside HTTP.
TEST_F(BackendTlsPolicy, APortForUdpOfTheSameNumberTakesNothingFromIt) {
  builder_.add<v1::Service>(
      "metadata { name: 'web' namespace: 'shop' } spec { ports { name: 'https' port: 443 } "
      "ports { name: 'quic' port: 443 protocol: 'UDP' } ports { name: 'http' port: 80 } }");
  put_policy(kSystem, "target_refs { kind: 'Service' name: 'web' section_name: 'https' } ");
  EXPECT_NE(compiled(443).tls, nullptr);
  EXPECT_EQ(told(), "Accepted ResolvedRefs");
  put_policy(kSystem, "target_refs { kind: 'Service' name: 'web' section_name: 'quic' } ");
  EXPECT_EQ(told(), "!TargetNotFound ResolvedRefs");
  put_policy(kSystem);
  EXPECT_NE(compiled(443).tls, nullptr);
  EXPECT_EQ(told(), "Accepted ResolvedRefs");
}

// The server takes none, but what is stored must not keep a node from its table.
TEST_F(BackendTlsPolicy, AMaskInAConfigMapIsNoValue) {
  put_policy(config_map_ref("ca"));
  v1::ConfigMap config_map;
  config_map.mutable_metadata()->set_name("ca");
  config_map.mutable_metadata()->set_namespace_("shop");
  for (const char* value : {"***", "sealed:AAAA"}) {
    (*config_map.mutable_binary_data())["ca.crt"] = value;
    builder_.put({"ConfigMap", "shop", "ca"}, serialize(config_map));
    expect_broken();
  }
}

}  // namespace
}  // namespace limpet
