// A test's own end of TLS, blocking, on a RawConnection's descriptor.
#pragma once

#include <csignal>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "core/base/socket_address.h"
#include "tests/component/raw_connection.h"

namespace limpet::testing {

class TlsConnection final : public Received {
 public:
  struct Options {
    std::string name;                // SNI; empty: none
    std::string authorities;         // PEM; empty: any certificate is believed
    int max_version = TLS1_3_VERSION;
    std::string protocols;           // ALPN, each behind its length
    SSL_SESSION* resume = nullptr;
  };

  // The handshake is done, or has failed: is_open() tells.
  TlsConnection(RawConnection connection, const Options& options)
      : connection_(std::move(connection)), context_(SSL_CTX_new(TLS_client_method())) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to descriptors without MSG_NOSIGNAL
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), options.max_version);
    // Its own weaknesses are not what is tested.
    SSL_CTX_set_security_level(context_.get(), 0);
    if (!options.authorities.empty()) believe(options.authorities);
    begin(options);
    open_ = SSL_connect(ssl_.get()) == 1;
    if (!open_) error_ = last_error();
  }

  bool is_open() const { return open_; }
  const std::string& error() const { return error_; }
  bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  std::string version() const { return SSL_get_version(ssl_.get()); }
  std::string protocol() const {
    const unsigned char* chosen = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
    return {reinterpret_cast<const char*>(chosen), size};
  }
  // Of the peer's certificate.
  std::string subject() const {
    X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate == nullptr) return {};
    char text[256];
    X509_NAME_oneline(X509_get_subject_name(certificate), text, sizeof(text));
    return text;
  }
  // To go on with; requires: something has been read.
  std::shared_ptr<SSL_SESSION> session() const {
    return {SSL_get1_session(ssl_.get()), SSL_SESSION_free};
  }

  void send(std::string_view bytes) {
    if (!bytes.empty()) SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }
  void finish_sending() { SSL_shutdown(ssl_.get()); }
  // The peer has said within TLS that it was at its end.
  bool ended_cleanly() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
  };

  void believe(const std::string& authorities) {
    const std::unique_ptr<BIO, Free> bio(
        BIO_new_mem_buf(authorities.data(), static_cast<int>(authorities.size())));
    const std::unique_ptr<X509, Free> authority(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), authority.get());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  }

  void begin(const Options& options) {
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), connection_.fd());
    if (!options.name.empty()) {
      SSL_set_tlsext_host_name(ssl_.get(), options.name.c_str());
      SSL_set1_host(ssl_.get(), options.name.c_str());
    }
    if (!options.protocols.empty()) {
      SSL_set_alpn_protos(ssl_.get(),
                          reinterpret_cast<const unsigned char*>(options.protocols.data()),
                          static_cast<unsigned int>(options.protocols.size()));
    }
    if (options.resume != nullptr) SSL_set_session(ssl_.get(), options.resume);
  }

  static std::string last_error() {
    char text[256];
    ERR_error_string_n(ERR_get_error(), text, sizeof(text));
    ERR_clear_error();
    return text;
  }

  bool read_some() override {
    char bytes[65536];
    const int count = SSL_read(ssl_.get(), bytes, sizeof(bytes));
    if (count <= 0) {
      error_ = last_error();
      return false;
    }
    received_.append(bytes, static_cast<size_t>(count));
    return true;
  }

  RawConnection connection_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  bool open_ = false;
  std::string error_;
};

}  // namespace limpet::testing
