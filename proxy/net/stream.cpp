#include "proxy/net/stream.h"

#include <cerrno>

#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace limpet {

Stream Stream::connect(const SocketAddress& address) {
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return Stream();
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (::connect(fd.get(), address.data(), address.size()) != 0 && errno != EINPROGRESS) {
    return Stream();
  }
  return Stream(std::move(fd));
}

Stream Stream::accepted(Fd fd) {
  Stream stream(std::move(fd));
  stream.readable_ = stream.writable_ = true;
  return stream;
}

void Stream::note_events(uint32_t events) {
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
    readable_ = true;
    if (tls_ != nullptr) tls_->note_readable();
  }
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) writable_ = true;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) ended_ = true;
}

int Stream::connect_error() const {
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

bool Stream::is_quiet() const {
  if (tls_ != nullptr && !tls_->drained()) return false;
  char byte;
  return ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

// What follows the handshake may have been read with its end, before an edge has told of it.
IoStatus Stream::handshake() {
  if (tls_ == nullptr) return IoStatus::kOk;
  const IoStatus status = note_blocked(tls_->handshake());
  if (status == IoStatus::kOk) readable_ = true;
  return status;
}

// TLS may have to send before it can read, and the other way round.
IoStatus Stream::note_blocked(IoStatus status) {
  if (status == IoStatus::kWouldBlock) (tls_->blocked_sending() ? writable_ : readable_) = false;
  return status;
}

IoResult Stream::read(char* to, size_t size) {
  if (tls_ != nullptr) {
    const IoResult result = tls_->read(to, size);
    note_blocked(result.status);
    if (result.status == IoStatus::kOk && tls_->drained() && !ended_) readable_ = false;
    return result;
  }
  for (;;) {
    const ssize_t count = ::recv(fd_.get(), to, size, 0);
    if (count > 0) {
      // Fewer bytes than asked for: the socket is drained, and the next byte makes an edge
      // (epoll(7)). Unless an end or error is known to lie behind them, which makes none.
      if (static_cast<size_t>(count) < size && !ended_) readable_ = false;
      return {IoStatus::kOk, static_cast<size_t>(count)};
    }
    if (count == 0) return {IoStatus::kEnd, 0};
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return {IoStatus::kError, 0};
    readable_ = false;
    return {IoStatus::kWouldBlock, 0};
  }
}

IoResult Stream::write(const char* from, size_t size) {
  if (tls_ != nullptr) {
    const IoResult result = tls_->write(from, size);
    note_blocked(result.status);
    return result;
  }
  for (;;) {
    const ssize_t count = ::send(fd_.get(), from, size, MSG_NOSIGNAL);
    if (count > 0) return {IoStatus::kOk, static_cast<size_t>(count)};
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return {IoStatus::kError, 0};
    writable_ = false;
    return {IoStatus::kWouldBlock, 0};
  }
}

void Stream::finish_sending() {
  if (tls_ != nullptr) tls_->finish_sending();
  ::shutdown(fd_.get(), SHUT_WR);
}

void Stream::close() {
  if (tls_ != nullptr && fd_) tls_->finish_sending();
  tls_.reset();
  fd_.reset();
}

void Stream::abort() {
  const linger none{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &none, sizeof(none));
  tls_.reset();
  fd_.reset();
}

}  // namespace limpet
