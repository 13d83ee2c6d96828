// One end of a TCP connection, non-blocking, with the readiness that the last edge or the last
// "would block" left. Hides from its users what lies on the socket (plain text now).
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/socket_address.h"
#include "proxy/net/fd.h"

namespace limpet {

enum class IoStatus {
  kOk,
  kWouldBlock,  // an edge will tell
  kEnd,         // the peer has finished sending
  kError,       // the connection is broken
};

struct IoResult {
  IoStatus status = IoStatus::kWouldBlock;
  size_t size = 0;  // with kOk: bytes moved, at least 1
};

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

  // No more bytes to the peer; reading goes on.
  void finish_sending();
  void close() { fd_.reset(); }
  // Closes so that the peer sees an error, not an end (RST).
  void abort();

 private:
  Fd fd_;
  bool readable_ = false;
  bool writable_ = false;
  bool ended_ = false;  // the kernel has announced the peer's end: read on until it shows
};

}  // namespace limpet
