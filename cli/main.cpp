// gwctl: the command line of the management server.
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "cli/client_grpc.h"
#include "cli/commands/gwctl.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  limpet::cli::Environment environment{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .progress = isatty(STDERR_FILENO) == 1,
      .color = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr,
      .version = LIMPET_VERSION,
      .now = [] { return absl::Now(); },
      .connect = limpet::cli::connect_to,
  };
  return limpet::cli::run_gwctl(argc, argv, environment);
}
