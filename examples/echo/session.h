// One client connection of limpet-echo: requests in turn until either side closes.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "examples/echo/options.h"

namespace limpet::echo {

// Ends, without an error, when the connection does. The options outlive it.
boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket, const Options& options);

}  // namespace limpet::echo
