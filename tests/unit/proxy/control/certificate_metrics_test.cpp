#include "proxy/control/certificate_metrics.h"

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "tests/support/certificates.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

constexpr char kHead[] =
    "# HELP limpet_certificate_not_after_seconds When a certificate that this node shows ends to "
    "be "
    "valid, in Unix seconds.\n"
    "# TYPE limpet_certificate_not_after_seconds gauge\n";

TEST(CertificateMetrics, TellsOfListenersAndClusters) {
  testing::SnapshotBuilder builder = testing::web_snapshot(8000, {"10.0.0.1"}, 9000);
  CertificateMetrics metrics;
  EXPECT_EQ(metrics.text(nullptr), kHead);
  EXPECT_EQ(metrics.text(compile(builder.build(), nullptr).table), kHead);
  builder.add<v1::Secret>(testing::tls_secret_text(
      "shop", "cert", testing::make_identity({.not_after_unix_s = 2'000'000'001})));
  builder.add<v1::Secret>(testing::tls_secret_text(
      "shop", "own", testing::make_identity({.not_after_unix_s = 2'000'000'002})));
  builder.add<v1::Gateway>(
      "metadata { name: 'edge' namespace: 'shop' } spec { "
      "listeners { name: 'a' port: 443 protocol: 'HTTPS' tls { certificate_refs { name: 'cert' } } "
      "} "
      "listeners { name: 'b' port: 444 protocol: 'HTTPS' tls { certificate_refs { name: 'cert' } } "
      "} "
      "}");
  builder.add<v1::UpstreamTLSPolicy>(
      "metadata { name: 'p' namespace: 'shop' } spec { target_ref { kind: 'Service' name: 'web' } "
      "ports { port: 80 } config { m_tls: true certificate_ref { name: 'own' } } }");
  const auto table = compile(builder.build(), nullptr).table;
  const std::string expected =
      str_cat(kHead, "limpet_certificate_not_after_seconds{secret=\"shop/cert\"} 2000000001\n",
              "limpet_certificate_not_after_seconds{secret=\"shop/own\"} 2000000002\n");
  EXPECT_EQ(metrics.text(table), expected);
  EXPECT_EQ(metrics.text(table), expected);
}

}  // namespace
}  // namespace limpet
