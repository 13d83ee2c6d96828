// What conditions say of certificates.
#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "core/routing/status.h"
#include "tests/support/certificates.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::make_identity;
using testing::SnapshotBuilder;
using testing::tls_secret_text;
using testing::web_snapshot;

constexpr int64_t kNow = 1'900'000'000;
constexpr int64_t kDay = 24 * 3600;

template <typename Conditions>
std::string told_of(const Conditions& conditions, std::string_view type) {
  for (const v1::Condition& condition : conditions) {
    if (condition.type() != type) continue;
    return str_cat(condition.status(), " ", condition.reason(),
                   condition.message().empty() ? "" : ": ", condition.message());
  }
  return {};
}

class TlsStatus : public ::testing::Test {
 protected:
  v1::Resource told(const std::string& kind, const std::string& name) {
    const Snapshot snapshot = builder_.build();
    const auto table = compile(snapshot, nullptr).table;
    v1::Resource resource =
        parse_resource(kind, snapshot.find({kind, "shop", name})->bytes).value();
    StatusSources sources = sources_of(*table);
    sources.now_unix_s = kNow;
    set_status(*table, sources, resource);
    return resource;
  }
  v1::GatewayStatus of_refs(const std::string& refs) {
    builder_.add<v1::Gateway>(str_cat(
        "metadata { name: 'edge' namespace: 'shop' } spec { listeners { name: 'https' port: 8443 "
        "protocol: 'HTTPS' tls { ",
        refs, " } } }"));
    return told("Gateway", "edge").gateway().status();
  }
  std::string resolved(const std::string& refs) {
    return told_of(of_refs(refs).listeners(0).conditions(), "ResolvedRefs");
  }
  std::string certificate(int64_t not_before, int64_t not_after) {
    builder_.add<v1::Secret>(tls_secret_text(
        "shop", "cert",
        make_identity({.not_before_unix_s = not_before, .not_after_unix_s = not_after})));
    return told_of(told("Secret", "cert").secret().status().conditions(), kCertificateValid);
  }

  SnapshotBuilder builder_ = web_snapshot(8000, {"10.0.0.1"}, 9000);
};

TEST_F(TlsStatus, ReferencesThatLeadNowhere) {
  builder_.add<v1::Secret>("metadata { name: 'text' namespace: 'shop' } type: 'Opaque'");
  builder_.add<v1::Secret>(tls_secret_text("other", "cert", make_identity()));
  builder_.add<v1::Secret>(tls_secret_text("shop", "bad", {"no certificate", "no key"}));
  EXPECT_EQ(resolved("certificate_refs { name: 'cert' }"),
            "False InvalidCertificateRef: tls.certificateRefs[0]: Secret shop/cert does not exist");
  EXPECT_EQ(resolved("certificate_refs { name: 'text' }"),
            "False InvalidCertificateRef: tls.certificateRefs[0]: Secret shop/text is of the type "
            "Opaque, not kubernetes.io/tls");
  EXPECT_EQ(resolved("certificate_refs { name: 'cert' namespace: 'other' }"),
            "False RefNotPermitted: tls.certificateRefs[0]: Secret other/cert is of another "
            "namespace, which has no ReferenceGrant for it");
  EXPECT_EQ(resolved("certificate_refs { name: 'cert' kind: 'ConfigMap' }"),
            "False InvalidCertificateRef: tls.certificateRefs[0]: ConfigMap is no certificate; a "
            "Secret is");
  EXPECT_EQ(resolved("certificate_refs { name: 'bad' }"),
            "False InvalidCertificateRef: tls.certificateRefs[0]: Secret shop/bad: data[tls.crt] "
            "must be certificates in PEM, the server's own first");
}

