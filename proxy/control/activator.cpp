#include "proxy/control/activator.h"

#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "core/base/text.h"
#include "proxy/control/listener_sockets.h"

namespace limpet {

namespace asio = boost::asio;

Activator::Activator(asio::io_context& io, std::string address,
                     std::vector<std::unique_ptr<Worker>>& workers,
                     std::function<void()> on_ports)
    : io_(io),
      address_(std::move(address)),
      workers_(workers),
      on_ports_(std::move(on_ports)),
      retry_timer_(io) {}

std::vector<CompileError> Activator::activate(const Snapshot& snapshot,
                                              std::function<void()> done) {
  CompileResult compiled = compile(snapshot, active_.get());
  if (!compiled.errors.empty()) return std::move(compiled.errors);
  absl::StatusOr<std::shared_ptr<const TlsServers>> tls = make_tls(*compiled.table);
  if (!tls.ok()) return {{{}, "", std::string(tls.status().message())}};
  absl::StatusOr<std::shared_ptr<const TlsClients>> clients = make_tls_clients(*compiled.table);
  if (!clients.ok()) return {{{}, "", std::string(clients.status().message())}};
  std::vector<WorkerConfig> configs(workers_.size());
  for (WorkerConfig& config : configs) {
    config.table = compiled.table;
    config.tls = *tls;
    config.tls_clients = *clients;
  }
  close_ports(*compiled.table, configs);
  std::vector<uint16_t> wanted;
  for (const auto& [port, unused] : compiled.table->ports) {
    if (!open_ports_.contains(port)) wanted.push_back(port);
  }
  open_ports(wanted, configs);
  hand_out(std::move(configs), [this, table = compiled.table, tls = *std::move(tls),
                                clients = *std::move(clients), done = std::move(done)] {
    active_ = table;
    tls_ = tls;
    tls_clients_ = clients;
    if (!failed_ports_.empty()) retry_later();
    done();
  });
  return {};
}

absl::StatusOr<std::shared_ptr<const TlsServers>> Activator::make_tls(
    const RoutingTable& table) const {
  auto servers = std::make_shared<TlsServers>();
  for (const auto& [number, port] : table.ports) {
    if (!port->https) continue;
    const auto last = tls_->find(number);
    auto server = tls::Server::make(port, table.keys,
                                    last == tls_->end() ? nullptr : last->second.get());
    if (!server.ok()) return server.status();
    servers->emplace(number, *std::move(server));
  }
  return servers;
}

absl::StatusOr<std::shared_ptr<const TlsClients>> Activator::make_tls_clients(
    const RoutingTable& table) const {
  auto clients = std::make_shared<TlsClients>();
  absl::Status failure;
  table.upstream_tls.for_each([&](std::string_view cluster,
                                  const std::shared_ptr<const UpstreamTls>& settings) {
    std::shared_ptr<const tls::Client>& client = (*clients)[settings.get()];
    if (client != nullptr || !failure.ok()) return;
    const auto last = tls_clients_->find(settings.get());
    if (last != tls_clients_->end()) {
      client = last->second;
      return;
    }
    auto fresh = tls::Client::make(settings);
    if (fresh.ok()) {
      client = *std::move(fresh);
    } else {
      failure = absl::InvalidArgumentError(
          str_cat("TLS to ", cluster, ": ", std::string(fresh.status().message())));
    }
  });
  if (!failure.ok()) return failure;
  return clients;
}

void Activator::close_ports(const RoutingTable& table, std::vector<WorkerConfig>& configs) {
  std::erase_if(failed_ports_,
                [&](const auto& failed) { return !table.ports.contains(failed.first); });
  std::erase_if(open_ports_, [&](uint16_t port) {
    if (table.ports.contains(port)) return false;
    for (WorkerConfig& config : configs) config.close.push_back(port);
    spdlog::info("listener {}:{} closes: no Gateway asks for it any more", address_, port);
    return true;
  });
}

void Activator::open_ports(const std::vector<uint16_t>& ports,
                           std::vector<WorkerConfig>& configs) {
  for (const uint16_t port : ports) {
    const std::optional<SocketAddress> address = SocketAddress::parse(address_, port);
    absl::StatusOr<std::vector<Fd>> sockets = open_listeners(*address, workers_.size());
    if (!sockets.ok()) {
      const std::string reason(sockets.status().message());
      if (failed_ports_[port] != reason) spdlog::error("listener: {}", reason);
      failed_ports_[port] = reason;
      continue;
    }
    failed_ports_.erase(port);
    open_ports_.insert(port);
    for (size_t i = 0; i < configs.size(); ++i) {
      configs[i].open.push_back({port, std::move((*sockets)[i])});
    }
    spdlog::info("listener {} opens", address->to_string());
  }
}

void Activator::hand_out(std::vector<WorkerConfig> configs, std::function<void()> done) {
  auto left = std::make_shared<size_t>(workers_.size());
  for (size_t i = 0; i < workers_.size(); ++i) {
    workers_[i]->configure(std::move(configs[i]), [this, left, done] {
      asio::post(io_, [left, done] {
        if (--*left == 0) done();
      });
    });
  }
}

void Activator::retry_later() {
  retry_timer_.expires_after(kRetryListeners);
  retry_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || active_ == nullptr || failed_ports_.empty()) return;
    // Without a table: a newer one may be on its way to the workers.
    std::vector<WorkerConfig> configs(workers_.size());
    std::vector<uint16_t> wanted;
    for (const auto& [port, reason] : failed_ports_) wanted.push_back(port);
    open_ports(wanted, configs);
    hand_out(std::move(configs), [] {});
    if (failed_ports_.size() != wanted.size()) on_ports_();
    if (!failed_ports_.empty()) retry_later();
  });
}

}  // namespace limpet
