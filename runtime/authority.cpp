#include "runtime/authority.h"

#include <algorithm>
#include <utility>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "core/base/text.h"

namespace limpet {
namespace {

using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO_free>>;
using BignumPtr = std::unique_ptr<BIGNUM, OpensslFree<BN_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>>;

constexpr int kSerialBits = 127;  // positive, in 16 bytes

absl::Status openssl_failed() { return absl::InternalError(openssl_error()); }

std::string text_of(BIO& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(&bio, &data);
  return {data, static_cast<size_t>(size)};
}

std::string to_pem(const X509& certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), &certificate);
  return text_of(*bio);
}

std::string to_pem(const EVP_PKEY& key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(*bio);
}

absl::Status set_serial(X509& certificate) {
  const BignumPtr number(BN_new());
  if (BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
      BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) == nullptr) {
    return openssl_failed();
  }
  return absl::OkStatus();
}

// What every certificate has; its issuer and extensions are to follow.
absl::StatusOr<X509Ptr> begin(const std::string& name, EVP_PKEY& key, const Validity& validity) {
  X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  if (absl::Status s = set_serial(*certificate); !s.ok()) return s;
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), static_cast<time_t>(validity.from_unix_s));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), static_cast<time_t>(validity.to_unix_s));
  constexpr size_t kMaxCommonName = 64;  // RFC 5280, ub-common-name; for people alone
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.data()),
                             static_cast<int>(std::min(name.size(), kMaxCommonName)), -1, 0);
  if (X509_set_pubkey(certificate.get(), &key) != 1) return openssl_failed();
  return certificate;
}

absl::Status add_extension(X509& certificate, X509& issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  if (extension == nullptr || X509_add_ext(&certificate, extension.get(), -1) != 1) {
    return openssl_failed();
  }
  return absl::OkStatus();
}

void add_name(GENERAL_NAMES& names, int type, std::string_view text) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_IA5STRING* value = ASN1_IA5STRING_new();
  ASN1_STRING_set(value, text.data(), static_cast<int>(text.size()));
  GENERAL_NAME_set0_value(name, type, value);
  sk_GENERAL_NAME_push(&names, name);
}

// False: the text is no IP address.
bool add_address(GENERAL_NAMES& names, const std::string& text) {
  ASN1_OCTET_STRING* address = a2i_IPADDRESS(text.c_str());
  if (address == nullptr) return false;
  GENERAL_NAME* name = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(name, GEN_IPADD, address);
  sk_GENERAL_NAME_push(&names, name);
  return true;
}

absl::Status add_names(X509& certificate, const Subject& subject) {
  const NamesPtr names(GENERAL_NAMES_new());
  for (const std::string& uri : subject.uris) add_name(*names, GEN_URI, uri);
  for (const std::string& host : subject.hosts) {
    if (!add_address(*names, host)) add_name(*names, GEN_DNS, host);
  }
  openssl_error();  // of texts that were no addresses
  if (X509_add1_ext_i2d(&certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) !=
      1) {
    return openssl_failed();
  }
  return absl::OkStatus();
}

absl::Status add_extensions(X509& certificate, X509& issuer,
                            std::initializer_list<std::pair<int, const char*>> extensions) {
  for (const auto& [nid, value] : extensions) {
    if (absl::Status s = add_extension(certificate, issuer, nid, value); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::StatusOr<KeyPtr> make_key() {
  KeyPtr key(EVP_EC_gen("P-256"));
  if (key == nullptr) return openssl_failed();
  return key;
}

}  // namespace

absl::StatusOr<Authority> Authority::create(const std::string& name, const Validity& validity) {
  absl::StatusOr<KeyPtr> key = make_key();
  if (!key.ok()) return key.status();
  absl::StatusOr<X509Ptr> certificate = begin(name, **key, validity);
  if (!certificate.ok()) return certificate.status();
  X509& own = **certificate;
  X509_set_issuer_name(&own, X509_get_subject_name(&own));
  const absl::Status extended =
      add_extensions(own, own,
                     {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                      {NID_key_usage, "critical,keyCertSign,cRLSign"},
                      {NID_subject_key_identifier, "hash"}});
  if (!extended.ok()) return extended;
  if (X509_sign(&own, key->get(), EVP_sha256()) == 0) return openssl_failed();
  return Authority(*std::move(certificate), *std::move(key));
}

absl::StatusOr<Authority> Authority::read(std::string_view certificate_pem,
                                          std::string_view key_pem) {
  absl::StatusOr<std::vector<X509Ptr>> certificates = read_certificates(certificate_pem);
  if (!certificates.ok()) return certificates.status();
  absl::StatusOr<KeyPtr> key = read_private_key(key_pem);
  if (!key.ok()) return key.status();
  // A bundle may have former authorities beside the one whose key this is.
  for (X509Ptr& certificate : *certificates) {
    if (X509_check_private_key(certificate.get(), key->get()) != 1) continue;
    openssl_error();
    return Authority(std::move(certificate), *std::move(key));
  }
  openssl_error();
  return absl::InvalidArgumentError("the private key is not of any of the certificates");
}

std::string Authority::certificate_pem() const { return to_pem(*certificate_); }
std::string Authority::key_pem() const { return to_pem(*key_); }

absl::StatusOr<std::string> Authority::issue(const Subject& subject,
                                             const Validity& validity) const {
  const absl::StatusOr<KeyPtr> key = make_key();
  if (!key.ok()) return key.status();
  Validity bounded = validity;
  bounded.to_unix_s = std::min(validity.to_unix_s, not_after_unix_s(*certificate_));
  absl::StatusOr<X509Ptr> certificate = begin(subject.common_name, **key, bounded);
  if (!certificate.ok()) return certificate.status();
  X509& own = **certificate;
  X509_set_issuer_name(&own, X509_get_subject_name(certificate_.get()));
  const absl::Status extended =
      add_extensions(own, *certificate_,
                     {{NID_basic_constraints, "critical,CA:FALSE"},
                      {NID_key_usage, "critical,digitalSignature"},
                      {NID_ext_key_usage, subject.hosts.empty() ? "clientAuth" : "serverAuth"},
                      {NID_subject_key_identifier, "hash"},
                      {NID_authority_key_identifier, "keyid"}});
  if (!extended.ok()) return extended;
  if (absl::Status s = add_names(own, subject); !s.ok()) return s;
  if (X509_sign(&own, key_.get(), EVP_sha256()) == 0) return openssl_failed();
  return to_pem(own) + to_pem(**key);
}

}  // namespace limpet
