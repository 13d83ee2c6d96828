#include "proxy/listener.h"

#include <cerrno>

#include <sys/socket.h>

#include "proxy/limits.h"
#include "proxy/worker.h"

namespace limpet {

void Listener::on_events(uint32_t) {
  if (fd_ && accept_some(limits::kAcceptsPerTurn)) worker_.reactor().schedule(this);
}

void Listener::close() {
  accept_some(limits::kBacklog, true);
  fd_.reset();
}

bool Listener::accept_some(int limit, bool last) {
  for (int count = 0; count < limit; ++count) {
    if (last) {
      worker_.connections().enter_beyond();
    } else if (!worker_.connections().enter()) {
      worker_.accept_later(this);
      return false;
    }
    sockaddr_storage peer;
    socklen_t size = sizeof(peer);
    Fd client(::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                        SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client) {
      worker_.start_session(std::move(client), SocketAddress::from(peer), port_);
      continue;
    }
    worker_.connections().leave();
    if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
    // Out of descriptors or memory: no further edge will come for those that wait, so look again
    // at the next tick.
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      worker_.accept_later(this);
      return false;
    }
    // Others concern the one connection, which is gone (accept(2)).
  }
  return true;
}

}  // namespace limpet
