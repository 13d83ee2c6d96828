#include "proxy/net/tls_end.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

namespace limpet {

// The socket as OpenSSL sees it. A TlsEnd is the data of its BIO.
struct TlsEnd::Bio {
  static TlsEnd& end_of(BIO* bio) { return *static_cast<TlsEnd*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* to, int size) {
    TlsEnd& end = end_of(bio);
    BIO_clear_retry_flags(bio);
    if (end.before_used_ < end.before_.size()) return read_before(end, to, size);
    for (;;) {
      const ssize_t count = ::recv(end.fd_, to, static_cast<size_t>(size), 0);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        end.drained_ = true;
        BIO_set_retry_read(bio);
        return -1;
      }
      if (count <= 0) end.socket_ended_ = true;
      end.drained_ = count > 0 && count < size;
      return static_cast<int>(count);
    }
  }

  static int read_before(TlsEnd& end, char* to, int size) {
    const size_t count =
        std::min(end.before_.size() - end.before_used_, static_cast<size_t>(size));
    std::memcpy(to, end.before_.data() + end.before_used_, count);
    end.before_used_ += count;
    if (end.before_used_ == end.before_.size()) {
      end.before_ = std::string();
      end.before_used_ = 0;
    }
    end.drained_ = false;
    return static_cast<int>(count);
  }

  static int write(BIO* bio, const char* from, int size) {
    TlsEnd& end = end_of(bio);
    BIO_clear_retry_flags(bio);
    for (;;) {
      const ssize_t count = ::send(end.fd_, from, static_cast<size_t>(size), MSG_NOSIGNAL);
      if (count >= 0) return static_cast<int>(count);
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) BIO_set_retry_write(bio);
      return -1;
    }
  }

  static long control(BIO* bio, int command, long, void*) {
    switch (command) {
      case BIO_CTRL_FLUSH: return 1;
      case BIO_CTRL_EOF: return end_of(bio).socket_ended_ ? 1 : 0;
      default: return 0;
    }
  }

  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "connection");
      BIO_meth_set_read(fresh, read);
      BIO_meth_set_write(fresh, write);
      BIO_meth_set_ctrl(fresh, control);
      BIO_meth_set_create(fresh, create);
      return fresh;
    }();
    return made;
  }
};

TlsEnd::TlsEnd(SslPtr ssl, int fd, std::shared_ptr<const void> maker, std::string_view before)
    : ssl_(std::move(ssl)), fd_(fd), maker_(std::move(maker)), before_(before) {
  BIO* bio = BIO_new(Bio::method());
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_app_data(ssl_.get(), const_cast<void*>(maker_.get()));
  SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                               SSL_MODE_RELEASE_BUFFERS);
  // A whole record with one recv, where its head would take one of its own.
  SSL_set_read_ahead(ssl_.get(), 1);
}

// Requires: OpenSSL's queue of errors, which is the thread's, was empty before the call that
// returned `result`.
IoStatus TlsEnd::status_of(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    blocked_sending_ = error == SSL_ERROR_WANT_WRITE;
    return IoStatus::kWouldBlock;
  }
  if (error == SSL_ERROR_ZERO_RETURN) return IoStatus::kEnd;
  broken_ = true;
  const unsigned long reason = ERR_peek_error();
  if (ERR_GET_LIB(reason) == ERR_LIB_SSL && ERR_GET_REASON(reason) == SSL_R_HTTP_REQUEST) {
    plain_http_ = true;
  }
  std::array<char, 256> text{};
  if (reason != 0) {
    ERR_error_string_n(reason, text.data(), text.size());
    error_ = text.data();
  } else {
    error_ = socket_ended_ ? "the connection has ended" : "the connection is broken";
  }
  return IoStatus::kError;
}

IoStatus TlsEnd::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) return status_of(result);
  // A connection that lives long keeps no table's certificates alive.
  SSL_set_app_data(ssl_.get(), nullptr);
  maker_.reset();
  return IoStatus::kOk;
}

IoResult TlsEnd::read(char* to, size_t size) {
  ERR_clear_error();
  size_t count = 0;
  const int result = SSL_read_ex(ssl_.get(), to, size, &count);
  if (result == 1) return {IoStatus::kOk, count};
  return {status_of(result), 0};
}

IoResult TlsEnd::write(const char* from, size_t size) {
  ERR_clear_error();
  size_t count = 0;
  const int result = SSL_write_ex(ssl_.get(), from, size, &count);
  holds_unsent_ = false;
  if (result == 1) return {IoStatus::kOk, count};
  const IoStatus status = status_of(result);
  holds_unsent_ = status == IoStatus::kWouldBlock;
  return {status, 0};
}

void TlsEnd::finish_sending() {
  if (broken_ || SSL_is_init_finished(ssl_.get()) == 0) return;
  SSL_shutdown(ssl_.get());
}

std::string_view TlsEnd::server_name() const {
  const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  return name == nullptr ? std::string_view() : std::string_view(name);
}

}  // namespace limpet
