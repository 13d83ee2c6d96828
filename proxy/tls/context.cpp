#include "proxy/tls/context.h"

#include <algorithm>
#include <new>

#include <absl/strings/ascii.h>

#include "core/base/text.h"
#include "core/resource/certificate.h"

namespace limpet::tls {
namespace {

constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";  // of TLS 1.2; all of 1.3 are sound
constexpr char kGroups[] = "X25519:P-256:P-384";
constexpr std::string_view kProtocols("\x08http/1.1", 9);  // ALPN

// Who offers none takes what comes; who offers others alone is told so (RFC 7301 §3.2).
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  const auto* own = reinterpret_cast<const unsigned char*>(kProtocols.data());
  const int result =
      SSL_select_next_proto(const_cast<unsigned char**>(chosen), size, own,
                            static_cast<unsigned int>(kProtocols.size()), offered, offered_size);
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

absl::Status of_secret(const TlsCertificate& certificate, const absl::Status& problem) {
  return absl::InvalidArgumentError(
      str_cat("Secret ", certificate.secret, ": ", std::string(problem.message())));
}

}  // namespace

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
  const absl::StatusOr<std::vector<X509Ptr>> chain = read_certificates(certificate.chain);
  if (!chain.ok()) return of_secret(certificate, chain.status());
  const absl::StatusOr<KeyPtr> key = read_private_key(certificate.key);
  if (!key.ok()) return of_secret(certificate, key.status());
  bool used = SSL_CTX_use_certificate(&context, chain->front().get()) == 1;
  for (size_t i = 1; used && i < chain->size(); ++i) {
    used = SSL_CTX_add1_chain_cert(&context, (*chain)[i].get()) == 1;
  }
  if (used && SSL_CTX_use_PrivateKey(&context, key->get()) == 1) return absl::OkStatus();
  return of_secret(certificate, absl::InvalidArgumentError(openssl_error()));
}

absl::Status trust(SSL_CTX& context, std::string_view authorities) {
  const absl::StatusOr<std::vector<X509Ptr>> all = read_certificates(authorities);
  if (!all.ok()) return all.status();
  for (const X509Ptr& authority : *all) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(&context), authority.get()) != 1) {
      return absl::InvalidArgumentError(openssl_error());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<CertificateFacts> facts_of(const TlsCertificate& certificate) {
  const absl::StatusOr<std::vector<X509Ptr>> chain = read_certificates(certificate.chain);
  if (!chain.ok()) return of_secret(certificate, chain.status());
  const X509& own = *chain->front();
  CertificateFacts facts;
  facts.key_type = EVP_PKEY_base_id(X509_get0_pubkey(&own));
  for (const std::string& name : dns_names_of(own)) {
    facts.names.push_back(absl::AsciiStrToLower(name));
  }
  std::sort(facts.names.begin(), facts.names.end());
  return facts;
}

}  // namespace limpet::tls
