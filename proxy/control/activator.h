// Makes a snapshot serve: compiles it, opens and closes listeners, hands the table to every worker,
// and says when all of them have it.
//
// Threading: all on the control thread, the io_context's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/routing/compile.h"
#include "core/snapshot/snapshot.h"
#include "proxy/worker.h"

namespace limpet {

class Activator {
 public:
  // A port that could not be opened is tried again this often.
  static constexpr std::chrono::seconds kRetryListeners{2};

  // The workers must outlive the activator, and their threads must have ended before it goes.
  // `on_ports` is called after failed_ports() has changed by a retry.
  Activator(boost::asio::io_context& io, std::string address,
            std::vector<std::unique_ptr<Worker>>& workers, std::function<void()> on_ports);

  // Empty, and `done` is called once every worker serves from the snapshot; or the reasons for
  // which it cannot be compiled, and nothing has changed. Requires: the one before is done.
  std::vector<CompileError> activate(const Snapshot& snapshot, std::function<void()> done);

  // What serves; null before the first is done.
  const std::shared_ptr<const RoutingTable>& table() const { return active_; }
  // How its cluster with that is spoken to; never null.
  std::shared_ptr<const tls::Client> tls_client(const UpstreamTls& settings) const {
    return tls_clients_->at(&settings);
  }
  // Ports that a Gateway asks for and this node could not open, with the reason.
  const std::map<uint16_t, std::string>& failed_ports() const { return failed_ports_; }

  // No more retries, so that the io_context can run dry.
  void stop() { retry_timer_.cancel(); }

 private:
  // Reads the certificates of the table's HTTPS ports. The reasons why not, if it cannot.
  absl::StatusOr<std::shared_ptr<const TlsServers>> make_tls(const RoutingTable& table) const;
  // Reads what the table's clusters speak TLS with.
  absl::StatusOr<std::shared_ptr<const TlsClients>> make_tls_clients(
      const RoutingTable& table) const;
  // Opens the ports, as far as that is possible, and gives each worker its share.
  void open_ports(const std::vector<uint16_t>& ports, std::vector<WorkerConfig>& configs);
  void close_ports(const RoutingTable& table, std::vector<WorkerConfig>& configs);
  void hand_out(std::vector<WorkerConfig> configs, std::function<void()> done);
  void retry_later();

  boost::asio::io_context& io_;
  const std::string address_;
  std::vector<std::unique_ptr<Worker>>& workers_;
  const std::function<void()> on_ports_;
  boost::asio::steady_timer retry_timer_;
  std::shared_ptr<const RoutingTable> active_;
  std::shared_ptr<const TlsClients> tls_clients_ = std::make_shared<TlsClients>();
  std::shared_ptr<const TlsServers> tls_ = std::make_shared<TlsServers>();  // active_'s
  std::set<uint16_t> open_ports_;
  std::map<uint16_t, std::string> failed_ports_;
};

}  // namespace limpet
