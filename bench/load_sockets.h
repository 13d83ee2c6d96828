// What the loads of bench_load share: connections, events, and how a run begins and ends.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <sys/epoll.h>

#include "core/base/socket_address.h"
#include "proxy/net/fd.h"

namespace limpet::bench {

// Of CLOCK_MONOTONIC.
int64_t now_ns();

// "10.0.0.7:80". Throws std::runtime_error when it is none.
SocketAddress parse_address(const std::string& text);

// Connected, and blocking, without Nagle's delay. Throws std::runtime_error.
Fd connect_to(const SocketAddress& address);
Fd listen_at(const SocketAddress& address);
void stop_blocking(const Fd& fd);

// All of it, or false: the sizes here fit every socket's buffer.
bool send_all(const Fd& fd, std::string_view bytes);

// Level-triggered readiness to read. `subject` comes back with the event.
class Readiness {
 public:
  Readiness();
  void add(const Fd& fd, void* subject);
  // Waits until something is ready, or for so long; 0: does not wait; negative: without a limit.
  std::span<const epoll_event> wait(int64_t timeout_ns);

 private:
  static constexpr size_t kEventsPerRound = 256;

  Fd epoll_;
  epoll_event events_[kEventsPerRound];
};

// Says "ready", and returns when a line has come on stdin: its user can read a proxy's CPU time
// when all connections are there and nothing is asked yet.
void await_start();
// Says the result, and returns at the end of stdin: the end of the connections is not measured.
void finish(const std::string& result);

}  // namespace limpet::bench
