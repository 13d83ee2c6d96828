#include "proxy/tls/client.h"

#include <new>

#include "core/base/text.h"
#include "core/resource/certificate.h"

namespace limpet::tls {

Client::Client(std::shared_ptr<const UpstreamTls> settings)
    : settings_(std::move(settings)), context_(make_context(Side::kClient)) {}

absl::StatusOr<std::shared_ptr<const Client>> Client::make(
    std::shared_ptr<const UpstreamTls> settings) {
  std::shared_ptr<Client> client(new Client(std::move(settings)));
  SSL_CTX& context = *client->context_;
  const UpstreamTls& given = *client->settings_;
  SSL_CTX_set_verify(&context, given.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
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

std::unique_ptr<TlsEnd> Client::connect(int fd) const {
  SslPtr ssl(SSL_new(context_.get()));
  if (ssl == nullptr) throw std::bad_alloc();
  const std::string& host = settings_->hostname;
  if (!host.empty() && (SSL_set_tlsext_host_name(ssl.get(), host.c_str()) != 1 ||
                        SSL_set1_host(ssl.get(), host.c_str()) != 1)) {
    throw std::bad_alloc();
  }
  SSL_set_connect_state(ssl.get());
  return std::make_unique<TlsEnd>(std::move(ssl), fd, shared_from_this(), std::string_view());
}

}  // namespace limpet::tls
