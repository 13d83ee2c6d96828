#include "runtime/tls_context.h"

#include <openssl/bio.h>
#include <openssl/pem.h>

#include "core/base/text.h"
#include "runtime/certificate.h"
#include "runtime/data_dir.h"

namespace limpet {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;

constexpr uint64_t kMaxPemBytes = 1024 * 1024;

std::string pem_of(X509* certificate) {
  const std::unique_ptr<BIO, OpensslFree<BIO_free>> bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_X509(bio.get(), certificate) != 1) return {};
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

}  // namespace

absl::Status TlsContext::refresh() {
  absl::StatusOr<std::string> pem = read_file(identity_, kMaxPemBytes);
  if (!pem.ok()) return pem.status();
  if (*pem == pem_) return absl::OkStatus();
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                       ssl::context::no_tlsv1_1 | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  // A resumed session has no chain to verify.
  SSL_CTX_set_session_cache_mode(context->native_handle(), SSL_SESS_CACHE_OFF);
  context->set_verify_mode(ssl::verify_peer);
  context->set_verify_callback([](bool, ssl::verify_context&) { return true; });
  boost::system::error_code error;
  context->use_certificate_chain(asio::buffer(*pem), error);
  if (!error) context->use_private_key(asio::buffer(*pem), ssl::context::pem, error);
  if (error) return absl::InvalidArgumentError(str_cat(identity_.string(), ": ", error.message()));
  pem_ = *std::move(pem);
  context_ = std::move(context);
  return absl::OkStatus();
}

std::string peer_chain(SSL* connection) {
  const X509Ptr own(SSL_get1_peer_certificate(connection));
  if (own == nullptr) return {};
  std::string chain = pem_of(own.get());
  // On a server's side without the peer's own.
  const STACK_OF(X509)* others = SSL_get_peer_cert_chain(connection);
  for (int i = 0; others != nullptr && i < sk_X509_num(others); ++i) {
    chain += pem_of(sk_X509_value(others, i));
  }
  return chain;
}

}  // namespace limpet
