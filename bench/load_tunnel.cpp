#include "bench/load_tunnel.h"

#include <cerrno>
#include <iostream>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>
#include <unordered_map>

#include <sys/socket.h>

#include <fmt/core.h>

#include "bench/load_sockets.h"

namespace limpet::bench {
namespace {

constexpr int64_t kNsPerS = 1'000'000'000;
constexpr size_t kMaxHeadBytes = 16 * 1024;

// The example of RFC 6455 §1.3; one key for all connections, so that the answer is always this.
constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

// Nothing when it would block. Throws when the connection has ended.
std::string_view receive(const Fd& fd, std::span<char> into) {
  const ssize_t count = ::recv(fd.get(), into.data(), into.size(), 0);
  if (count > 0) return {into.data(), static_cast<size_t>(count)};
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  throw std::runtime_error("a connection ended");
}

// Of a blocking connection: up to its empty line, and no further.
std::string read_head(const Fd& fd) {
  std::string head;
  char byte[1];
  while (!head.ends_with("\r\n\r\n") && head.size() < kMaxHeadBytes) head += receive(fd, byte);
  return head;
}

struct Tunnel {
  Fd fd;
  size_t returned = 0;  // bytes of the message that is on its way
};

class TunnelRun {
 public:
  explicit TunnelRun(const TunnelLoad& load)
      : message_(load.message_bytes, 'm'), seconds_(load.seconds), tunnels_(load.connections) {
    const std::string request = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {}\r\n\r\n",
        load.path, load.address.to_string(), kKey);
    for (Tunnel& tunnel : tunnels_) {
      tunnel.fd = connect_to(load.address);
      send_all(tunnel.fd, request);
      const std::string head = read_head(tunnel.fd);
      if (!head.starts_with("HTTP/1.1 101 ")) {
        throw std::runtime_error("the upgrade was answered with: " + head);
      }
      stop_blocking(tunnel.fd);
      ready_.add(tunnel.fd, &tunnel);
    }
  }

  void run() {
    await_start();
    const int64_t start = now_ns();
    const int64_t end = start + seconds_ * kNsPerS;
    for (const Tunnel& tunnel : tunnels_) send(tunnel);
    int64_t now = start;
    for (; now < end; now = now_ns()) {
      for (const epoll_event& event : ready_.wait(end - now)) {
        read(*static_cast<Tunnel*>(event.data.ptr));
      }
    }
    const double taken_s = static_cast<double>(now - start) / kNsPerS;
    finish(fmt::format("messages {} per_second {:.0f}", messages_,
                       static_cast<double>(messages_) / taken_s));
  }

 private:
  void send(const Tunnel& tunnel) const {
    if (!send_all(tunnel.fd, message_)) throw std::runtime_error("a message could not be sent");
  }

  void read(Tunnel& tunnel) {
    const std::string_view bytes = receive(tunnel.fd, buffer_);
    if (message_.compare(tunnel.returned, bytes.size(), bytes) != 0) {
      throw std::runtime_error("other bytes came back than were sent");
    }
    tunnel.returned += bytes.size();
    if (tunnel.returned < message_.size()) return;
    tunnel.returned = 0;
    ++messages_;
    send(tunnel);
  }

  const std::string message_;
  const int64_t seconds_;
  Readiness ready_;
  std::vector<Tunnel> tunnels_;
  uint64_t messages_ = 0;
  char buffer_[64 * 1024];
};

class Echo {
 public:
  explicit Echo(const std::vector<SocketAddress>& addresses) {
    for (const SocketAddress& address : addresses) {
      auto side = std::make_unique<Side>();
      side->fd = listen_at(address);
      side->listens = true;
      ready_.add(side->fd, side.get());
      sides_.emplace(side.get(), std::move(side));
    }
  }

  void run() {
    for (;;) {
      for (const epoll_event& event : ready_.wait(-1)) {
        Side* side = static_cast<Side*>(event.data.ptr);
        if (side->listens) {
          accept(*side);
        } else if (!serve(*side)) {
          sides_.erase(side);
        }
      }
    }
  }

 private:
  struct Side {
    Fd fd;
    bool listens = false;
    bool upgraded = false;
    std::string head;
  };

  void accept(const Side& listener) {
    auto side = std::make_unique<Side>();
    side->fd = Fd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!side->fd) return;
    ready_.add(side->fd, side.get());
    sides_.emplace(side.get(), std::move(side));
  }

  // False: the connection is to end, for its other side has ended it, or does not keep to the rules
  // here (it reads nothing, or sends bytes before it has the 101).
  bool serve(Side& side) {
    const ssize_t count = ::recv(side.fd.get(), buffer_, sizeof buffer_, 0);
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    if (count == 0) return false;
    const std::string_view bytes(buffer_, static_cast<size_t>(count));
    if (side.upgraded) return send_all(side.fd, bytes);
    side.head += bytes;
    if (!side.head.ends_with("\r\n\r\n")) return side.head.size() < kMaxHeadBytes;
    side.upgraded = true;
    return send_all(side.fd, fmt::format("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade"
                                         "\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {}"
                                         "\r\n\r\n",
                                         kAccept));
  }

  Readiness ready_;
  std::unordered_map<Side*, std::unique_ptr<Side>> sides_;
  char buffer_[64 * 1024];
};

}  // namespace

void run_tunnel(const TunnelLoad& load) { TunnelRun(load).run(); }

void run_echo(const std::vector<SocketAddress>& addresses) {
  Echo echo(addresses);
  std::cout << "listens\n" << std::flush;
  echo.run();
}

}  // namespace limpet::bench
