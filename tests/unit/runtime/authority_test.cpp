#include "runtime/authority.h"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

namespace limpet {
namespace {

constexpr Validity kYear{1'700'000'000, 1'700'000'000 + 365 * 86'400};
constexpr int64_t kNow = 1'710'000'000;

Authority make() { return Authority::create("Limpet CA", kYear).value(); }

absl::Status verify(const Authority& authority, const std::string& pem, int64_t now = kNow) {
  return Authorities::read(authority.certificate_pem())->verify(*read_certificates(pem), now);
}

TEST(Authority, IssuesWhatItsCertificateProves) {
  const Authority authority = make();
  const Subject subject{"node-1", {"limpet:node:node-1", "limpet:gateway:shop/edge"}, {}};
  const std::string pem = authority.issue(subject, kYear).value();
  EXPECT_TRUE(verify(authority, pem).ok()) << verify(authority, pem);
  const auto certificates = read_certificates(pem).value();
  ASSERT_EQ(certificates.size(), 1U);
  EXPECT_EQ(uris_of(*certificates[0]), subject.uris);
  EXPECT_EQ(not_after_unix_s(*certificates[0]), kYear.to_unix_s);
  EXPECT_EQ(X509_check_private_key(certificates[0].get(), read_private_key(pem)->get()), 1);
}

TEST(Authority, ServersHaveTheirHosts) {
  const std::string pem = make().issue({"server", {"limpet:server"}, {"localhost", "127.0.0.1",
                                                                      "::1"}}, kYear).value();
  const auto certificates = read_certificates(pem).value();
  EXPECT_EQ(X509_check_host(certificates[0].get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(certificates[0].get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(certificates[0].get(), "::1", 0), 1);
  EXPECT_NE(X509_check_ip_asc(certificates[0].get(), "127.0.0.2", 0), 1);
}

TEST(Authority, RefusalsSayWhy) {
  const Authority authority =
      Authority::create("CA", {kYear.from_unix_s - 1000, kYear.to_unix_s + 1000}).value();
  const std::string pem = authority.issue({"a", {"limpet:user:a"}, {}}, kYear).value();
  EXPECT_EQ(verify(authority, pem, kYear.to_unix_s + 1).message(),
            "the certificate has expired at 2024-11-13T22:13:20Z");
  EXPECT_EQ(verify(authority, pem, kYear.from_unix_s - 1).message(),
            "the certificate is not valid before 2023-11-14T22:13:20Z");
  EXPECT_EQ(verify(authority, pem, kYear.to_unix_s + 1001).message(),
            "the certificate's authority has expired at 2024-11-13T22:30:00Z");
  EXPECT_EQ(verify(make(), pem).message(),
            "the certificate is not of an authority that is trusted here");
  EXPECT_EQ(verify(authority, authority.issue({"s", {}, {"localhost"}}, kYear).value()).code(),
            absl::StatusCode::kUnauthenticated)
      << "a server's certificate is no client's";
}

TEST(Authority, IsReadAgainAlsoOutOfABundle) {
  const Authority old = make();
  const Authority fresh = make();
  const std::string bundle = fresh.certificate_pem() + old.certificate_pem();
  const Authority again = Authority::read(bundle, old.key_pem()).value();
  EXPECT_EQ(again.certificate_pem(), old.certificate_pem());
  const std::string pem = again.issue({"a", {"limpet:user:a"}, {}}, kYear).value();
  EXPECT_TRUE(Authorities::read(bundle)->verify(*read_certificates(pem), kNow).ok());
  EXPECT_FALSE(Authority::read(fresh.certificate_pem(), old.key_pem()).ok());
}

TEST(Authority, CertificatesDoNotOutliveIt) {
  const std::string pem =
      make().issue({"a", {}, {}}, {kYear.from_unix_s, kYear.to_unix_s + 1}).value();
  EXPECT_EQ(not_after_unix_s(*read_certificates(pem)->front()), kYear.to_unix_s);
}

}  // namespace
}  // namespace limpet
