// The HTTP server behind --admin: /healthz, /readyz, /metrics by handlers, GET and HEAD only, one
// request a connection; and what lies behind its door, if it has one. It shares the caller's
// io_context and starts no thread. Its limits are in runtime/http_limits.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "runtime/host_port.h"
#include "runtime/http_door.h"

namespace boost::asio {
class io_context;
}

namespace limpet {

class TlsContext;

// Threading: one thread runs the io_context; handle(), stop(), the destructor and the handlers
// run on that thread, or before it runs or after it has stopped.
class AdminServer {
 public:
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

  // Gives requests for all that begins with `prefix` to the door. With `tls` the connections may
  // speak TLS, too: the first bytes tell, and the door is told. Both must outlive the io_context's
  // run, and `tls` was read.
  void open_door(std::string prefix, HttpDoor& door, TlsContext* tls);

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
