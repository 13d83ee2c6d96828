// This side's TLS on one connection: OpenSSL directly on the non-blocking descriptor, through a
// BIO of our own that knows when the socket is drained, so that a request costs one recv, and
// that can be given bytes which were read before TLS began.
//
// Threading: on the connection's thread alone.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "proxy/net/io_result.h"

namespace limpet {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, SslFree>;

class TlsEnd {
 public:
  // `ssl` has its side set (SSL_set_accept_state, SSL_set_connect_state). `maker`: what the
  // callbacks of `ssl` need for the handshake, and get by SSL_get_app_data(), null after it; kept
  // until then. `before`: bytes of the peer that were read already. The descriptor is not owned.
  TlsEnd(SslPtr ssl, int fd, std::shared_ptr<const void> maker, std::string_view before);
  TlsEnd(const TlsEnd&) = delete;
  TlsEnd& operator=(const TlsEnd&) = delete;

  // Goes on as far as it can: kOk when it is done; kWouldBlock; kEnd or kError when it has failed.
  IoStatus handshake();
  // After kError of the handshake: the peer speaks plain HTTP.
  bool is_plain_http() const { return plain_http_; }
  // After kError: OpenSSL's reason, for a log.
  const std::string& error() const { return error_; }

  // As those of Stream. A peer that ends without saying so within TLS (close_notify) is kError:
  // what it sent may have been cut (RFC 8446 §6.1).
  IoResult read(char* to, size_t size);
  // kOk may be less than `size`. After kWouldBlock the same bytes have to come first again: a part
  // of them is encrypted already.
  IoResult write(const char* from, size_t size);
  // Says within TLS that no more comes.
  void finish_sending();

  // There is something in the socket, which a read may not get to: OpenSSL has more of its own.
  void note_readable() { drained_ = false; }
  // Whether the last read left nothing, neither with OpenSSL nor in the socket.
  bool drained() const { return drained_ && SSL_has_pending(ssl_.get()) == 0; }
  // Whether the last "would block" was of sending, or of receiving.
  bool blocked_sending() const { return blocked_sending_; }
  // A write has to be made good: see write().
  bool holds_unsent() const { return holds_unsent_; }

  // As the client named it, within the handshake (SNI); empty if it did not.
  std::string_view server_name() const;

 private:
  struct Bio;  // its functions

  IoStatus status_of(int result);

  SslPtr ssl_;
  const int fd_;
  std::shared_ptr<const void> maker_;
  std::string before_;
  size_t before_used_ = 0;
  bool drained_ = false;
  bool socket_ended_ = false;
  bool blocked_sending_ = false;
  bool holds_unsent_ = false;
  bool broken_ = false;  // nothing more may be said within TLS
  bool plain_http_ = false;
  std::string error_;
};

}  // namespace limpet
