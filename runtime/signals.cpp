#include "runtime/signals.h"

#include <csignal>
#include <cstdlib>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

namespace limpet {

namespace asio = boost::asio;

void ignore_sigpipe() { std::signal(SIGPIPE, SIG_IGN); }

class StopSignals::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& io, std::function<void(int)> on_stop)
      : signals_(io, SIGTERM, SIGINT), on_stop_(std::move(on_stop)) {}

  void wait() {
    signals_.async_wait([self = shared_from_this()](boost::system::error_code error, int signal) {
      if (error) return;
      if (!self->on_stop_) std::_Exit(128 + signal);
      std::exchange(self->on_stop_, nullptr)(signal);
      self->wait();
    });
  }

  void cancel() {
    boost::system::error_code ignored;
    signals_.cancel(ignored);
  }

 private:
  asio::signal_set signals_;
  std::function<void(int)> on_stop_;
};

StopSignals::StopSignals(asio::io_context& io, std::function<void(int)> on_stop)
    : impl_(std::make_shared<Impl>(io, std::move(on_stop))) {
  impl_->wait();
}

StopSignals::~StopSignals() { impl_->cancel(); }

}  // namespace limpet
