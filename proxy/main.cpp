#include <string>

#include "proxy/app.h"
#include "runtime/flags.h"
#include "runtime/logging.h"
#include "runtime/openssl.h"

int main(int argc, char** argv) {
  limpet::keep_openssl_past_exit();
  limpet::ProxyOptions options;
  options.version = LIMPET_VERSION;
  std::string log_level = "info";
  int64_t drain_s = options.limits.drain_ms / 1000;

  CLI::App app("Limpet's data-plane node: serves what the management server's configuration says",
               "limpet-proxy");
  app.set_version_flag("--version", "limpet-proxy " LIMPET_VERSION);
  limpet::add_option(app, "--server", options.servers, "the management server's addresses");
  limpet::add_option(app, "--node-id", options.node_id,
                     "this node's name in the cluster (default: the host's name)");
  limpet::add_option(app, "--tls-identity", options.tls.identity,
                     "PEM file: this node's certificate and its key");
  limpet::add_option(app, "--tls-ca", options.tls.ca,
                     "PEM file: who the server's certificate is believed from");
  limpet::add_option(app, "--data-dir", options.data_dir, "where the last known state is kept");
  limpet::add_option(app, "--address", options.address, "where Gateway listeners bind");
  limpet::add_option(app, "--gateway", options.gateways, "NAMESPACE/NAME",
                     "serve this Gateway; may be given again (default: all Gateways)");
  limpet::add_option(app, "--label", options.labels, "KEY=VALUE",
                     "shown by gwctl nodes; may be given again");
  limpet::add_option(app, "--admin", options.admin, "where /healthz and /readyz are");
  limpet::add_option(app, "--workers", options.workers, "threads; 0: one for each core")
      ->check(CLI::Range(0, 256));
  limpet::NodeLimits& limits = options.limits;
  limpet::add_option(app, "--max-connections", limits.max_connections,
                     "clients' connections; others wait to be accepted")
      ->check(CLI::Range(size_t{1}, size_t{10'000'000}));
  limpet::add_option(app, "--max-connections-per-address", limits.max_connections_per_address,
                     "further ones of a client's address are closed; 0: no limit");
  limpet::add_option(app, "--max-buffer-bytes", limits.max_buffer_bytes,
                     "of all connections, also as 512Mi; beyond, new requests get 503")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(size_t{1} << 20, size_t{1} << 44));
  limpet::add_option(app, "--drain-seconds", drain_s,
                     "how long running requests may go on when the node stops")
      ->check(CLI::Range(int64_t{0}, int64_t{86'400}));
  limpet::add_option(app, "--log-level", log_level, "trace, debug, info, warn, error or off");
  if (const auto exit_code = limpet::parse_command_line(app, argc, argv)) return *exit_code;
  if (const absl::Status logging = limpet::init_logging(log_level); !logging.ok()) {
    limpet::fail_at_start("limpet-proxy", logging);
    return limpet::kExitUsage;
  }

  options.limits.drain_ms = drain_s * 1000;
  const absl::Status served = limpet::run_proxy(options);
  return served.ok() ? 0 : limpet::fail_at_start("limpet-proxy", served);
}
