// The wiring of limpet-proxy, in the order in which things come up.
#include "proxy/app.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <grpc/support/log.h>
#include <absl/time/clock.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "core/base/socket_address.h"
#include "core/base/text.h"
#include "core/sticky/token.h"
#include "proxy/control/certificate_metrics.h"
#include "proxy/control/node_control.h"
#include "proxy/control/sync_client_grpc.h"
#include "proxy/worker.h"
#include "runtime/admin_server.h"
#include "runtime/data_dir.h"
#include "runtime/descriptors.h"
#include "runtime/signals.h"

namespace limpet {
namespace {

namespace asio = boost::asio;

// gRPC's own lines are for its developers; what matters we say ourselves.
void quiet_grpc() {
  gpr_set_log_function([](gpr_log_func_args* line) {
    spdlog::debug("grpc {}:{}: {}", line->file, line->line, line->message);
  });
}

std::string host_name() {
  char name[256] = "";
  if (::gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0') return "node";
  return name;
}

absl::Status complete(ProxyOptions& options) {
  if (options.node_id.empty()) options.node_id = host_name();
  if (options.workers == 0) options.workers = std::max(1U, std::thread::hardware_concurrency());
  if (!SocketAddress::parse(options.address, 1)) {
    return absl::InvalidArgumentError(
        str_cat("--address must be a numeric address of this machine, not ", options.address));
  }
  if (options.tls.ca.empty() && !options.tls.identity.empty()) {
    return absl::InvalidArgumentError("--tls-identity needs --tls-ca, which the server is believed "
                                      "from");
  }
  return check_tls_files(options.tls);
}

absl::StatusOr<NodeIdentity> identity_of(const ProxyOptions& options) {
  NodeIdentity identity;
  identity.node_id = options.node_id;
  identity.build = options.version;
  identity.address = options.address;
  identity.gateways = {options.gateways.begin(), options.gateways.end()};
  if (absl::Status valid = check_gateway_names(identity.gateways); !valid.ok()) {
    return absl::InvalidArgumentError(str_cat("--gateway: ", std_view(valid.message())));
  }
  for (const std::string& label : options.labels) {
    const size_t equals = label.find('=');
    if (equals == std::string::npos || equals == 0) {
      return absl::InvalidArgumentError(str_cat("--label must be KEY=VALUE, not ", label));
    }
    identity.labels[label.substr(0, equals)] = label.substr(equals + 1);
  }
  return identity;
}

// A connection takes two: the client's, and the endpoint's.
absl::Status fit_descriptors(NodeLimits& limits) {
  // Listeners, state, admin, gRPC; tries of endpoints.
  constexpr size_t kOfTheNode = 256 + HealthChecker::kMaxTries;
  const size_t files = descriptor_limit();
  const size_t fitting = (files - std::min(files, kOfTheNode)) / 2;
  if (files == 0 || fitting >= limits.max_connections) return absl::OkStatus();  // 0: not known
  if (fitting == 0) {
    return absl::ResourceExhaustedError(
        str_cat("the limit of open files, ", files, ", leaves none for connections; raise it with "
                "ulimit -n"));
  }
  spdlog::warn("the limit of open files, {}, allows {} connections instead of {}; raise it with "
               "ulimit -n, or set --max-connections", files, fitting, limits.max_connections);
  limits.max_connections = fitting;
  return absl::OkStatus();
}

// `on_failure` is called on the control thread; it is set before the workers start.
using OnFailure = std::function<void(const std::string& cluster, uint64_t endpoint_uid)>;
std::vector<std::unique_ptr<Worker>> make_workers(const ProxyOptions& options,
                                                  asio::io_context& io,
                                                  const OnFailure& on_failure) {
  const NodeLimits& limits = options.limits;
  const auto connections = std::make_shared<ConnectionLimits>(limits.max_connections,
                                                              limits.max_connections_per_address);
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < options.workers; ++i) {
    WorkerOptions worker;
    worker.node_number = node_number_of(options.node_id);
    worker.connections = connections;
    worker.max_buffer_bytes = limits.max_buffer_bytes / options.workers;
    worker.drain_ms = limits.drain_ms;
    // Freed on the control thread.
    worker.retire_table = [&io](std::shared_ptr<const RoutingTable> table) {
      asio::post(io, [table = std::move(table)] {});
    };
    worker.report_failure = [&io, &on_failure](const std::string& cluster, uint64_t endpoint_uid) {
      asio::post(io, [&on_failure, cluster, endpoint_uid] { on_failure(cluster, endpoint_uid); });
    };
    workers.push_back(std::make_unique<Worker>(std::move(worker)));
  }
  return workers;
}

}  // namespace

absl::Status run_proxy(ProxyOptions options) {
  if (const absl::Status valid = complete(options); !valid.ok()) return valid;
  const std::string expiry = expiry_warning(options.tls, absl::ToUnixSeconds(absl::Now()));
  if (!expiry.empty()) spdlog::warn("{}", expiry);
  absl::StatusOr<NodeIdentity> identity = identity_of(options);
  if (!identity.ok()) return identity.status();
  ignore_sigpipe();
  quiet_grpc();

  // The data directory first: a second process must not get further.
  absl::StatusOr<DataDir> data_dir = DataDir::open(options.data_dir);
  if (!data_dir.ok()) return data_dir.status();

  asio::io_context io(1);
  absl::StatusOr<std::unique_ptr<AdminServer>> admin = AdminServer::listen(io, options.admin);
  if (!admin.ok()) return admin.status();

  raise_descriptor_limit();
  if (const absl::Status fits = fit_descriptors(options.limits); !fits.ok()) return fits;
  OnFailure on_failure;
  std::vector<std::unique_ptr<Worker>> workers = make_workers(options, io, on_failure);
  NodeControl control(io, *std::move(identity), data_dir->path(), workers);
  on_failure = [&](const std::string& cluster, uint64_t endpoint_uid) {
    control.on_request_failure(cluster, endpoint_uid);
  };
  SyncClient client(io, options.servers, options.tls,
                    {[&] { return control.hello(); },
                     [&](const v1::ServerMessage& message) { control.on_message(message); },
                     [&] { control.on_stream_lost(); }});
  (*admin)->handle("/healthz", [] { return AdminResponse{.body = "ok\n"}; });
  (*admin)->handle("/readyz", [&] {
    const NodeControl::Readiness readiness = control.readiness();
    return AdminResponse{.status = readiness.serving ? 200U : 503U, .body = readiness.text};
  });
  (*admin)->handle("/metrics", [&, metrics = CertificateMetrics()]() mutable {
    return AdminResponse{.content_type = "text/plain; version=0.0.4",
                         .body = metrics.text(control.table())};
  });

  for (auto& worker : workers) worker->start();
  // What is on disk serves before the server is asked.
  control.restore([&] {
    control.start({[&](v1::NodeMessage message) { client.send(std::move(message)); },
                   [&](const std::string& why) { client.restart(why); }});
    client.start();
  });

  size_t serving = workers.size();
  StopSignals signals(io, [&](int) {
    spdlog::info("stopping: running requests are finished first");
    control.stop();
    client.stop();
    for (auto& worker : workers) {
      worker->drain([&] {
        asio::post(io, [&] {
          if (--serving == 0) io.stop();
        });
      });
    }
  });
  spdlog::info("limpet-proxy {} is node {} with {} workers; listeners on {}, admin on {}",
               options.version, options.node_id, options.workers, options.address,
               to_string(options.admin));
  io.run();
  (*admin)->stop();
  workers.clear();
  spdlog::info("stopped");
  return absl::OkStatus();
}

}  // namespace limpet