TEST_F(TlsStatus, ASecretOfAnotherNamespaceNeedsAGrant) {
  constexpr char kGrant[] =
      "metadata { name: 'g' namespace: 'other' } spec { "
      "from { group: 'gateway.networking.k8s.io' kind: '$' namespace: 'shop' } "
      "to { group: '' kind: 'Secret' } }";
  const auto grant_to = [&](const std::string& kind) {
    std::string text = kGrant;
    builder_.add<v1::ReferenceGrant>(text.replace(text.find('$'), 1, kind));
  };
  builder_.add<v1::Secret>(tls_secret_text("other", "cert", make_identity()));
  grant_to("HTTPRoute");
  const std::string refs =
      "certificate_refs { name: 'cert' namespace: 'other' } "
      "certificate_refs { name: 'late' namespace: 'other' }";
  EXPECT_TRUE(resolved(refs).starts_with("False RefNotPermitted")) << "it is not for Gateways";
  grant_to("Gateway");
  EXPECT_EQ(resolved("certificate_refs { name: 'cert' namespace: 'other' }"), "True ResolvedRefs");
  EXPECT_EQ(resolved(refs),
            "False InvalidCertificateRef: tls.certificateRefs[1]: Secret other/late does not "
            "exist");
}

TEST_F(TlsStatus, WithoutAnyCertificateNothingIsServed) {
  const v1::GatewayStatus status = of_refs("certificate_refs { name: 'cert' }");
  const auto& listener = status.listeners(0);
  EXPECT_EQ(told_of(listener.conditions(), "Accepted"), "True Accepted");
  EXPECT_EQ(told_of(listener.conditions(), "Programmed"),
            "False Invalid: has no certificate; tls.certificateRefs[0]: Secret shop/cert does not "
            "exist");
  EXPECT_EQ(listener.attached_routes(), 1);
  EXPECT_EQ(told_of(status.conditions(), "Programmed"),
            "False Invalid: not served: listeners https");
}

TEST_F(TlsStatus, OneCertificateOfTwoIsServedAndTheOtherTold) {
  builder_.add<v1::Secret>(tls_secret_text("shop", "cert", make_identity()));
  const v1::GatewayStatus status =
      of_refs("certificate_refs { name: 'missing' } certificate_refs { name: 'cert' }");
  EXPECT_EQ(told_of(status.listeners(0).conditions(), "ResolvedRefs"),
            "False InvalidCertificateRef: tls.certificateRefs[0]: Secret shop/missing does not "
            "exist");
  EXPECT_EQ(told_of(status.listeners(0).conditions(), "Programmed"), "True Programmed");
  EXPECT_EQ(told_of(status.conditions(), "Programmed"), "True Programmed");
}

TEST_F(TlsStatus, AnExpiredCertificateIsServedAndTold) {
  EXPECT_EQ(certificate(kNow - 9 * kDay, kNow - kDay),
            "False Expired: expired at "
            "2030-03-16T17:46:40Z; for shop.example");
  const v1::GatewayStatus status = of_refs("certificate_refs { name: 'cert' }");
  EXPECT_EQ(
      told_of(status.listeners(0).conditions(), "ResolvedRefs"),
      "True ResolvedRefs: Secret shop/cert: expired at 2030-03-16T17:46:40Z; for shop.example");
  EXPECT_EQ(told_of(status.listeners(0).conditions(), "Programmed"), "True Programmed");
}

TEST_F(TlsStatus, TheEndOfACertificateIsToldWeeksAhead) {
  EXPECT_EQ(certificate(kNow - kDay, kNow + 22 * kDay),
            "True Valid: until 2030-04-08T17:46:40Z; for shop.example");
  EXPECT_EQ(certificate(kNow - kDay, kNow + 20 * kDay + 5),
            "True ExpiresSoon: expires at 2030-04-06T17:46:45Z, in 20 days; for shop.example");
  EXPECT_EQ(certificate(kNow - kDay, kNow),
            "True ExpiresSoon: expires at 2030-03-17T17:46:40Z, "
            "in 0 days; for shop.example");
  EXPECT_EQ(certificate(kNow + kDay, kNow + 22 * kDay),
            "False NotYetValid: is not valid before 2030-03-18T17:46:40Z; for shop.example");
}

