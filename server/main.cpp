#include <cstdint>
#include <map>
#include <string>

#include <spdlog/spdlog.h>

#include "runtime/flags.h"
#include "runtime/logging.h"
#include "runtime/openssl.h"
#include "server/app.h"

int main(int argc, char** argv) {
  limpet::keep_openssl_past_exit();
  limpet::ServerOptions options;
  options.version = LIMPET_VERSION;
  std::string log_level = "info";

  CLI::App app("Limpet's management server: keeps the configuration and streams it to the nodes",
               "limpet-server");
  app.set_version_flag("--version", "limpet-server " LIMPET_VERSION);
  limpet::add_option(app, "--data-dir", options.data_dir, "where the state is kept");
  limpet::add_option(app, "--listen", options.listen, "where gwctl and the nodes connect");
  limpet::add_option(app, "--admin", options.admin,
                     "where /healthz, /readyz and the API over HTTP are");
  limpet::add_option(app, "--tls-identity", options.tls.identity,
                     "PEM file: the server's certificate and its key");
  limpet::add_option(app, "--tls-ca", options.tls.ca,
                     "PEM file: who certificates of nodes and users are believed from");
  app.add_flag("--insecure", options.insecure, "plain text also for others than this machine")
      ->envname("LIMPET_INSECURE");
  limpet::add_option(app, "--secrets-key-file", options.secrets_key_file,
                     "what seals Secrets (gwctl pki secrets-key makes it); without it, none are "
                     "taken");
  limpet::add_option(app, "--keep-revisions", options.keep_revisions,
                     "how many of the newest revisions the history keeps")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1'000'000'000}));
  limpet::add_option(app, "--keep-days", options.keep_days, "older revisions are forgotten")
      ->check(CLI::Range(uint64_t{1}, uint64_t{36'500}));
  limpet::add_option(app, "--key-rotation", options.key_rotation_s,
                     "age at which the key that seals sessions is replaced, such as 90m or 7d; 0: "
                     "only by gwctl keys rotate")
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, int64_t>{{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}},
          CLI::AsNumberWithUnit::CASE_SENSITIVE, "TIME"))
      ->check(CLI::Range(int64_t{0}, int64_t{400} * 86'400))
      ->default_str("24h");
  limpet::add_option(app, "--dns-server", options.dns_servers,
                     "whom to ask for endpoints that come from DNS, by numeric address; several "
                     "times: one after the other (default: those of /etc/resolv.conf)");
  limpet::add_option(app, "--log-level", log_level, "trace, debug, info, warn, error or off");
  if (const auto exit_code = limpet::parse_command_line(app, argc, argv)) return *exit_code;
  if (const absl::Status logging = limpet::init_logging(log_level); !logging.ok()) {
    limpet::fail_at_start("limpet-server", logging);
    return limpet::kExitUsage;
  }

  const absl::Status served = limpet::run_server(options);
  return served.ok() ? 0 : limpet::fail_at_start("limpet-server", served);
}
