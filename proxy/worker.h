// A thread that serves: its own event loop, listening sockets, sessions, upstream connections,
// buffers and ciphers. Workers share nothing that changes but a few relaxed counters.
//
// Threading: configure(), drain(), stop() and the counters from any thread; everything else on the
// worker's own.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <absl/container/flat_hash_map.h>
#include <boost/intrusive/list.hpp>

#include "core/routing/routing_table.h"
#include "core/sticky/token.h"
#include "proxy/connection_limits.h"
#include "proxy/http/head.h"
#include "proxy/http/respond.h"
#include "proxy/limits.h"
#include "proxy/listener.h"
#include "proxy/mirror.h"
#include "proxy/net/buffer.h"
#include "proxy/net/reactor.h"
#include "proxy/session.h"
#include "proxy/table_pin.h"
#include "proxy/table_waiters.h"
#include "proxy/tls/server.h"
#include "proxy/upstream/ejections.h"
#include "proxy/upstream/failure_reports.h"
#include "proxy/upstream/pool.h"
#include "proxy/upstream/retry_budget.h"

namespace limpet {

// By what the table says of a cluster.
using TlsClients = absl::flat_hash_map<const UpstreamTls*, std::shared_ptr<const tls::Client>>;
using TlsServers = std::map<uint16_t, std::shared_ptr<const tls::Server>>;  // by port

// What a worker is to serve from now on.
struct WorkerConfig {
  std::shared_ptr<const RoutingTable> table;  // null: the one it has
  struct NewListener {
    uint16_t port;
    Fd fd;  // listening
  };
  std::vector<NewListener> open;
  std::vector<uint16_t> close;  // ports
  // Of the table's HTTPS ports; of no meaning without a table.
  std::shared_ptr<const TlsServers> tls;
  std::shared_ptr<const TlsClients> tls_clients;  // of the table's clusters; as above
};

// A port as a worker serves it. It stays once it has been, as connections made on it do.
struct WorkerPort {
  uint16_t number = 0;
  std::shared_ptr<const ListenerSettings> settings = default_listener_settings();
  std::shared_ptr<const tls::Server> tls;  // of new connections; null: they are plain text
  std::unique_ptr<Listener> listener;  // null: nothing new is accepted

  bool is_open() const { return listener != nullptr; }
};

struct WorkerOptions {
  uint32_t node_number = 0;  // under which session tokens are sealed
  std::shared_ptr<ConnectionLimits> connections;  // the node's
  size_t max_buffer_bytes = 0;                    // this worker's share
  int64_t drain_ms = 0;                           // NodeLimits::drain_ms
  // Called on the worker's thread with a table that it no longer uses.
  std::function<void(std::shared_ptr<const RoutingTable>)> retire_table;
  // Called on the worker's thread where a request could not connect to an endpoint whose health is
  // checked, or was cut off before an answer; not for each (upstream/failure_reports.h). Null:
  // nobody asks.
  std::function<void(const std::string& cluster, uint64_t endpoint_uid)> report_failure;
};

class Worker {
 public:
  explicit Worker(WorkerOptions options);
  ~Worker();  // stops and joins
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void start();
  // `done` is called on the worker's thread once every new request is served by the table.
  void configure(WorkerConfig config, std::function<void()> done);
  // Accepts no more, closes idle connections and lets running exchanges end, for a limited time;
  // then calls `drained` on the worker's thread, which ends.
  void drain(std::function<void()> drained);

  uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }
  // Connections beyond NodeLimits::max_connections_per_address.
  uint64_t refused_sessions() const { return refused_sessions_.load(std::memory_order_relaxed); }
  uint64_t failed_handshakes() const {
    return failed_handshakes_.load(std::memory_order_relaxed);
  }
  uint64_t failures(http::Failure failure) const {
    return failures_[static_cast<size_t>(failure)].load(std::memory_order_relaxed);
  }

  // ---- For sessions, exchanges and listeners, on the worker's thread.
  Reactor& reactor() { return reactor_; }
  BufferPool& buffers() { return buffers_; }
  // No new request is to be begun.
  bool buffers_full() const { return buffers_.leased_bytes() >= max_buffer_bytes_; }
  UpstreamPool& pool() { return pool_; }
  Ejections& ejections() { return ejections_; }
  // A request that the endpoint did not answer. Requires: the cluster's health is checked.
  void report_failure(const Cluster& cluster, const Endpoint& endpoint);
  RetryBudget& retry_budget() { return retry_budget_; }
  Mirrors& mirrors() { return mirrors_; }
  TableWaiters& table_waiters() { return table_waiters_; }
  ConnectionLimits& connections() { return *connections_; }
  TokenCodec& codec() { return codec_; }
  TablePin pin_table() const { return tables_.pin(); }
  // Requires: `settings` is in the newest table.
  std::shared_ptr<const tls::Client> tls_client(const UpstreamTls& settings) const {
    return tls_clients_->at(&settings);
  }
  // Room to work in, for the length of one call.
  http::RequestHead& request_head() { return request_head_; }
  http::ResponseHead& response_head() { return response_head_; }
  std::string& scratch() { return scratch_; }
  // For what is to differ, not for what is to be secret.
  uint32_t random() { return random_(); }

  // The new session acts at once.
  void start_session(Fd client, const SocketAddress& peer, const WorkerPort& port);
  void end(Session* session);
  // Calls the listener again at the next tick, or when a connection has ended.
  void accept_later(Listener* listener);
  void count_request() { count(requests_); }
  void count_refused_session() { count(refused_sessions_); }
  void count_failed_handshake() { count(failed_handshakes_); }
  void count_failure(http::Failure failure) { count(failures_[static_cast<size_t>(failure)]); }

 private:
  using Counter = std::atomic<uint64_t>;
  static constexpr size_t kFailures = static_cast<size_t>(http::Failure::kRouteTimeout) + 1;

  // Written by this worker alone: no read-modify-write is needed.
  static void count(Counter& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  void apply(WorkerConfig& config);
  void take_settings();
  void open_listener(WorkerConfig::NewListener& added);
  void close_port(WorkerPort& port);
  void on_tick();
  void accept_waiting();
  void check_some_deadlines();
  void begin_drain();
  void finish_drain();

  const std::shared_ptr<ConnectionLimits> connections_;
  const size_t max_buffer_bytes_;
  const int64_t drain_ms_;
  const std::function<void(const std::string&, uint64_t)> on_failure_;  // may be null
  Reactor reactor_;
  BufferPool buffers_;
  UpstreamPool pool_{reactor_};
  Ejections ejections_;
  FailureReports failure_reports_;
  RetryBudget retry_budget_;
  Mirrors mirrors_{*this};
  TokenCodec codec_;
  TableSlot tables_;
  TableWaiters table_waiters_{reactor_};
  std::shared_ptr<const TlsClients> tls_clients_;  // the newest table's; null before one
  std::shared_ptr<const TlsServers> tls_servers_;  // likewise
  std::map<uint16_t, WorkerPort> ports_;
  std::vector<Listener*> waiting_listeners_;
  boost::intrusive::list<Session> sessions_;  // owned
  http::RequestHead request_head_;
  http::ResponseHead response_head_;
  std::string scratch_;
  std::mt19937 random_{std::random_device{}()};
  uint64_t ticks_ = 0;
  bool draining_ = false;
  std::function<void()> drained_;
  int64_t drain_deadline_ms_ = 0;

  Counter requests_{0};
  Counter refused_sessions_{0};
  Counter failed_handshakes_{0};
  std::array<Counter, kFailures> failures_{};
  std::thread thread_;
};

}  // namespace limpet
