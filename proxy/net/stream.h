// One end of a TCP connection, non-blocking, with the readiness that the last edge or the last
// "would block" left. Hides from its users what lies on the socket: plain text, or TLS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/base/socket_address.h"
#include "proxy/net/fd.h"
#include "proxy/net/io_result.h"
#include "proxy/net/tls_end.h"

namespace limpet {

class Stream {
 public:
  Stream() = default;
  explicit Stream(Fd fd) : fd_(std::move(fd)) {}

  // A connection that was accepted just now: what it is good for shows when it is tried.
  static Stream accepted(Fd fd);
  // Begins to connect. A stream without descriptor when not even that works (errno says why).
  static Stream connect(const SocketAddress& address);

  int fd() const { return fd_.get(); }
  bool is_open() const { return static_cast<bool>(fd_); }

  // From here on TLS lies on the socket, beginning with handshake().
  void begin_tls(std::unique_ptr<TlsEnd> tls) { tls_ = std::move(tls); }
  // As TlsEnd's; kOk at once without TLS.
  IoStatus handshake();
  // Null without TLS.
  const TlsEnd* tls() const { return tls_.get(); }
  // What comes now is plain text again: an answer to who speaks it.
  void drop_tls() { tls_.reset(); }

  // Takes in an edge as Reactor passed it.
  void note_events(uint32_t events);
  bool readable() const { return readable_; }
  bool writable() const { return writable_; }

  // After the first writable edge of connect(): 0, or the errno of the failure.
  int connect_error() const;

  // Whether nothing has come, neither bytes nor an end, since they were last read.
  bool is_quiet() const;

  IoResult read(char* to, size_t size);
  IoResult write(const char* from, size_t size);
  // The last write would have blocked, and the same bytes have to be written first (TLS): the
  // peer gets a part of them in any case.
  bool holds_unsent() const { return tls_ != nullptr && tls_->holds_unsent(); }

  // No more bytes to the peer; reading goes on.
  void finish_sending();
  // Says within TLS that it was an end.
  void close();
  // Closes so that the peer sees an error, not an end (RST).
  void abort();

 private:
  IoStatus note_blocked(IoStatus status);

  Fd fd_;
  std::unique_ptr<TlsEnd> tls_;  // null: plain text
  bool readable_ = false;
  bool writable_ = false;
  bool ended_ = false;  // the kernel has announced the peer's end: read on until it shows
};

}  // namespace limpet
