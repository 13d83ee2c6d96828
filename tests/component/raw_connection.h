// Connections of a test's own, which hide nothing: bytes, ends and resets.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "core/base/socket_address.h"
#include "proxy/net/fd.h"

namespace limpet::testing {

// What has come from the other side and was not asked for yet.
class Received {
 public:
  // Until the connection ends.
  std::string read_all() {
    while (read_some()) {
    }
    return std::move(received_);
  }
  // Until `text` has come, which is returned with all before it.
  std::string read_until(const std::string& text) {
    for (;;) {
      const size_t found = received_.find(text);
      if (found != std::string::npos) {
        std::string all = received_.substr(0, found + text.size());
        received_.erase(0, found + text.size());
        return all;
      }
      if (!read_some()) return "connection ended after: " + received_;
    }
  }

 protected:
  Received() = default;
  Received(Received&&) = default;
  Received& operator=(Received&&) = default;
  ~Received() = default;

  // Waits for more, and appends it. False at the end.
  virtual bool read_some() = 0;
  std::string received_;
};

// A blocking connection. A read that gets nothing for 20 s fails the test rather than hang it.
class RawConnection final : public Received {
 public:
  explicit RawConnection(Fd fd) : fd_(std::move(fd)) {
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  static RawConnection to(const SocketAddress& address) {
    RawConnection connection(Fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)));
    EXPECT_EQ(::connect(connection.fd_.get(), address.data(), address.size()), 0);
    return connection;
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void finish_sending() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }
  // Closes so that the other side sees an error.
  void reset() {
    const linger none{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    fd_.reset();
  }

  bool was_reset() const { return reset_; }
  int fd() const { return fd_.get(); }

 private:
  bool read_some() override {
    char bytes[65536];
    const ssize_t count = ::recv(fd_.get(), bytes, sizeof(bytes), 0);
    reset_ = count < 0 && errno == ECONNRESET;
    EXPECT_FALSE(count < 0 && errno == EAGAIN) << "nothing came";
    if (count <= 0) return false;
    received_.append(bytes, static_cast<size_t>(count));
    return true;
  }

  Fd fd_;
  bool reset_ = false;
};

// An endpoint whose connections the test itself answers.
class RawUpstream {
 public:
  RawUpstream() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const SocketAddress any = *SocketAddress::parse("127.0.0.1", 0);
    EXPECT_EQ(::bind(fd_.get(), any.data(), any.size()), 0);
    EXPECT_EQ(::listen(fd_.get(), 16), 0);
    sockaddr_storage bound;
    socklen_t size = sizeof(bound);
    ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    port_ = SocketAddress::from(bound).port();
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }

  uint16_t port() const { return port_; }
  // The next connection; waits for it.
  RawConnection accept() {
    Fd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT_TRUE(fd) << "nobody connected";
    return RawConnection(std::move(fd));
  }

 private:
  Fd fd_;
  uint16_t port_ = 0;
};

}  // namespace limpet::testing
