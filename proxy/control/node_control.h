// The node's control: takes what the stream brings, makes it serve, acknowledges it, and keeps it
// on disk. Knows no gRPC: the stream is two functions.
//
// Threading: all on the control thread, the io_context's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/routing/scope.h"
#include "limpet/v1/discovery.pb.h"
#include "proxy/control/activator.h"
#include "proxy/control/health_checker.h"
#include "proxy/control/state_writer.h"
#include "proxy/control/sync_state.h"
#include "proxy/worker.h"

namespace limpet {

struct NodeIdentity {
  std::string node_id;
  std::string build;
  std::string address;    // where listeners bind, numeric
  GatewayNames gateways;  // that the node serves; empty: all
  std::map<std::string, std::string> labels;
};

class NodeControl {
 public:
  // Both sides say something this often, and a stream that has been silent for three times as long
  // is given up.
  static constexpr std::chrono::seconds kHeartbeat{5};
  static constexpr std::chrono::seconds kSilence{15};

  struct Stream {
    std::function<void(v1::NodeMessage)> send;
    // Ends the stream and begins a new one, with a new Hello.
    std::function<void(const std::string& why)> restart;
  };

  NodeControl(boost::asio::io_context& io, NodeIdentity identity,
              const std::filesystem::path& data_dir, std::vector<std::unique_ptr<Worker>>& workers);

  // Serves from the last-known-good file, if there is one; then calls `ready`.
  void restore(std::function<void()> ready);
  void start(Stream stream);
  void stop();

  v1::NodeMessage hello() const;
  void on_message(const v1::ServerMessage& message);
  void on_stream_lost();
  // By a worker: WorkerOptions::report_failure.
  void on_request_failure(const std::string& cluster, uint64_t endpoint_uid) {
    health_.note_request_failure(cluster, endpoint_uid);
  }

  // What /readyz says.
  struct Readiness {
    bool serving = false;
    std::string text;
  };
  Readiness readiness() const;

  // What serves; null before there is anything.
  const std::shared_ptr<const RoutingTable>& table() const { return activator_.table(); }

 private:
  using Clock = std::chrono::steady_clock;

  void on_delta(const v1::Delta& delta);
  void on_heartbeat(const v1::Heartbeat& heartbeat);
  void activate(SyncState::Update update);
  void on_active(std::shared_ptr<const SyncState::Update> update, Clock::time_point began);
  void reject(uint64_t revision, const std::vector<CompileError>& reasons);
  void on_written(const absl::Status& status);
  void report();
  void report_health(const std::vector<HealthFinding>& findings);
  void beat();

  boost::asio::io_context& io_;
  const NodeIdentity identity_;
  Activator activator_;
  HealthChecker health_;
  SyncState state_{Snapshot()};
  const std::filesystem::path state_path_;
  std::unique_ptr<StateWriter> writer_;  // null before restore()
  Stream stream_;
  boost::asio::steady_timer heartbeat_timer_;
  std::string state_file_problem_;  // empty: what serves is kept for a restart
  std::string reported_;            // on this stream, serialised
  bool activating_ = false;
  bool connected_ = false;       // the server has spoken on this stream
  bool foreign_server_ = false;  // its database is another one than what serves came from
  bool live_ = false;            // what serves came from the server, not from the file
  Clock::time_point last_heard_{};
  int64_t state_unix_s_ = 0;  // since when the state that serves is known
};

}  // namespace limpet
