#include "bench/load_sockets.h"

#include <cerrno>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <absl/strings/numbers.h>

namespace limpet::bench {
namespace {

constexpr int kBacklog = 4096;
constexpr int64_t kNsPerS = 1'000'000'000;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

Fd open_socket(const SocketAddress& address) {
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) fail("socket");
  return fd;
}

}  // namespace

int64_t now_ns() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

SocketAddress parse_address(const std::string& text) {
  const size_t colon = text.rfind(':');
  uint32_t port = 0;
  if (colon != std::string_view::npos && absl::SimpleAtoi(text.substr(colon + 1), &port) &&
      port <= UINT16_MAX) {
    const auto address = SocketAddress::parse(text.substr(0, colon), static_cast<uint16_t>(port));
    if (address) return *address;
  }
  throw std::runtime_error("not an IP address and port: " + text);
}

Fd connect_to(const SocketAddress& address) {
  Fd fd = open_socket(address);
  if (::connect(fd.get(), address.data(), address.size()) != 0) {
    fail("connect to " + address.to_string());
  }
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

Fd listen_at(const SocketAddress& address) {
  Fd fd = open_socket(address);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), address.data(), address.size()) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    fail("listen at " + address.to_string());
  }
  stop_blocking(fd);
  return fd;
}

void stop_blocking(const Fd& fd) {
  if (::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK) != 0) fail("fcntl");
}

bool send_all(const Fd& fd, std::string_view bytes) {
  return ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

Readiness::Readiness() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) fail("epoll_create1");
  // Else a wait may be 50 us longer than asked for.
  ::prctl(PR_SET_TIMERSLACK, 1UL);
}

void Readiness::add(const Fd& fd, void* subject) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = subject}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd.get(), &event) != 0) fail("epoll_ctl");
}

std::span<const epoll_event> Readiness::wait(int64_t timeout_ns) {
  const timespec timeout{.tv_sec = timeout_ns / kNsPerS, .tv_nsec = timeout_ns % kNsPerS};
  const int count = ::epoll_pwait2(epoll_.get(), events_, kEventsPerRound,
                                   timeout_ns < 0 ? nullptr : &timeout, nullptr);
  if (count < 0 && errno != EINTR) fail("epoll_pwait2");
  return {events_, static_cast<size_t>(count < 0 ? 0 : count)};
}

void await_start() {
  std::cout << "ready\n" << std::flush;
  std::string line;
  if (!std::getline(std::cin, line)) throw std::runtime_error("stdin ended before the start");
}

void finish(const std::string& result) {
  std::cout << result << '\n' << std::flush;
  for (std::string line; std::getline(std::cin, line);) {
  }
}

}  // namespace limpet::bench
