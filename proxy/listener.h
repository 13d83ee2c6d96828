// One worker's share of a listening port: accepts, and makes a session of each connection.
#pragma once

#include <cstdint>

#include "proxy/net/fd.h"
#include "proxy/net/reactor.h"

namespace limpet {

class Worker;
struct WorkerPort;

class Listener final : public EventHandler {
 public:
  // `fd` listens and is non-blocking.
  Listener(Worker& worker, Fd fd, const WorkerPort& port)
      : worker_(worker), fd_(std::move(fd)), port_(port) {}

  void on_events(uint32_t events) override;

  int fd() const { return fd_.get(); }
  // Takes what the kernel has accepted, which it would reset otherwise, and stops listening.
  // Connections go on.
  void close();

 private:
  // Whether there may be more. `last`: what waits has no other chance, and is taken beyond the
  // limit of connections.
  bool accept_some(int limit, bool last = false);

  Worker& worker_;
  Fd fd_;
  const WorkerPort& port_;
};

}  // namespace limpet
