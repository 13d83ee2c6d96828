// From HTTPS listeners, UpstreamTLSPolicies and Secrets to the table.
#include "core/routing/compile_tls.h"

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "core/routing/match.h"
#include "tests/support/certificates.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::base64;
using testing::make_identity;
using testing::SnapshotBuilder;
using testing::TestIdentity;
using testing::tls_secret_text;
using testing::web_snapshot;

std::shared_ptr<const RoutingTable> table_of(const Snapshot& snapshot,
                                             const RoutingTable* previous = nullptr) {
  CompileResult result = compile(snapshot, previous);
  EXPECT_TRUE(result.errors.empty());
  return result.table;
}

std::string https_listener(const std::string& name, const std::string& rest,
                           const std::string& refs) {
  return str_cat("listeners { name: '", name, "' port: 8443 protocol: 'HTTPS' ", rest, " tls { ",
                 refs, " } } ");
}

void put_gateway(SnapshotBuilder& builder, const std::string& listeners) {
  builder.add<v1::Gateway>(str_cat("metadata { name: 'edge' namespace: 'shop' } spec { ", listeners,
                                   "listeners { name: 'plain' port: 8000 protocol: 'HTTP' } }"));
}

const RoutingListener* listener_of(const RoutingTable& table, const std::string& host = "") {
  const auto port = table.ports.find(8443);
  return port == table.ports.end() ? nullptr : port->second->listeners.at(host);
}

class HttpsListener : public ::testing::Test {
 protected:
  HttpsListener() { put_gateway(builder_, https_listener("https", "", refs_)); }

  void put_secret(const TestIdentity& identity) {
    builder_.add<v1::Secret>(tls_secret_text("shop", "cert", identity));
  }

  const std::string refs_ = "certificate_refs { name: 'cert' }";
  SnapshotBuilder builder_ = web_snapshot(8000, {"10.0.0.1"}, 9000);
};

TEST_F(HttpsListener, IsServedWithItsCertificate) {
  const TestIdentity identity = make_identity();
  put_secret(identity);
  const auto table = table_of(builder_.build());
  const RoutingListener* listener = listener_of(*table);
  ASSERT_NE(listener, nullptr);
  EXPECT_TRUE(table->ports.at(8443)->https);
  ASSERT_NE(listener->tls, nullptr);
  EXPECT_EQ(listener->tls->certificates,
            (std::vector<TlsCertificate>{{"shop/cert", identity.chain, identity.key}}));
  const Match found = match(*table->ports.at(8443), {"any.host", "/any"});
  ASSERT_NE(found.rule, nullptr);
  EXPECT_EQ(found.rule->name, "shop/web/0");
}

TEST_F(HttpsListener, WithoutItsSecretIsNotOpened) {
  EXPECT_FALSE(table_of(builder_.build())->ports.contains(8443));
}

// Sealed, as the server has it: there is a certificate, and it is not known here.
TEST_F(HttpsListener, OfASealedSecretIsServedAsFarAsIsKnown) {
  builder_.add<v1::Secret>(
      "metadata { name: 'cert' namespace: 'shop' } type: 'kubernetes.io/tls' "
      "data { key: 'tls.crt' value: 'sealed:1:a:b' } data { key: 'tls.key' value: 'sealed:1:a:c' "
      "}");
  const auto table = table_of(builder_.build());
  ASSERT_NE(listener_of(*table), nullptr);
  EXPECT_EQ(listener_of(*table)->tls->certificates,
            (std::vector<TlsCertificate>{{"shop/cert", "", ""}}));
}

TEST_F(HttpsListener, SecretsOfNoUseAreNotTaken) {
  const TestIdentity one = make_identity();
  const TestIdentity other = make_identity();
  put_secret({one.chain, other.key});
  EXPECT_EQ(listener_of(*table_of(builder_.build())), nullptr);
  put_secret({"no certificate", one.key});
  EXPECT_EQ(listener_of(*table_of(builder_.build())), nullptr);
  put_secret({one.chain, ""});
  EXPECT_EQ(listener_of(*table_of(builder_.build())), nullptr);
  builder_.add<v1::Secret>(str_cat("metadata { name: 'cert' namespace: 'shop' } type: 'Opaque' ",
                                   "data { key: 'tls.crt' value: '", base64(one.chain), "' } ",
                                   "data { key: 'tls.key' value: '", base64(one.key), "' }"));
  EXPECT_EQ(listener_of(*table_of(builder_.build())), nullptr);
}

TEST_F(HttpsListener, OneGoodCertificateOfSeveralIsEnough) {
  put_gateway(builder_, https_listener("https", "",
                                       "certificate_refs { name: 'missing' } "
                                       "certificate_refs { name: 'cert' namespace: 'other' } "
                                       "certificate_refs { name: 'cert' kind: 'ConfigMap' } "
                                       "certificate_refs { name: 'cert' namespace: 'shop' }"));
  put_secret(make_identity());
  builder_.add<v1::Secret>(tls_secret_text("other", "cert", make_identity()));
  const auto table = table_of(builder_.build());
  ASSERT_NE(listener_of(*table), nullptr);
  ASSERT_EQ(listener_of(*table)->tls->certificates.size(), 1U);
  EXPECT_EQ(listener_of(*table)->tls->certificates[0].secret, "shop/cert");
}

