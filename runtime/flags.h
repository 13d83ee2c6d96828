// A daemon's command line: each flag has an environment variable, LIMPET_ and the flag in
// capitals with _ for - ("--data-dir": LIMPET_DATA_DIR). The command line wins.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include <absl/status/status.h>

#include "runtime/host_port.h"

namespace limpet {

// A usage error's exit code. Others that stop a daemon at its start end with 1.
inline constexpr int kExitUsage = 2;

// "--data-dir" -> "LIMPET_DATA_DIR"
std::string environment_name(std::string_view flag);

// `value` holds the default, which the help shows.
template <typename T>
CLI::Option* add_option(CLI::App& app, const std::string& flag, T& value,
                        const std::string& help) {
  return app.add_option(flag, value, help)
      ->envname(environment_name(flag))
      ->capture_default_str();
}

// An address flag. One that cannot be read is a usage error that names the flag.
CLI::Option* add_option(CLI::App& app, const std::string& flag, HostPort& value,
                        const std::string& help);

// A flag that may be given several times; in the environment, separated by commas. The first
// one given replaces the defaults.
CLI::Option* add_option(CLI::App& app, const std::string& flag, std::vector<HostPort>& value,
                        const std::string& help);

// As above, for words; `type` names one in the help ("KEY=VALUE").
CLI::Option* add_option(CLI::App& app, const std::string& flag, std::vector<std::string>& value,
                        const std::string& type, const std::string& help);

// Nothing: go on. Otherwise the exit code: 0 after --help or --version (on stdout), kExitUsage
// after one line on stderr that says what is wrong.
std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv);

// Prints "NAME: MESSAGE" on stderr as one line and returns 1, for main() to end with.
int fail_at_start(std::string_view program, const absl::Status& status);

}  // namespace limpet
