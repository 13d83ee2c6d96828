#include "proxy/tls/client.h"

#include <algorithm>
#include <new>
#include <string>
#include <vector>

#include <openssl/x509v3.h>

#include "core/base/text.h"
#include "core/resource/certificate.h"

namespace limpet::tls {
namespace {

// The subject's common name does not count (RFC 6125, 6.4.4).
bool has_name(X509& certificate, const UpstreamTls& settings) {
  const auto& hosts = settings.dns_names;
  if (std::any_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
        return X509_check_host(&certificate, host.data(), host.size(),
                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
      })) {
    return true;
  }
  const std::vector<std::string> uris = uris_of(certificate);
  return std::find_first_of(uris.begin(), uris.end(), settings.uris.begin(), settings.uris.end()) !=
         uris.end();
}

// OpenSSL knows names of hosts alone, so several of both kinds are looked for here.
int verify_names(X509_STORE_CTX* verification, void* settings) {
  const int verified = X509_verify_cert(verification);
  if (verified != 1) return verified;
  X509* const own = X509_STORE_CTX_get0_cert(verification);
  if (own != nullptr && has_name(*own, *static_cast<const UpstreamTls*>(settings))) return 1;
  X509_STORE_CTX_set_error(verification, X509_V_ERR_HOSTNAME_MISMATCH);
  return 0;
}

bool has_names(const UpstreamTls& settings) {
  return !settings.dns_names.empty() || !settings.uris.empty();
}

}  // namespace

Client::Client(std::shared_ptr<const UpstreamTls> settings)
    : settings_(std::move(settings)), context_(make_context(Side::kClient)) {}

absl::StatusOr<std::shared_ptr<const Client>> Client::make(
    std::shared_ptr<const UpstreamTls> settings) {
  std::shared_ptr<Client> client(new Client(std::move(settings)));
  SSL_CTX& context = *client->context_;
  const UpstreamTls& given = *client->settings_;
  SSL_CTX_set_verify(&context, given.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (has_names(given)) {
    SSL_CTX_set_cert_verify_callback(&context, verify_names, const_cast<UpstreamTls*>(&given));
  }
  if (!given.authorities.empty()) {
    const absl::Status trusted = trust(context, given.authorities);
    if (!trusted.ok()) return trusted;
  } else if (SSL_CTX_set_default_verify_paths(&context) != 1) {
    return absl::InvalidArgumentError(str_cat("the system's authorities: ", openssl_error()));
  }
  for (const TlsCertificate& certificate : given.certificate) {
    const absl::Status used = use_certificate(context, certificate);
    if (!used.ok()) return used;
  }
  return client;
}

SslPtr Client::make_ssl() const {
  SslPtr ssl(SSL_new(context_.get()));
  if (ssl == nullptr) throw std::bad_alloc();
  const std::string& host = settings_->hostname;
  const bool named = !host.empty() && !has_names(*settings_);
  if ((!host.empty() && SSL_set_tlsext_host_name(ssl.get(), host.c_str()) != 1) ||
      (named && SSL_set1_host(ssl.get(), host.c_str()) != 1)) {
    throw std::bad_alloc();
  }
  SSL_set_connect_state(ssl.get());
  return ssl;
}

std::unique_ptr<TlsEnd> Client::connect(int fd) const {
  return std::make_unique<TlsEnd>(make_ssl(), fd, shared_from_this(), std::string_view());
}

}  // namespace limpet::tls
