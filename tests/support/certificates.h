// Keys and certificates for tests, of any strength.
#pragma once

#include <cstdint>
#include <string>

#include <absl/strings/escaping.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "core/base/text.h"
#include "core/resource/certificate.h"

namespace limpet::testing {

inline KeyPtr make_ec_key(const char* curve = "P-256") { return KeyPtr(EVP_EC_gen(curve)); }
inline KeyPtr make_rsa_key(unsigned bits) { return KeyPtr(EVP_RSA_gen(bits)); }

inline std::string pem_of(EVP_PKEY* key, const char* passphrase = nullptr) {
  const std::unique_ptr<BIO, OpensslFree<BIO_free>> bio(BIO_new(BIO_s_mem()));
  const int size = passphrase == nullptr ? 0 : static_cast<int>(std::string(passphrase).size());
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, passphrase == nullptr ? nullptr : EVP_aes_256_cbc(),
                                passphrase, size, nullptr, nullptr);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(length)};
}

inline std::string pem_of(X509* certificate) {
  const std::unique_ptr<BIO, OpensslFree<BIO_free>> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(length)};
}

struct CertificateOptions {
  std::string host = "shop.example";
  int64_t not_before_unix_s = 1'600'000'000;
  int64_t not_after_unix_s = 4'000'000'000;
  const EVP_MD* digest = EVP_sha256();
  EVP_PKEY* issuer_key = nullptr;  // null: signed by itself
};

inline X509Ptr make_certificate(EVP_PKEY* key, const CertificateOptions& options = {}) {
  X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), options.not_before_unix_s);
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), options.not_after_unix_s);
  const auto set_name = [&](X509_NAME* name, const std::string& text) {
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(text.c_str()), -1, -1, 0);
  };
  set_name(X509_get_subject_name(certificate.get()), options.host);
  const bool own = options.issuer_key == nullptr;
  set_name(X509_get_issuer_name(certificate.get()), own ? options.host : "an authority");
  const std::string names = "DNS:" + options.host;
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  X509_add_ext(certificate.get(), extension, -1);
  X509_EXTENSION_free(extension);
  X509_set_pubkey(certificate.get(), key);
  X509_sign(certificate.get(), own ? key : options.issuer_key, options.digest);
  return certificate;
}

// A certificate with its key, in PEM.
struct TestIdentity {
  std::string chain;
  std::string key;
};

inline TestIdentity make_identity(const CertificateOptions& options = {}) {
  const KeyPtr key = make_ec_key();
  const X509Ptr certificate = make_certificate(key.get(), options);
  return {pem_of(certificate.get()), pem_of(key.get())};
}

inline std::string base64(std::string_view text) { return absl::Base64Escape(absl_view(text)); }

// A Secret in protobuf's text format, as nodes get it.
inline std::string tls_secret_text(const std::string& ns, const std::string& name,
                                   const TestIdentity& identity,
                                   const std::string& authorities = "") {
  const auto item = [](const std::string& key, const std::string& value) {
    return value.empty() ? "" : str_cat("data { key: '", key, "' value: '", base64(value), "' } ");
  };
  return str_cat("metadata { name: '", name, "' namespace: '", ns, "' } type: 'kubernetes.io/tls' ",
                 item("tls.crt", identity.chain), item("tls.key", identity.key),
                 item("ca.crt", authorities));
}

}  // namespace limpet::testing