TEST_F(HttpsListener, ANewCertificateChangesTheListenerAndNoRoute) {
  put_secret(make_identity());
  const auto before = table_of(builder_.build());
  const TestIdentity renewed = make_identity();
  put_secret(renewed);
  const CompileResult after = compile(builder_.build(), before.get());
  EXPECT_EQ(after.work.hosts + after.work.routes + after.work.clusters, 0U);
  EXPECT_EQ(listener_of(*after.table)->tls->certificates[0].chain, renewed.chain);
  EXPECT_EQ(listener_of(*after.table)->hosts.at(""), listener_of(*before)->hosts.at(""));
  EXPECT_EQ(after.table->ports.at(8000), before->ports.at(8000));
}

TEST_F(HttpsListener, OpensWhenItsSecretComesAndClosesWhenItGoes) {
  const auto none = table_of(builder_.build());
  put_secret(make_identity());
  const auto open = table_of(builder_.build(), none.get());
  ASSERT_NE(listener_of(*open), nullptr);
  EXPECT_NE(match(*open->ports.at(8443), {"any.host", "/"}).rule, nullptr);
  builder_.remove({"Secret", "shop", "cert"});
  const auto closed = table_of(builder_.build(), open.get());
  EXPECT_FALSE(closed->ports.contains(8443));
  // Routes come and go meanwhile.
  builder_.add<v1::HTTPRoute>(
      "metadata { name: 'web' namespace: 'shop' } spec { parent_refs { name: 'edge' } "
      "hostnames: 'new.host' rules { backend_refs { name: 'web' port: 80 } } }");
  const auto moved = table_of(builder_.build(), closed.get());
  EXPECT_FALSE(moved->ports.contains(8443));
  put_secret(make_identity());
  const auto again = table_of(builder_.build(), moved.get());
  EXPECT_NE(match(*again->ports.at(8443), {"new.host", "/"}).rule, nullptr);
  EXPECT_EQ(match(*again->ports.at(8443), {"any.host", "/"}).rule, nullptr);
}

TEST_F(HttpsListener, KeepsItsObjectWhereItsContentStays) {
  const TestIdentity identity = make_identity();
  put_secret(identity);
  const auto before = table_of(builder_.build());
  builder_.add<v1::Secret>(tls_secret_text("shop", "cert", identity) + " immutable: true");
  const auto after = table_of(builder_.build(), before.get());
  EXPECT_EQ(listener_of(*after)->tls, listener_of(*before)->tls);
  EXPECT_EQ(after->ports.at(8443), before->ports.at(8443));
}

TEST_F(HttpsListener, HostsOfOnePortHaveCertificatesOfTheirOwn) {
  put_gateway(builder_,
              https_listener("all", "", refs_) +
                  https_listener("a", "hostname: 'A.example'", "certificate_refs { name: 'a' }") +
                  https_listener("b", "hostname: 'b.example'", "certificate_refs { name: 'b' }"));
  put_secret(make_identity());
  builder_.add<v1::Secret>(tls_secret_text("shop", "a", make_identity()));
  const auto table = table_of(builder_.build());
  EXPECT_EQ(listener_of(*table)->tls->certificates[0].secret, "shop/cert");
  ASSERT_NE(listener_of(*table, "a.example"), nullptr);
  EXPECT_EQ(listener_of(*table, "a.example")->tls->certificates[0].secret, "shop/a");
  EXPECT_EQ(listener_of(*table, "b.example"), nullptr);  // its Secret is missing
}

TEST_F(HttpsListener, PassthroughIsNotServed) {
  put_secret(make_identity());
  put_gateway(builder_, https_listener("https", "", "mode: 'Passthrough'"));
  EXPECT_FALSE(table_of(builder_.build())->ports.contains(8443));
}

TEST_F(HttpsListener, APortHasTheProtocolOfItsFirstListener) {
  put_secret(make_identity());
  put_gateway(builder_,
              https_listener("https", "hostname: 'a.example'", refs_) +
                  "listeners { name: 'http' port: 8443 protocol: 'HTTP' hostname: 'b.example' } ");
  const auto table = table_of(builder_.build());
  EXPECT_TRUE(table->ports.at(8443)->https);
  EXPECT_NE(listener_of(*table, "a.example"), nullptr);
  EXPECT_EQ(listener_of(*table, "b.example"), nullptr);
  // The other way round, from that table.
  put_gateway(builder_,
              "listeners { name: 'http' port: 8443 protocol: 'HTTP' hostname: 'b.example' } " +
                  https_listener("https", "hostname: 'a.example'", refs_));
  const auto turned = table_of(builder_.build(), table.get());
  EXPECT_FALSE(turned->ports.at(8443)->https);
  EXPECT_EQ(listener_of(*turned, "a.example"), nullptr);
  ASSERT_NE(listener_of(*turned, "b.example"), nullptr);
  EXPECT_EQ(listener_of(*turned, "b.example")->tls, nullptr);
}

