// X.509 certificates and private keys in PEM (RFC 7468), and whether they are of use for TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>
#include <openssl/x509.h>

namespace limpet {

template <auto Free>
struct OpensslFree {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using X509Ptr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;

// The last error of OpenSSL in this thread, as text; the queue is empty after it.
std::string openssl_error();

// All certificates of a PEM text, at least one. INVALID_ARGUMENT otherwise.
absl::StatusOr<std::vector<X509Ptr>> read_certificates(std::string_view pem);
// The private key of a PEM text. INVALID_ARGUMENT when there is none, or it needs a passphrase.
absl::StatusOr<KeyPtr> read_private_key(std::string_view pem);

int64_t not_before_unix_s(const X509& certificate);
int64_t not_after_unix_s(const X509& certificate);
// "2026-01-31T12:00:00Z"
std::string utc_text(int64_t unix_s);
// The DNS names among the subject alternative names, in their order, without those that cannot be
// shown: of other than printable characters.
std::vector<std::string> dns_names_of(const X509& certificate);
std::vector<std::string> uris_of(const X509& certificate);  // whatever is in them

// What TLS would not take of them, without any of their bytes; empty: nothing. The bounds are those
// of OpenSSL's security level 2, the default of Debian (SSL_CTX_set_security_level(3)): keys and
// digests of at least 112 bits of security. Whether a certificate has expired is no part of it.
//
// `chain`: the own certificate first. Requires: not empty.
std::string check_chain(const std::vector<X509Ptr>& chain);
std::string check_private_key(const EVP_PKEY& key);
bool fits(const X509& certificate, const EVP_PKEY& key);

}  // namespace limpet
