// Listens where the options say and serves until SIGTERM or SIGINT.
#pragma once

#include "examples/echo/options.h"

namespace limpet::echo {

// Says on stdout where it listens, one line an address, once connections are taken there.
// Throws boost::system::system_error when it cannot listen; the message names the address.
void run(const Options& options);

}  // namespace limpet::echo
