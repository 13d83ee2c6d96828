// An endpoint on every address of loopback that keeps each byte that it gets, by connection, and
// answers each request that is whole.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "proxy/net/fd.h"

namespace limpet::testing {

class RecordingUpstream {
 public:
  struct Answer {
    std::string bytes;
    bool close = false;   // send no more afterwards
    bool reset = false;   // after what there is to say
    bool tunnel = false;  // send back what comes afterwards, and end when it ends
  };
  // Of a request and its number, over all connections, from 0 on. Called by one thread at a time.
  using Script = std::function<Answer(const std::string& request, size_t number)>;

  explicit RecordingUpstream(Script script);
  ~RecordingUpstream() { finish(); }

  uint16_t port() const { return port_; }
  // Closes all connections. What each of them has brought, in the order of their beginning; not
  // those that brought nothing.
  std::vector<std::string> finish();

 private:
  void accept_loop();
  void serve(int fd, size_t connection);
  bool answer(int fd, std::string& unread, bool& tunnel);

  const Script script_;
  Fd listener_;
  Fd stop_;  // readable: all is to end
  uint16_t port_ = 0;
  std::mutex mutex_;
  size_t requests_ = 0;                // guarded by mutex_
  std::vector<std::string> received_;  // guarded by mutex_
  std::vector<std::thread> threads_;   // the acceptor's, until it has ended
  std::thread acceptor_;
};

}  // namespace limpet::testing
