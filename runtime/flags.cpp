#include "runtime/flags.h"

#include <algorithm>
#include <iostream>

#include <absl/strings/ascii.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>

#include "core/base/text.h"

namespace limpet {
namespace {

HostPort parse_address(const std::string& flag, const std::string& text) {
  absl::StatusOr<HostPort> address = parse_host_port(text);
  if (!address.ok()) throw CLI::ValidationError(flag, std::string(address.status().message()));
  return *std::move(address);
}

}  // namespace

std::string environment_name(std::string_view flag) {
  const size_t begin = std::min(flag.find_first_not_of('-'), flag.size());
  return str_cat(
      "LIMPET_",
      absl::StrReplaceAll(absl::AsciiStrToUpper(absl_view(flag.substr(begin))), {{"-", "_"}}));
}

CLI::Option* add_option(CLI::App& app, const std::string& flag, HostPort& value,
                        const std::string& help) {
  const auto read = [&value, flag](const CLI::results_t& texts) {
    value = parse_address(flag, texts.back());
    return true;
  };
  return app.add_option(flag, read, help)
      ->type_name("HOST:PORT")
      ->envname(environment_name(flag))
      ->default_str(to_string(value));
}

CLI::Option* add_option(CLI::App& app, const std::string& flag, std::vector<HostPort>& value,
                        const std::string& help) {
  // CLI11 calls this once, with every value that was given: the defaults go.
  const auto read = [&value, flag](const CLI::results_t& texts) {
    value.clear();
    for (const std::string& text : texts) value.push_back(parse_address(flag, text));
    return true;
  };
  const auto print = [](std::string* out, const HostPort& address) {
    out->append(to_string(address));
  };
  return app.add_option(flag, read, help)
      ->type_name("HOST:PORT")
      ->envname(environment_name(flag))
      ->expected(1, CLI::detail::expected_max_vector_size)
      ->allow_extra_args(false)
      ->delimiter(',')
      ->default_str(absl::StrJoin(value, ",", print));
}

CLI::Option* add_option(CLI::App& app, const std::string& flag, std::vector<std::string>& value,
                        const std::string& type, const std::string& help) {
  return app.add_option(flag, value, help)
      ->type_name(type)
      ->envname(environment_name(flag))
      ->expected(1, CLI::detail::expected_max_vector_size)
      ->allow_extra_args(false)
      ->delimiter(',');
}

std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(error);
    std::cerr << app.get_name() << ": " << absl::StrReplaceAll(error.what(), {{"\n", " "}})
              << " (see " << app.get_name() << " --help)\n";
    return kExitUsage;
  }
  return std::nullopt;
}

int fail_at_start(std::string_view program, const absl::Status& status) {
  // In one write, so that it stays one line beside others.
  std::cerr << str_cat(program, ": ", absl::StrReplaceAll(status.message(), {{"\n", " "}}), "\n");
  return 1;
}

}  // namespace limpet
