// An endpoint that speaks TLS, with OpenSSL alone, and certificates for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "proxy/tls/context.h"
#include "runtime/authority.h"
#include "tests/component/fake_upstream.h"
#include "tests/component/raw_connection.h"

namespace limpet::testing {

inline constexpr Validity kForLong{1'000'000'000, 4'000'000'000};

struct SslEndFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

inline std::string certificates_of(const std::string& pem) {
  return pem.substr(0, pem.find("-----BEGIN PRIVATE"));
}

inline TlsCertificate issue(const Authority& authority, std::vector<std::string> hosts) {
  const std::string pem = *authority.issue({"endpoint", {}, std::move(hosts)}, kForLong);
  return {"shop/endpoint", certificates_of(pem), pem};
}

// An endpoint that answers every request of its TLS connections.
class TlsEndpoint {
 public:
  explicit TlsEndpoint(const TlsCertificate& shown, const std::string& asks_for = "")
      : context_(SSL_CTX_new(TLS_server_method())) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to descriptors without MSG_NOSIGNAL
    EXPECT_TRUE(tls::use_certificate(*context_, shown).ok());
    if (!asks_for.empty()) {
      EXPECT_TRUE(tls::trust(*context_, asks_for).ok());
      SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                         nullptr);
    }
    acceptor_ = std::thread([this] { accept(); });
  }
  ~TlsEndpoint() {
    stopping_ = true;
    RawConnection::to(*SocketAddress::parse("127.0.0.1", port()));
    acceptor_.join();
    for (RawConnection& connection : connections_) ::shutdown(connection.fd(), SHUT_RDWR);
    for (std::thread& thread : threads_) thread.join();
  }

  uint16_t port() const { return listener_.port(); }
  // Whom each connection's client asked for.
  std::vector<std::string> names() {
    const std::lock_guard lock(mutex_);
    return names_;
  }
  // Returns once it has sent that many answers.
  void wait_for_answers(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return answered_ >= count; });
  }

 private:
  void accept() {
    for (;;) {
      RawConnection connection = listener_.accept();
      if (stopping_) return;
      const int fd = connections_.emplace_back(std::move(connection)).fd();
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  }

  void serve(int fd) {
    const std::unique_ptr<SSL, SslEndFree> ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), fd);
    if (SSL_accept(ssl.get()) != 1) {
      ::shutdown(fd, SHUT_RDWR);
      return;
    }
    const char* name = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
    {
      const std::lock_guard lock(mutex_);
      names_.emplace_back(name == nullptr ? "" : name);
    }
    char bytes[4096];
    while (SSL_read(ssl.get(), bytes, sizeof(bytes)) > 0) {
      // Within the head, so that it comes in two records.
      const std::string answer = ok_response("secret hello");
      constexpr int kFirst = 20;
      SSL_write(ssl.get(), answer.data(), kFirst);
      SSL_write(ssl.get(), answer.data() + kFirst, static_cast<int>(answer.size()) - kFirst);
      const std::lock_guard lock(mutex_);
      ++answered_;
      changed_.notify_all();
    }
  }

  RawUpstream listener_;
  std::unique_ptr<SSL_CTX, SslEndFree> context_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> names_;  // guarded by mutex_
  size_t answered_ = 0;             // guarded by mutex_
  std::atomic<bool> stopping_{false};
  std::vector<RawConnection> connections_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace limpet::testing
