#include "core/resource/certificate.h"

#include <gtest/gtest.h>

#include "tests/support/certificates.h"

namespace limpet {
namespace {

using testing::make_certificate;
using testing::make_ec_key;
using testing::make_rsa_key;
using testing::pem_of;

std::vector<X509Ptr> chain_of(X509Ptr certificate) {
  std::vector<X509Ptr> chain;
  chain.push_back(std::move(certificate));
  return chain;
}

std::string judged(KeyPtr key) { return check_chain(chain_of(make_certificate(key.get()))); }

TEST(Certificate, ReadsAllOfAChain) {
  const KeyPtr one = make_ec_key();
  const KeyPtr other = make_ec_key();
  const std::string pem = str_cat("# of the shop\n", pem_of(make_certificate(one.get()).get()),
                                  pem_of(make_certificate(other.get()).get()));
  const auto chain = read_certificates(pem);
  ASSERT_TRUE(chain.ok());
  ASSERT_EQ(chain->size(), 2U);
  EXPECT_TRUE(fits(*chain->front(), *one));
  EXPECT_FALSE(fits(*chain->front(), *other));
  EXPECT_EQ(dns_names_of(*chain->front()), std::vector<std::string>{"shop.example"});
  EXPECT_EQ(not_after_unix_s(*chain->front()), 4'000'000'000);
  EXPECT_EQ(not_before_unix_s(*chain->front()), 1'600'000'000);
}

TEST(Certificate, WhatIsNoCertificateIsRefused) {
  const KeyPtr key = make_ec_key();
  const std::string good = pem_of(make_certificate(key.get()).get());
  for (const std::string& pem :
       {std::string(), std::string("none"), pem_of(key.get()), good.substr(0, good.size() / 2),
        str_cat(good, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}) {
    EXPECT_FALSE(read_certificates(pem).ok()) << pem;
  }
}

TEST(Certificate, AKeyWithAPassphraseIsRefused) {
  const KeyPtr key = make_ec_key();
  EXPECT_TRUE(read_private_key(pem_of(key.get())).ok());
  EXPECT_FALSE(read_private_key(pem_of(key.get(), "secret")).ok());
  EXPECT_FALSE(read_private_key(pem_of(make_certificate(key.get()).get())).ok());
}

TEST(Certificate, TlsTakesKeysOfEnoughBits) {
  EXPECT_EQ(judged(make_rsa_key(2048)), "");
  EXPECT_EQ(judged(make_ec_key("P-256")), "");
  EXPECT_EQ(judged(make_ec_key("P-384")), "");
  EXPECT_EQ(judged(make_rsa_key(1024)), "must be of an RSA key of at least 2048 bits, not of 1024");
  EXPECT_EQ(judged(make_ec_key("P-192")),
            "must be of a key on a curve of at least 224 bits, such as P-256, not of 192");
  EXPECT_EQ(check_private_key(*make_rsa_key(1024)),
            "must be an RSA key of at least 2048 bits, not of 1024");
}

TEST(Certificate, OtherKindsOfKeysAreRefused) {
  const KeyPtr agreement(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
  EXPECT_EQ(check_private_key(*agreement), "must be an RSA, ECDSA or Ed25519 key");
  const KeyPtr edwards(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  EXPECT_EQ(check_private_key(*edwards), "");
}

TEST(Certificate, Sha1AndMd5AreNoSignatures) {
  const KeyPtr key = make_ec_key();
  const KeyPtr issuer = make_rsa_key(2048);
  const auto signed_with = [&](const EVP_MD* digest, EVP_PKEY* by) {
    return check_chain(chain_of(make_certificate(key.get(), {.digest = digest, .issuer_key = by})));
  };
  EXPECT_EQ(signed_with(EVP_sha256(), issuer.get()), "");
  EXPECT_EQ(signed_with(EVP_sha1(), issuer.get()),
            "must not be signed by sha1WithRSAEncryption: clients do not take what MD5 or SHA-1 "
            "is for");
  EXPECT_NE(signed_with(EVP_md5(), issuer.get()), "");
  // Nobody looks at what signs itself.
  EXPECT_EQ(signed_with(EVP_sha1(), nullptr), "");
}

TEST(Certificate, SaysWhichOfAChainIsMeant) {
  const KeyPtr strong = make_ec_key();
  const KeyPtr weak = make_rsa_key(1024);
  std::vector<X509Ptr> chain = chain_of(make_certificate(strong.get()));
  chain.push_back(make_certificate(weak.get()));
  EXPECT_EQ(check_chain(chain),
            "certificate 2 of it must be of an RSA key of at least 2048 bits, not of 1024");
}

}  // namespace
}  // namespace limpet
