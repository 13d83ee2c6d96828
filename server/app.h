#pragma once

#include <string>

#include <absl/status/status.h>

#include "runtime/host_port.h"

namespace limpet {

struct ServerOptions {
  std::string data_dir = "./data";
  HostPort listen{"127.0.0.1", 7700};
  HostPort admin{"127.0.0.1", 7701};
  std::string version;
};

// Serves until SIGTERM or SIGINT. An error: it could not start.
absl::Status run_server(const ServerOptions& options);

}  // namespace limpet
