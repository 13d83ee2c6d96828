// OpenSSL's contexts, from PEM. What is allowed on connections, to clients and to endpoints, is
// decided here: TLS 1.2 and 1.3, ciphers with forward secrecy and authenticated encryption,
// HTTP/1.1 as the one protocol (ALPN, RFC 7301), no renegotiation, no compression.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "core/routing/tls_settings.h"

namespace limpet::tls {

struct ContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using ContextPtr = std::unique_ptr<SSL_CTX, ContextFree>;

enum class Side { kServer, kClient };

// With all that does not depend on certificates. Throws std::bad_alloc where there is no memory.
ContextPtr make_context(Side side);

// Shows the certificate. Several of one context must have keys of different types.
absl::Status use_certificate(SSL_CTX& context, const TlsCertificate& certificate);

// Believes the authorities, PEM.
absl::Status trust(SSL_CTX& context, std::string_view authorities);

// What a certificate is for: its DNS names, in lower case, and the type of its key (EVP_PKEY_*).
struct CertificateFacts {
  std::vector<std::string> names;  // sorted; "*.example.com" covers one label
  int key_type = 0;
};
absl::StatusOr<CertificateFacts> facts_of(const TlsCertificate& certificate);

}  // namespace limpet::tls
