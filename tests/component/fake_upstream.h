// An endpoint that does as it is told: accepts connections on loopback, reads requests, and answers
// each with the script's bytes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/socket_address.h"
#include "proxy/net/fd.h"

namespace limpet::testing {

class FakeUpstream {
 public:
  // What to do with a connection once a whole head (and as much as came with it) has been read.
  struct Answer {
    std::string bytes;
    bool close = false;   // afterwards
    bool reset = false;   // instead of all else
  };
  // Called for each request with its bytes, on the fake's thread of the connection.
  using Script = std::function<Answer(const std::string& request)>;

  // On a port of 127.0.0.1; `beside`: on its port of 127.0.0.2.
  explicit FakeUpstream(Script script, const FakeUpstream* beside = nullptr);
  ~FakeUpstream();

  uint16_t port() const { return port_; }
  int connections() const { return connections_.load(); }
  std::vector<std::string> requests();
  // Returns once that many requests have come.
  void wait_for_requests(size_t count);
  // Returns once it has sent that many answers.
  void wait_for_answers(size_t count);
  // Returns once it has closed that many connections.
  void wait_for_closed(size_t count);

 private:
  void accept_loop();
  void serve(int fd);

  const Script script_;
  Fd listener_;
  uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> requests_;   // guarded by mutex_
  std::vector<int> open_;               // guarded by mutex_
  size_t answered_ = 0;                 // guarded by mutex_
  size_t closed_ = 0;                   // guarded by mutex_
  std::vector<std::thread> threads_;    // guarded by mutex_
  std::thread acceptor_;
};

// A plain "200 OK" with that body.
std::string ok_response(const std::string& body);

}  // namespace limpet::testing
