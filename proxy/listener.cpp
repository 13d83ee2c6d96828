#include "proxy/listener.h"

#include <cerrno>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include "proxy/limits.h"
#include "proxy/worker.h"

namespace limpet {

void Listener::on_events(uint32_t) {
  for (int count = 0; count < limits::kAcceptsPerTurn; ++count) {
    if (!fd_) return;
    sockaddr_storage peer;
    socklen_t size = sizeof(peer);
    Fd client(::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client) {
      const int on = 1;
      ::setsockopt(client.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      worker_.start_session(std::move(client), SocketAddress::from(peer), port_);
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return;
    // Out of descriptors or memory: no further edge will come for those that wait, so look again
    // at the next tick.
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return worker_.accept_later(this);
    }
    // Others concern the one connection, which is gone (accept(2)).
  }
  worker_.reactor().schedule(this);
}

}  // namespace limpet
