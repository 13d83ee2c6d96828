// The wiring of limpet-server, in the order in which things come up.
#include "server/app.h"

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <spdlog/spdlog.h>

#include "core/base/text.h"
#include "runtime/admin_server.h"
#include "runtime/data_dir.h"
#include "runtime/descriptors.h"
#include "runtime/signals.h"
#include "runtime/tls_context.h"
#include "runtime/tls_grpc.h"
#include "server/access_grpc.h"
#include "server/applier.h"
#include "server/discovery_service.h"
#include "server/dns_endpoints.h"
#include "server/door/openapi.h"
#include "server/door_grpc.h"
#include "server/drain_deadlines.h"
#include "server/health_judge.h"
#include "server/key_rotation.h"
#include "server/management_service.h"
#include "server/node_registry.h"
#include "server/publisher.h"
#include "server/secret_key_loader.h"
#include "server/secrets.h"
#include "storage/sqlite_store.h"

namespace limpet {
namespace {

namespace asio = boost::asio;

// A request holds a whole configuration; an answer may list one.
constexpr int kMaxMessageBytes = 64 * 1024 * 1024;
// A peer that does not answer a ping within this is gone.
constexpr int kKeepaliveMs = 10'000;
constexpr int kKeepaliveTimeoutMs = 5'000;
// Clients may ping this often, also without a call.
constexpr int kMinPingIntervalMs = 1'000;
constexpr auto kStopTimeout = std::chrono::seconds(1);

// gRPC's own lines are for its developers; what matters we say ourselves.
void quiet_grpc() {
  gpr_set_log_function([](gpr_log_func_args* line) {
    spdlog::debug("grpc {}:{}: {}", line->file, line->line, line->message);
  });
}

// Plain text tells everybody on the way everything, and believes everybody.
absl::Status check_security(const ServerOptions& options) {
  if (!options.tls.identity.empty()) return check_tls_files(options.tls);
  if (!options.tls.ca.empty()) {
    return absl::InvalidArgumentError("--tls-ca needs --tls-identity, the server's own");
  }
  if (options.insecure || is_loopback(options.listen.host)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      str_cat("plain text is for this machine alone, and ", options.listen.host,
              " is for others, too; give --tls-identity and --tls-ca (gwctl pki init makes them), "
              "or --insecure where the network itself is trusted"));
}

void warn_of_expiry(const TlsFiles& tls) {
  const std::string warning = expiry_warning(tls, unix_ms_now() / 1000);
  if (!warning.empty()) spdlog::warn("{}", warning);
}

absl::Status prepare_process(const ServerOptions& options) {
  if (absl::Status secure = check_security(options); !secure.ok()) return secure;
  warn_of_expiry(options.tls);
  ignore_sigpipe();
  raise_descriptor_limit();  // every node has a socket
  quiet_grpc();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<grpc::Server>> start_grpc(const ServerOptions& options,
                                                         grpc::Service& discovery,
                                                         grpc::Service& management,
                                                         int& port) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  // Otherwise a second server takes half of the connections, unnoticed.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kMinPingIntervalMs);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  const std::string listen = to_string(options.listen);
  builder.AddListeningPort(listen,
                           options.tls.identity.empty() ? grpc::InsecureServerCredentials()
                                                        : server_credentials(options.tls),
                           &port);
  builder.RegisterService(&discovery);
  builder.RegisterService(&management);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return absl::UnavailableError(str_cat("cannot listen on ", listen,
                                          ": address in use or not of this machine; choose "
                                          "another with --listen"));
  }
  // Without this only the server as a whole ("") has a health.
  for (const char* service : {"limpet.v1.Management", "limpet.v1.Discovery"}) {
    server->GetHealthCheckService()->SetServingStatus(service, true);
  }
  return server;
}

// Calls `tick` every `period`, for as long as the io_context runs.
class Ticker {
 public:
  Ticker(asio::io_context& io, std::chrono::seconds period, std::function<void()> tick)
      : timer_(io), period_(period), tick_(std::move(tick)) {
    wait();
  }

 private:
  void wait() {
    timer_.expires_after(period_);
    timer_.async_wait([this](boost::system::error_code cancelled) {
      if (cancelled) return;
      tick_();
      wait();
    });
  }