TEST_F(TlsStatus, OfSealedValuesNothingIsTold) {
  builder_.add<v1::Secret>(
      "metadata { name: 'cert' namespace: 'shop' } type: 'kubernetes.io/tls' "
      "data { key: 'tls.crt' value: 'sealed:1:a:b' } data { key: 'tls.key' value: '***' }");
  EXPECT_EQ(told_of(told("Secret", "cert").secret().status().conditions(), kCertificateValid), "");
  EXPECT_EQ(resolved("certificate_refs { name: 'cert' }"), "True ResolvedRefs");
}

TEST_F(TlsStatus, PassthroughIsNotSupported) {
  const std::string why =
      "HTTPS with the mode Passthrough is not served; HTTP is, and HTTPS with the mode Terminate";
  const auto status = of_refs("mode: 'Passthrough'");
  EXPECT_EQ(told_of(status.listeners(0).conditions(), "Accepted"),
            "False UnsupportedProtocol: " + why);
  EXPECT_EQ(told_of(status.listeners(0).conditions(), "ResolvedRefs"), "True ResolvedRefs");
}

TEST_F(TlsStatus, APortHasOneProtocol) {
  builder_.add<v1::Secret>(tls_secret_text("shop", "cert", make_identity()));
  builder_.add<v1::Gateway>(
      "metadata { name: 'late' namespace: 'shop' creation_timestamp: '2026' } spec { "
      "listeners { name: 'a' port: 8000 protocol: 'HTTPS' tls { certificate_refs { name: 'cert' } "
      "} "
      "} }");
  const auto status = told("Gateway", "late").gateway().status();
  const std::string why = "port 8000 is for HTTP: the listener http of Gateway shop/edge was first";
  EXPECT_EQ(told_of(status.listeners(0).conditions(), "Accepted"),
            "False ProtocolConflict: " + why);
  EXPECT_EQ(told_of(status.listeners(0).conditions(), "Conflicted"),
            "True ProtocolConflict: " + why);
  EXPECT_EQ(told_of(status.listeners(0).conditions(), "Programmed"), "False Invalid: " + why);
  builder_.add<v1::HTTPRoute>(
      "metadata { name: 'r' namespace: 'shop' } spec { parent_refs { name: 'late' } }");
  EXPECT_EQ(
      told_of(told("HTTPRoute", "r").http_route().status().parents(0).conditions(), "Accepted"),
      "False NoMatchingParent: Gateway shop/late: another listener has the port, for another "
      "protocol");
}

TEST_F(TlsStatus, OfPolicies) {
  const auto resolved_of = [&](const std::string& config) {
    builder_.add<v1::UpstreamTLSPolicy>(
        str_cat("metadata { name: 'p' namespace: 'shop' } spec { target_ref { kind: 'Service' "
                "name: 'web' } ports { port: 80 } config { ",
                config, " } }"));
    return told_of(told("UpstreamTLSPolicy", "p").upstream_tls_policy().status().conditions(),
                   "ResolvedRefs");
  };
  EXPECT_EQ(resolved_of(""), "True ResolvedRefs");
  EXPECT_EQ(resolved_of("certificate_ref { name: 'ca' }"),
            "False InvalidCertificateRef: port 80: Secret shop/ca does not exist; its requests are "
            "answered 503");
  builder_.add<v1::Secret>("metadata { name: 'ca' namespace: 'shop' } type: 'Opaque'");
  EXPECT_EQ(resolved_of("certificate_ref { name: 'ca' }"),
            "False InvalidCertificateRef: port 80: Secret shop/ca: data[ca.crt] is missing; its "
            "requests are answered 503");
  builder_.add<v1::Secret>(
      "metadata { name: 'ca' namespace: 'shop' } type: 'Opaque' "
      "data { key: 'ca.crt' value: 'sealed:1:a:b' }");
  EXPECT_EQ(resolved_of("certificate_ref { name: 'ca' }"), "True ResolvedRefs");
  EXPECT_EQ(resolved_of("m_tls: true"),
            "False InvalidCertificateRef: port 80: mTLS needs a certificateRef: there is none; its "
            "requests are answered 503");
}

}  // namespace
}  // namespace limpet
