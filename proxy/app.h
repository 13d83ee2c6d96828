// limpet-proxy, put together.
#pragma once

#include <string>
#include <vector>

#include <absl/status/status.h>

#include "proxy/limits.h"
#include "runtime/host_port.h"
#include "runtime/tls.h"

namespace limpet {

struct ProxyOptions {
  std::string version;
  TlsFiles tls;  // without authorities, plain text
  std::vector<HostPort> servers = {{"127.0.0.1", 7700}};
  std::string node_id;  // empty: the host's name
  std::string data_dir = "./node-data";
  std::string address = "0.0.0.0";  // where Gateway listeners bind, numeric
  std::vector<std::string> gateways;  // "namespace/name" of those to serve; empty: all
  std::vector<std::string> labels;    // "key=value", for operators
  HostPort admin = {"127.0.0.1", 7800};
  unsigned workers = 0;  // 0: one for each core
  NodeLimits limits;
};

// Serves until SIGTERM or SIGINT. An error: it could not start, and says why.
absl::Status run_proxy(ProxyOptions options);

}  // namespace limpet
