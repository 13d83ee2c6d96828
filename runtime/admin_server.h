// The small HTTP server behind --admin: /healthz, /readyz, /metrics. GET and HEAD only, one
// request a connection; it shares the caller's io_context and starts no thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "runtime/host_port.h"

namespace boost::asio {
class io_context;
}

namespace limpet {

struct AdminResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// Threading: one thread runs the io_context; handle(), stop(), the destructor and the handlers
// run on that thread, or before it runs or after it has stopped.
class AdminServer {
 public:
  static constexpr size_t kMaxConnections = 64;        // further ones wait in the backlog
  static constexpr size_t kMaxHeadBytes = 8 * 1024;    // a longer head: 431
  static constexpr int kConnectionDeadlineSeconds = 10;

  using Handler = std::function<AdminResponse()>;

  // Listens at once, without SO_REUSEPORT. An address in use or unknown is an error that names
  // the address and `flag`. The io_context must outlive the server.
  static absl::StatusOr<std::unique_ptr<AdminServer>> listen(boost::asio::io_context& io,
                                                             const HostPort& address,
                                                             std::string_view flag = "--admin");
  ~AdminServer();

  // Answers GET and HEAD of exactly `path`, whatever the query. Other paths: 404; other methods:
  // 405. A handler must not block.
  void handle(std::string path, Handler handler);

  // The port that is bound, also when port 0 was asked for.
  uint16_t port() const;

  // Closes the listener and every connection. The io_context then has no work of this server.
  void stop();

 private:
  class Impl;
  explicit AdminServer(std::shared_ptr<Impl> impl);

  std::shared_ptr<Impl> impl_;
};

}  // namespace limpet
