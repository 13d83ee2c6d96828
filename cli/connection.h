#pragma once

#include <string>

#include <absl/time/time.h>

#include "runtime/tls.h"

namespace limpet::cli {

// How gwctl reaches a management server, and as whom.
struct Connection {
  std::string server;  // HOST:PORT; empty: kDefaultServer
  TlsFiles tls;        // without authorities, plain text
  std::string token_file;
  std::string token;  // counts before the file
  absl::Duration call_timeout = absl::Seconds(30);  // of a call that is answered at once

  friend bool operator==(const Connection&, const Connection&) = default;
};

inline constexpr char kDefaultServer[] = "127.0.0.1:7700";

}  // namespace limpet::cli