  asio::steady_timer timer_;
  std::chrono::seconds period_;
  std::function<void()> tick_;
};

Retention retention_of(const ServerOptions& options) {
  constexpr int64_t kDayMs = int64_t{24} * 3600 * 1000;
  return {.revisions = options.keep_revisions,
          .age_ms = static_cast<int64_t>(options.keep_days) * kDayMs};
}

// A refusal that cannot be written down soon is not: there are very many of them then.
void note(SerialWorker& worker, Applier& applier, AuditRecord record) {
  const bool accepted = worker.post([&applier, record = std::move(record)] {
    if (const absl::Status s = applier.note(record); !s.ok()) {
      spdlog::warn("the audit misses a refused call: {}", s.ToString());
    }
  });
  if (!accepted) spdlog::warn("the audit misses a refused call: too many wait");
}

// Reads the TLS files again. `told`: the last problem, which is not told again.
void refresh(Authenticator& authenticator, TlsContext* door_tls, std::string& told) {
  std::string problem(authenticator.refresh().message());
  if (!problem.empty()) problem = "--tls-ca: " + problem;
  if (problem.empty() && door_tls != nullptr) {
    problem = std::string(door_tls->refresh().message());
    if (!problem.empty()) problem = "--tls-identity: " + problem;
  }
  if (!problem.empty() && problem != told) spdlog::error("{}", problem);
  told = std::move(problem);
}

AdminResponse ready(const Publisher& publisher, const NodeRegistry& registry) {
  const StateId head = publisher.head().id();
  const v1::WaitActiveResponse progress = registry.progress(head.epoch, head.revision);
  AdminResponse answer;
  answer.body = str_cat("ready\nepoch ", absl::Hex(head.epoch.value()), "\nrevision ",
                        head.revision, "\ndigest ", head.digest.to_hex(), "\nnodes connected ",
                        progress.connected(), "\nnodes active ", progress.active(), "\n");
  return answer;
}

absl::StatusOr<std::unique_ptr<SqliteStore>> open_store(const DataDir& directory,
                                                        const ChangeContext& context) {
  const Epoch epoch_if_new =
      Epoch::make(context.now_unix_ms, static_cast<uint32_t>(random_id(context)));
  return SqliteStore::open(directory.file("limpet.db"), epoch_if_new);
}

absl::StatusOr<std::unique_ptr<AdminServer>> serve_admin(asio::io_context& io,
                                                         const HostPort& address,
                                                         const Publisher& publisher,
                                                         const NodeRegistry& registry) {
  auto admin = AdminServer::listen(io, address);
  if (!admin.ok()) return admin;
  (*admin)->handle("/healthz", [] { return AdminResponse{.body = "ok\n"}; });
  (*admin)->handle("/readyz", [&] { return ready(publisher, registry); });
  return admin;
}

Door::PlainText plain_text_of(const ServerOptions& options) {
  if (!options.tls.identity.empty()) return Door::PlainText::kRefused;
  if (options.insecure) return Door::PlainText::kTrusted;
  return is_loopback(options.admin.host) ? Door::PlainText::kThisMachine
                                         : Door::PlainText::kRefused;
}

std::string random_door_key(const ChangeContext& context) {
  std::array<unsigned char, 32> key;
  context.random(key);
  return {key.begin(), key.end()};
}

// Null: plain text.
absl::StatusOr<std::unique_ptr<TlsContext>> open_tls(const TlsFiles& files) {
  if (files.identity.empty()) return nullptr;
  auto tls = std::make_unique<TlsContext>(files.identity);
  if (absl::Status read = tls->refresh(); !read.ok()) return read;
  return tls;
}

// The API over HTTP, which is the API of gRPC called in this process.
std::unique_ptr<Door> open_door(const ServerOptions& options, asio::io_context& io,
                                AdminServer& admin, Access& access, grpc::Server& server,
                                TlsContext* tls) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  auto door = std::make_unique<Door>(io, access, server.InProcessChannel(arguments),
                                     plain_text_of(options));
  admin.open_door(std::string(kDoorPrefix), *door, tls);
  admin.handle("/openapi.yaml", [] {
    return AdminResponse{.content_type = "application/yaml", .body = std::string(openapi())};
  });
  return door;
}

Ticker start_heartbeats(asio::io_context& io, DiscoveryService& discovery,
                        NodeRegistry& registry) {
  return Ticker(io, std::chrono::seconds(DiscoveryService::kHeartbeatSeconds),
                [&discovery, &registry] {
                  discovery.heartbeat();
                  registry.look_for_stale(unix_ms_now());
                });
}

// Opened with the keys of the time.
DiscoveryService::SecretDelivery secrets_for_nodes(const Applier& applier,
                                                   const ServerOptions& options) {
  const auto open = [&applier](const Entry& sealed, SecretItems items) {
    return open_for_nodes(applier.secret_keys().get(), sealed, items);
  };
  return {open, options.tls.identity.empty()};
}