class UpstreamTlsPolicy : public ::testing::Test {
 protected:
  void put_policy(const std::string& config) {
    builder_.add<v1::UpstreamTLSPolicy>(
        str_cat("metadata { name: 'p' namespace: 'shop' } spec { target_ref { kind: 'Service' "
                "name: 'web' } ports { port: 80 } config { ",
                config, " } }"));
  }
  void put_authorities(const std::string& pem) {
    builder_.add<v1::Secret>(
        str_cat("metadata { name: 'ca' namespace: 'shop' } type: 'Opaque' "
                "data { key: 'ca.crt' value: '",
                base64(pem), "' }"));
  }
  const RoutingCluster& compiled() {
    table_ = table_of(builder_.build(), table_.get());
    return **table_->clusters.find("shop/web:80");
  }
  void expect_broken() {
    const RoutingCluster& cluster = compiled();
    EXPECT_TRUE(cluster.tls_broken);
    EXPECT_EQ(cluster.tls, nullptr);
    EXPECT_TRUE(cluster.cluster.endpoints.empty());
    EXPECT_TRUE(cluster.cluster.eligible.empty());
  }

  SnapshotBuilder builder_ = web_snapshot(8000, {"10.0.0.1"}, 9000);
  std::shared_ptr<const RoutingTable> table_;
};

TEST_F(UpstreamTlsPolicy, SpeaksTlsUnderTheServicesName) {
  EXPECT_EQ(compiled().tls, nullptr);
  put_policy("");
  EXPECT_EQ(*compiled().tls, (UpstreamTls{"", {}, "web.shop.svc", true}));
  EXPECT_EQ(compiled().cluster.endpoints.size(), 1U);
  put_policy("hostname: 'own.example' insecure_skip_verify: true");
  EXPECT_EQ(*compiled().tls, (UpstreamTls{"", {}, "own.example", false}));
  builder_.remove({"UpstreamTLSPolicy", "shop", "p"});
  EXPECT_EQ(compiled().tls, nullptr);
}

TEST_F(UpstreamTlsPolicy, ANameInDnsIsTheNameOfItsCertificate) {
  put_policy("");
  builder_.add<v1::Service>(
      "metadata { name: 'web' namespace: 'shop' } spec { type: 'ExternalName' "
      "external_name: 'Api.example.' ports { port: 80 } }");
  EXPECT_EQ(compiled().tls->hostname, "api.example");
}

TEST_F(UpstreamTlsPolicy, WithoutItsSecretNothingIsSent) {
  put_policy("certificate_ref { name: 'ca' }");
  expect_broken();
  const std::string authority = make_identity().chain;
  put_authorities(authority);
  EXPECT_EQ(compiled().tls->authorities, authority);
  EXPECT_FALSE(compiled().tls_broken);
  EXPECT_EQ(compiled().cluster.endpoints.size(), 1U);
  put_authorities("no certificate");
  expect_broken();
  put_authorities(authority);
  EXPECT_FALSE(compiled().tls_broken);
  builder_.remove({"Secret", "shop", "ca"});
  expect_broken();
}

TEST_F(UpstreamTlsPolicy, ASecretOfAnotherNamespaceIsNotUsed) {
  builder_.add<v1::Secret>(tls_secret_text("other", "ca", make_identity(), make_identity().chain));
  put_policy("certificate_ref { name: 'ca' namespace: 'other' }");
  expect_broken();
}

TEST_F(UpstreamTlsPolicy, MutualTlsNeedsACertificate) {
  put_policy("m_tls: true");
  expect_broken();
  put_policy("m_tls: true certificate_ref { name: 'ca' }");
  put_authorities(make_identity().chain);
  expect_broken();
  const TestIdentity identity = make_identity();
  builder_.add<v1::Secret>(tls_secret_text("shop", "ca", identity, "not PEM"));
  expect_broken();
  builder_.add<v1::Secret>(tls_secret_text("shop", "ca", identity));
  EXPECT_EQ(*compiled().tls,
            (UpstreamTls{"", {{"shop/ca", identity.chain, identity.key}}, "web.shop.svc", true}));
}

TEST_F(UpstreamTlsPolicy, KeepsItsObjectWhereItsContentStays) {
  put_policy("");
  const auto before = compiled().tls;
  builder_.add<v1::EndpointSlice>(
      "metadata { name: 'web-2' namespace: 'shop' labels { key: 'kubernetes.io/service-name' "
      "value: 'web' } } endpoints { addresses: '10.0.0.9' } ports { port: 9000 }");
  EXPECT_EQ(compiled().tls, before);
  EXPECT_EQ(compiled().cluster.endpoints.size(), 2U);
}

}  // namespace
}  // namespace limpet
