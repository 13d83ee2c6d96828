#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <absl/status/status.h>

#include "runtime/host_port.h"
#include "runtime/tls.h"

namespace limpet {

struct ServerOptions {
  std::string data_dir = "./data";
  HostPort listen{"127.0.0.1", 7700};
  HostPort admin{"127.0.0.1", 7701};
  TlsFiles tls;           // without an identity, plain text
  bool insecure = false;  // plain text also for others than this machine
  std::string secrets_key_file;  // what seals Secrets; empty: none are taken
  // History: so many of the newest revisions, of these none older than so many days.
  uint64_t keep_revisions = 10'000;
  uint64_t keep_days = 90;
  // The age at which the key that seals sessions is replaced; 0: only when somebody asks for it.
  int64_t key_rotation_s = 24 * 3600;
  // Whom to ask for endpoints that come from DNS; none: those of /etc/resolv.conf.
  std::vector<HostPort> dns_servers;
  std::string version;
};

// Serves until SIGTERM or SIGINT. An error: it could not start.
absl::Status run_server(const ServerOptions& options);

}  // namespace limpet