// Streams and waits end with a word to the other side; calls in progress get a moment.
void end_calls(Door& door, DiscoveryService& discovery, ManagementService& management,
               grpc::Server& server) {
  door.stop();
  discovery.stop();
  management.stop();
  server.Shutdown(std::chrono::system_clock::now() + kStopTimeout);
}

void stop(asio::io_context& io, int signal) {
  spdlog::info("signal {}: stopping", signal);
  io.stop();
}

void tell_start(const ServerOptions& options, int port, uint16_t admin_port, uint64_t revision) {
  spdlog::info("limpet-server {} serves {}:{} (admin port {}) from {}, revision {}",
               options.version, options.listen.host, port, admin_port, options.data_dir, revision);
}

// Certificates, tokens and keys are read anew where their files have changed.
Ticker watch_security_files(asio::io_context& io, Authenticator& authenticator, TlsContext* tls,
                            SecretKeyLoader& secret_keys, SerialWorker& worker) {
  return Ticker(io, std::chrono::seconds(kTlsRefreshSeconds),
                [&authenticator, tls, &secret_keys, &worker, told = std::string()]() mutable {
                  refresh(authenticator, tls, told);
                  secret_keys.refresh(worker);
                });
}

}  // namespace

absl::Status run_server(const ServerOptions& options) {
  if (absl::Status prepared = prepare_process(options); !prepared.ok()) return prepared;
  const ChangeContext context = make_change_context();

  // The directory is ours for as long as the process lives; then the state in it.
  const absl::StatusOr<DataDir> data_dir = DataDir::open(options.data_dir);
  if (!data_dir.ok()) return data_dir.status();
  auto store = open_store(*data_dir, context);
  if (!store.ok()) return store.status();
  absl::StatusOr<Snapshot> state = open_state(**store, context);
  if (!state.ok()) return state.status();

  // What changes it and who is told.
  Publisher publisher(*std::move(state));
  Applier applier(**store, publisher, retention_of(options));
  SecretKeyLoader secret_keys(options.secrets_key_file, applier);
  if (absl::Status read = secret_keys.start(); !read.ok()) return read;
  NodeRegistry registry;
  absl::StatusOr<std::unique_ptr<Tokens>> tokens = Tokens::open(data_dir->file("tokens.pb"));
  if (!tokens.ok()) return tokens.status();
  Authenticator authenticator(options.tls, **tokens);
  if (absl::Status read = authenticator.refresh(); !read.ok()) return read;
  SerialWorker notes;
  Access access(authenticator,
                [&](AuditRecord record) { note(notes, applier, std::move(record)); },
                random_door_key(context));
  const absl::StatusOr<std::unique_ptr<TlsContext>> tls = open_tls(options.tls);
  if (!tls.ok()) return tls.status();

  // One thread of our own for signals, the admin address and heartbeats; gRPC brings its own.
  asio::io_context io(1);
  const StopSignals signals(io, [&io](int signal) { stop(io, signal); });
  auto admin = serve_admin(io, options.admin, publisher, registry);
  if (!admin.ok()) return admin.status();

  // Endpoints that come from DNS.
  DnsStatus dns_status;
  auto dns_client = make_dns_client(io, options.dns_servers);
  if (!dns_client.ok()) return dns_client.status();

  // The API. Declared before the server, which uses them until it is gone.
  DiscoveryService discovery(publisher, registry, access, secrets_for_nodes(applier, options));
  ManagementService management(
      {applier, publisher, registry, discovery.parts(), access, **tokens, dns_status,
       data_dir->path(), options.key_rotation_s * 1000},
      options.version);
  int port = 0;
  auto server = start_grpc(options, discovery, management, port);
  if (!server.ok()) return server.status();
  const auto door = open_door(options, io, **admin, access, **server, tls->get());
  const auto dns = DnsEndpoints::start({io, publisher, applier, management.worker(), dns_status,
                                        *std::move(dns_client)});
  const auto drains = DrainDeadlines::start(
      {io, publisher, registry, applier, management.worker(), management.drains()});
  const auto health =
      HealthJudge::start({io, publisher, registry, applier, management.worker()});
  const auto keys = KeyRotation::start(
      {io, publisher, registry, applier, management.worker()},
      {options.key_rotation_s * 1000, unix_ms_now() + NodeRegistry::kStaleMs});
  const Ticker heartbeats = start_heartbeats(io, discovery, registry);
  const Ticker security_files =
      watch_security_files(io, authenticator, tls->get(), secret_keys, management.worker());
  tell_start(options, port, (*admin)->port(), publisher.head().id().revision);

  io.run();

  end_calls(*door, discovery, management, **server);
  spdlog::info("stopped");
  return absl::OkStatus();
}

}  // namespace limpet
