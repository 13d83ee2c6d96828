#include "examples/echo/server.h"

#include <csignal>
#include <iostream>
#include <sstream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "examples/echo/session.h"

namespace limpet::echo {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

tcp::acceptor listen_at(asio::io_context& io, const tcp::endpoint& endpoint) {
  try {
    return tcp::acceptor(io, endpoint);
  } catch (const boost::system::system_error& error) {
    std::ostringstream where;
    where << "cannot listen on " << endpoint;
    throw boost::system::system_error(error.code(), where.str());
  }
}

asio::awaitable<void> accept_all(tcp::acceptor acceptor, const Options& options) {
  for (;;) {
    boost::system::error_code error;
    tcp::socket socket =
        co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error) {
      // Out of descriptors, for instance: the next try may do.
      asio::steady_timer pause(acceptor.get_executor(), std::chrono::milliseconds(50));
      co_await pause.async_wait(asio::use_awaitable);
      continue;
    }
    socket.set_option(tcp::no_delay(true), error);
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), options), asio::detached);
  }
}

}  // namespace

void run(const Options& options) {
  asio::io_context io(1);
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&io](const boost::system::error_code&, int) { io.stop(); });
  std::vector<tcp::acceptor> acceptors;
  for (const tcp::endpoint& endpoint : options.listen) {
    acceptors.push_back(listen_at(io, endpoint));
  }
  for (tcp::acceptor& acceptor : acceptors) {
    std::cout << options.name << " listens on " << acceptor.local_endpoint() << "\n" << std::flush;
    asio::co_spawn(io, accept_all(std::move(acceptor), options), asio::detached);
  }
  io.run();
}

}  // namespace limpet::echo
