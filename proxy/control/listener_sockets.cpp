#include "proxy/control/listener_sockets.h"

#include <cerrno>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "core/base/text.h"
#include "proxy/limits.h"

namespace limpet {
namespace {

absl::StatusOr<Fd> bind_socket(const SocketAddress& address, bool share_port) {
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      (share_port && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0) ||
      ::bind(fd.get(), address.data(), address.size()) != 0) {
    return absl::ErrnoToStatus(errno, str_cat("cannot bind ", address.to_string()));
  }
  return fd;
}

// Connections take it over.
void send_without_delay(const Fd& fd) {
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

absl::Status listen_on(const Fd& fd, const SocketAddress& address) {
  if (::listen(fd.get(), limits::kBacklog) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, str_cat("cannot listen on ", address.to_string()));
}

}  // namespace

absl::StatusOr<std::vector<Fd>> open_listeners(const SocketAddress& address, size_t count) {
  {
    const absl::StatusOr<Fd> probe = bind_socket(address, false);
    if (!probe.ok()) return probe.status();
    // With SO_REUSEADDR only listen() finds out that another socket listens there already.
    const absl::Status listening = listen_on(*probe, address);
    if (!listening.ok()) return listening;
  }
  std::vector<Fd> sockets;
  for (size_t i = 0; i < count; ++i) {
    absl::StatusOr<Fd> fd = bind_socket(address, true);
    if (!fd.ok()) return fd.status();
    send_without_delay(*fd);
    sockets.push_back(*std::move(fd));
  }
  // All are bound before the first listens, so that no connection lands on a part of them.
  for (const Fd& fd : sockets) {
    const absl::Status listening = listen_on(fd, address);
    if (!listening.ok()) return listening;
  }
  return sockets;
}

}  // namespace limpet
