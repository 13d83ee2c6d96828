// gwctl: the command line of the management server.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "cli/client_grpc.h"
#include "cli/commands/gwctl.h"
#include "cli/editor.h"
#include "cli/terminal.h"
#include "runtime/openssl.h"

namespace {

// XDG Base Directory: $XDG_CONFIG_HOME, by default ~/.config.
std::string config_file() {
  if (const char* file = std::getenv("LIMPET_CONFIG")) return file;
  if (const char* config = std::getenv("XDG_CONFIG_HOME")) {
    return std::string(config) + "/limpet/config.yaml";
  }
  const char* home = std::getenv("HOME");
  return home == nullptr ? "" : std::string(home) + "/.config/limpet/config.yaml";
}

}  // namespace

int main(int argc, char** argv) {
  limpet::keep_openssl_past_exit();
  std::ios::sync_with_stdio(false);
  limpet::cli::Environment environment{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .progress = isatty(STDERR_FILENO) == 1,
      .progress_columns = limpet::cli::terminal_columns(STDERR_FILENO),
      .columns = limpet::cli::terminal_columns(STDOUT_FILENO),
      .color = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr,
      .version = LIMPET_VERSION,
      .config_file = config_file(),
      .now = [] { return absl::Now(); },
      .sleep = absl::SleepFor,
      .edit = limpet::cli::edit_file,
      .connect = limpet::cli::connect_to,
  };
  return limpet::cli::run_gwctl(argc, argv, environment);
}
