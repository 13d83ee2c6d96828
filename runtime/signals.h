#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace limpet {

// A peer that is gone is an error of the write, not the end of the process.
void ignore_sigpipe();

// Calls `on_stop(signal)` once, on the io_context's thread, at the first SIGTERM or SIGINT. A
// second one ends the process at once, for a person who does not want to wait.
class StopSignals {
 public:
  StopSignals(boost::asio::io_context& io, std::function<void(int)> on_stop);
  ~StopSignals();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace limpet
