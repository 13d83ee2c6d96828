#include "core/resource/certificate.h"

#include <algorithm>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/time/time.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "core/base/text.h"

namespace limpet {
namespace {

constexpr int kMinSecurityBits = 112;

using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO_free>>;
using NamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>>;

BioPtr bio_of(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// For a key that is locked: there is nobody to ask.
int no_passphrase(char*, int, int, void*) { return 0; }

int64_t unix_s_of(const ASN1_TIME* time) {
  tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return absl::ToUnixSeconds(absl::FromTM(parts, absl::UTCTimeZone()));
}

// What TLS would not take of a key, public or private; empty: nothing.
std::string check_strength(const EVP_PKEY& key) {
  const int type = EVP_PKEY_get_base_id(&key);
  const int bits = EVP_PKEY_get_bits(&key);
  switch (type) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      if (EVP_PKEY_get_security_bits(&key) >= kMinSecurityBits) return {};
      return str_cat("an RSA key of at least 2048 bits, not of ", bits);
    case EVP_PKEY_EC:
      if (EVP_PKEY_get_security_bits(&key) >= kMinSecurityBits) return {};
      return str_cat("a key on a curve of at least 224 bits, such as P-256, not of ", bits);
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
      return {};
    default:
      return "an RSA, ECDSA or Ed25519 key";
  }
}

// A signature by itself proves nothing, and is not looked at by anybody (RFC 8446, section 4.2.3).
bool is_self_signed(X509& certificate) {
  return (X509_get_extension_flags(&certificate) & EXFLAG_SS) != 0;
}

std::string check_signature(X509& certificate) {
  int bits = 0;
  if (is_self_signed(certificate) ||
      X509_get_signature_info(&certificate, nullptr, nullptr, &bits, nullptr) != 1 ||
      bits >= kMinSecurityBits) {
    return {};
  }
  return str_cat("must not be signed by ", OBJ_nid2ln(X509_get_signature_nid(&certificate)),
                 ": clients do not take what MD5 or SHA-1 is for");
}

// "certificate 2 of it " for one that is not the first.
std::string which(size_t index) {
  return index == 0 ? std::string() : str_cat("certificate ", index + 1, " of it ");
}

std::vector<std::string> alt_names_of(const X509& certificate, int type) {
  const NamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> found;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != type) continue;
    const ASN1_IA5STRING* text = name->d.ia5;  // of DNS names and URIs alike
    found.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                       static_cast<size_t>(ASN1_STRING_length(text)));
  }
  return found;
}

}  // namespace

std::string openssl_error() {
  char text[256] = "unknown error";
  const unsigned long code = ERR_get_error();
  if (code != 0) ERR_error_string_n(code, text, sizeof(text));
  ERR_clear_error();
  return text;
}

absl::StatusOr<std::vector<X509Ptr>> read_certificates(std::string_view pem) {
  const BioPtr bio = bio_of(pem);
  std::vector<X509Ptr> certificates;
  while (X509Ptr certificate{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)}) {
    certificates.push_back(std::move(certificate));
  }
  // The end is an error, too: no further start of a certificate.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string error = openssl_error();
  if (certificates.empty()) return absl::InvalidArgumentError("has no certificate in PEM form");
  if (!at_end) {
    return absl::InvalidArgumentError(str_cat("has a certificate that cannot be read: ", error));
  }
  return certificates;
}

absl::StatusOr<KeyPtr> read_private_key(std::string_view pem) {
  const BioPtr bio = bio_of(pem);
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr) {
    ERR_clear_error();
    return absl::InvalidArgumentError("has no private key in PEM form without a passphrase");
  }
  return key;
}

std::vector<std::string> dns_names_of(const X509& certificate) {
  std::vector<std::string> names = alt_names_of(certificate, GEN_DNS);
  std::erase_if(names, [](const std::string& name) {
    return !std::all_of(name.begin(), name.end(), absl::ascii_isgraph);
  });
  return names;
}

std::vector<std::string> uris_of(const X509& certificate) {
  return alt_names_of(certificate, GEN_URI);
}

std::string utc_text(int64_t unix_s) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(unix_s), absl::UTCTimeZone());
}

int64_t not_before_unix_s(const X509& certificate) {
  return unix_s_of(X509_get0_notBefore(&certificate));
}

int64_t not_after_unix_s(const X509& certificate) {
  return unix_s_of(X509_get0_notAfter(&certificate));
}

std::string check_chain(const std::vector<X509Ptr>& chain) {
  for (size_t i = 0; i < chain.size(); ++i) {
    const EVP_PKEY* key = X509_get0_pubkey(chain[i].get());
    const std::string weak = key == nullptr ? "a key that is known here" : check_strength(*key);
    openssl_error();
    if (!weak.empty()) return str_cat(which(i), "must be of ", weak);
    if (const std::string problem = check_signature(*chain[i]); !problem.empty()) {
      return which(i) + problem;
    }
  }
  return {};
}

std::string check_private_key(const EVP_PKEY& key) {
  const std::string weak = check_strength(key);
  return weak.empty() ? std::string() : str_cat("must be ", weak);
}

bool fits(const X509& certificate, const EVP_PKEY& key) {
  if (X509_check_private_key(&certificate, &key) == 1) return true;
  openssl_error();
  return false;
}

}  // namespace limpet
