// A Stream's readiness where TLS lies between it and the socket.
#include <array>

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "proxy/net/stream.h"
#include "proxy/tls/server.h"
#include "tests/support/certificates.h"

namespace limpet {
namespace {

// A client without a socket: what it has to send lies in a BIO until the test passes it on.
class StreamTlsTest : public ::testing::Test {
 protected:
  StreamTlsTest() : client_context_(SSL_CTX_new(TLS_client_method())) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    peer_ = Fd(ends[0]);
    stream_ = Stream::accepted(Fd(ends[1]));
    const testing::TestIdentity identity = testing::make_identity();
    auto port = std::make_shared<RoutingPort>();
    port->https = true;
    RoutingListener listener;
    listener.tls = std::make_shared<const ListenerTls>(
        ListenerTls{{{"shop/shop", identity.chain, identity.key}}});
    port->listeners.set("", listener);
    const auto server = tls::Server::make(port, {}, nullptr);
    EXPECT_TRUE(server.ok()) << server.status();
    stream_.begin_tls((*server)->accept(stream_.fd(), {}));

    client_.reset(SSL_new(client_context_.get()));
    SSL_set_bio(client_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(client_.get());
  }

  void client_to_stream() {
    char* bytes = nullptr;
    BIO* const out = SSL_get_wbio(client_.get());
    const long size = BIO_get_mem_data(out, &bytes);
    ASSERT_EQ(::send(peer_.get(), bytes, static_cast<size_t>(size), 0), size);
    (void)BIO_reset(out);
  }
  void stream_to_client() {
    std::array<char, 16384> bytes;
    const ssize_t size = ::recv(peer_.get(), bytes.data(), bytes.size(), 0);
    ASSERT_GT(size, 0);
    BIO_write(SSL_get_rbio(client_.get()), bytes.data(), static_cast<int>(size));
  }
  // Up to where the stream waits for the client's last message.
  void begin_handshake() {
    EXPECT_NE(SSL_do_handshake(client_.get()), 1);
    client_to_stream();
    EXPECT_EQ(stream_.handshake(), IoStatus::kWouldBlock);
    stream_to_client();
    EXPECT_EQ(SSL_do_handshake(client_.get()), 1);
  }

  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  Fd peer_;
  Stream stream_;
  std::unique_ptr<SSL_CTX, Free> client_context_;
  SslPtr client_;
};

// An edge of the other direction comes first, and OpenSSL takes in more than the handshake's end.
TEST_F(StreamTlsTest, WhatCameWithTheHandshakesEndIsReadable) {
  begin_handshake();
  SSL_write(client_.get(), "request", 7);
  client_to_stream();
  stream_.note_events(EPOLLOUT);
  ASSERT_EQ(stream_.handshake(), IoStatus::kOk);
  ASSERT_TRUE(stream_.readable());
  std::array<char, 100> bytes{};
  EXPECT_EQ(stream_.read(bytes.data(), bytes.size()).size, 7U);
  EXPECT_FALSE(stream_.readable()) << "no edge is needed to know that there is no more";
}

// A read that OpenSSL serves from what it has says nothing of the socket.
TEST_F(StreamTlsTest, AnEdgeIsNotForgottenOverWhatOpensslHad) {
  begin_handshake();
  SSL_write(client_.get(), "first", 5);
  client_to_stream();
  stream_.note_events(EPOLLIN);
  ASSERT_EQ(stream_.handshake(), IoStatus::kOk);
  SSL_write(client_.get(), "second", 6);
  client_to_stream();
  stream_.note_events(EPOLLIN);
  std::array<char, 100> bytes{};
  EXPECT_EQ(stream_.read(bytes.data(), bytes.size()).size, 5U);
  ASSERT_TRUE(stream_.readable());
  EXPECT_EQ(stream_.read(bytes.data(), bytes.size()).size, 6U);
}

}  // namespace
}  // namespace limpet
