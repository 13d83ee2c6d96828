#include "proxy/tls/context.h"

#include <algorithm>
#include <array>
#include <new>

#include <absl/strings/ascii.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "core/base/text.h"

namespace limpet::tls {
namespace {

constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";  // of TLS 1.2; all of 1.3 are sound
constexpr char kGroups[] = "X25519:P-256:P-384";
constexpr std::string_view kProtocols("\x08http/1.1", 9);  // ALPN

struct BioFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct X509Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using BioPtr = std::unique_ptr<BIO, BioFree>;
using X509Ptr = std::unique_ptr<X509, X509Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, KeyFree>;

BioPtr open(std::string_view pem) {
  BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) throw std::bad_alloc();
  return bio;
}

// Never asks at the terminal.
int no_password(char*, int, int, void*) { return 0; }

X509Ptr next_certificate(BIO& bio) {
  return X509Ptr(PEM_read_bio_X509(&bio, nullptr, no_password, nullptr));
}

// Who offers none takes what comes; who offers others alone is told so (RFC 7301 §3.2).
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  const auto* own = reinterpret_cast<const unsigned char*>(kProtocols.data());
  const int result =
      SSL_select_next_proto(const_cast<unsigned char**>(chosen), size, own,
                            static_cast<unsigned int>(kProtocols.size()), offered, offered_size);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

absl::Status openssl_error(std::string_view what) {
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  ERR_clear_error();
  return absl::InvalidArgumentError(str_cat(what, ": ", reason.data()));
}

ContextPtr make_context(Side side) {
  const bool server = side == Side::kServer;
  ContextPtr context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  if (context == nullptr) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_security_level(context.get(), 2);
  SSL_CTX_set_cipher_list(context.get(), kCiphers);
  SSL_CTX_set1_groups_list(context.get(), kGroups);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // tickets instead
  if (server) {
    SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
    SSL_CTX_set_num_tickets(context.get(), 1);
  } else {
    SSL_CTX_set_alpn_protos(context.get(),
                            reinterpret_cast<const unsigned char*>(kProtocols.data()),
                            static_cast<unsigned int>(kProtocols.size()));
  }
  return context;
}

absl::Status use_certificate(SSL_CTX& context, const TlsCertificate& certificate) {
  const BioPtr chain = open(certificate.chain);
  X509Ptr own = next_certificate(*chain);
  if (own == nullptr) return openssl_error(str_cat("the certificate of ", certificate.secret));
  if (SSL_CTX_use_certificate(&context, own.get()) != 1) {
    return openssl_error(str_cat("the certificate of ", certificate.secret));
  }
  while (X509Ptr issuer = next_certificate(*chain)) {
    if (SSL_CTX_add0_chain_cert(&context, issuer.get()) != 1) {
      return openssl_error(str_cat("the chain of ", certificate.secret));
    }
    (void)issuer.release();
  }
  ERR_clear_error();  // the end of the chain is one
  const BioPtr text = open(certificate.key);
  const KeyPtr key(PEM_read_bio_PrivateKey(text.get(), nullptr, no_password, nullptr));
  if (key == nullptr || SSL_CTX_use_PrivateKey(&context, key.get()) != 1) {
    return openssl_error(str_cat("the key of ", certificate.secret));
  }
  return absl::OkStatus();
}

absl::Status trust(SSL_CTX& context, std::string_view authorities) {
  const BioPtr bio = open(authorities);
  X509_STORE* const store = SSL_CTX_get_cert_store(&context);
  int count = 0;
  while (const X509Ptr authority = next_certificate(*bio)) {
    if (X509_STORE_add_cert(store, authority.get()) != 1) {
      return openssl_error("the authorities");
    }
    ++count;
  }
  ERR_clear_error();
  return count > 0 ? absl::OkStatus()
                   : absl::InvalidArgumentError("the authorities: no PEM certificate");
}

absl::StatusOr<CertificateFacts> facts_of(const TlsCertificate& certificate) {
  const BioPtr bio = open(certificate.chain);
  const X509Ptr own = next_certificate(*bio);
  if (own == nullptr) return openssl_error(str_cat("the certificate of ", certificate.secret));
  CertificateFacts facts;
  facts.key_type = EVP_PKEY_base_id(X509_get0_pubkey(own.get()));
  auto* const names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(own.get(), NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    facts.names.push_back(absl::AsciiStrToLower(
        absl::string_view(text, static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)))));
  }
  GENERAL_NAMES_free(names);
  ERR_clear_error();
  std::sort(facts.names.begin(), facts.names.end());
  return facts;
}

}  // namespace limpet::tls
