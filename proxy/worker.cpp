#include "proxy/worker.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include <openssl/rand.h>
#include <spdlog/spdlog.h>

#include "proxy/limits.h"

namespace limpet {
namespace {

constexpr int kTicksPerSecond = 1000 / Reactor::kTickMs;

void fill_random(std::span<unsigned char> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) throw std::bad_alloc();
}

}  // namespace

Worker::Worker(WorkerOptions options)
    : connections_(std::move(options.connections)),
      max_buffer_bytes_(options.max_buffer_bytes),
      drain_ms_(options.drain_ms),
      on_failure_(std::move(options.report_failure)),
      codec_(options.node_number, fill_random),
      tables_(std::move(options.retire_table)) {}

Worker::~Worker() {
  if (thread_.joinable()) {
    reactor_.stop();
    thread_.join();
  }
  // The thread is gone; what it left is taken down here.
  sessions_.clear_and_dispose([](Session* session) { delete session; });
}

void Worker::start() {
  thread_ = std::thread([this] { reactor_.run([this] { on_tick(); }); });
}

void Worker::configure(WorkerConfig config, std::function<void()> done) {
  // A function must be copyable, a descriptor is not: hence the shared pointer.
  auto shared = std::make_shared<WorkerConfig>(std::move(config));
  reactor_.post([this, shared, done = std::move(done)] {
    apply(*shared);
    done();
  });
}

void Worker::apply(WorkerConfig& config) {
  // What has come on a port that goes away is served as it was asked for; a new listener's first
  // request must find its port.
  for (const uint16_t port : config.close) {
    const auto found = ports_.find(port);
    if (found != ports_.end()) close_port(found->second);
  }
  if (config.table != nullptr) {
    tables_.swap(std::move(config.table));
    tls_clients_ = std::move(config.tls_clients);
    tls_servers_ = std::move(config.tls);
    table_waiters_.on_table();
  }
  if (draining_) return;
  for (WorkerConfig::NewListener& added : config.open) open_listener(added);
  take_settings();
}

void Worker::open_listener(WorkerConfig::NewListener& added) {
  WorkerPort& port = ports_[added.port];
  port.number = added.port;
  auto listener = std::make_unique<Listener>(*this, std::move(added.fd), port);
  if (!reactor_.add(listener->fd(), listener.get())) {
    spdlog::error("a worker cannot watch port {}: {}", added.port, std::strerror(errno));
    return;
  }
  port.listener = std::move(listener);
}

// Also of ports that are opened later than their table has come.
void Worker::take_settings() {
  const TablePin table = tables_.pin();
  if (!table) return;
  for (auto& [number, port] : ports_) {
    const auto found = table->ports.find(number);
    if (found != table->ports.end()) port.settings = found->second->settings;
    port.tls = nullptr;
    if (tls_servers_ == nullptr) continue;
    const auto server = tls_servers_->find(number);
    if (server != tls_servers_->end()) port.tls = server->second;
  }
}

// Accepts no more, ends idle connections, and lets running exchanges be the last of theirs.
void Worker::close_port(WorkerPort& port) {
  if (!port.is_open()) return;
  port.listener->close();
  std::erase(waiting_listeners_, port.listener.get());
  reactor_.retire(std::move(port.listener));
  std::vector<Session*> sessions;
  for (Session& session : sessions_) {
    if (&session.port() == &port) sessions.push_back(&session);
  }
  for (Session* session : sessions) session->drain();
}

void Worker::start_session(Fd client, const SocketAddress& peer, const WorkerPort& port) {
  auto session = std::make_unique<Session>(*this, std::move(client), peer, port);
  if (!session->enter_address()) return count(refused_sessions_);
  Session* const started = session.release();
  sessions_.push_back(*started);
  started->start();
}

void Worker::accept_later(Listener* listener) {
  if (std::find(waiting_listeners_.begin(), waiting_listeners_.end(), listener) ==
      waiting_listeners_.end()) {
    waiting_listeners_.push_back(listener);
  }
}

void Worker::end(Session* session) {
  sessions_.erase(sessions_.iterator_to(*session));
  reactor_.retire(std::unique_ptr<Session>(session));
  // Another connection may have its place.
  accept_waiting();
}

void Worker::on_tick() {
  accept_waiting();
  check_some_deadlines();
  mirrors_.sweep();
  if (++ticks_ % kTicksPerSecond == 0) {
    pool_.sweep();
    ejections_.sweep(reactor_.now_ms());
    failure_reports_.sweep(reactor_.now_ms());
    mirrors_.report();
  }
  if (draining_ && (sessions_.empty() || reactor_.now_ms() >= drain_deadline_ms_)) finish_drain();
}

void Worker::report_failure(const Cluster& cluster, const Endpoint& endpoint) {
  if (on_failure_ == nullptr ||
      !failure_reports_.take(cluster.id, endpoint.uid, reactor_.now_ms())) {
    return;
  }
  on_failure_(cluster.name, endpoint.uid);
}

void Worker::accept_waiting() {
  std::vector<Listener*> waiting;
  waiting.swap(waiting_listeners_);
  for (Listener* listener : waiting) reactor_.schedule(listener);
}

// Every session about once a second, a tenth of them each tick.
void Worker::check_some_deadlines() {
  size_t left = (sessions_.size() + kTicksPerSecond - 1) / kTicksPerSecond;
  while (left-- > 0 && !sessions_.empty()) {
    Session& session = sessions_.front();
    sessions_.pop_front();
    sessions_.push_back(session);
    session.check_deadline(reactor_.now_ms());
  }
}

void Worker::drain(std::function<void()> drained) {
  reactor_.post([this, drained = std::move(drained)] {
    drained_ = drained;
    begin_drain();
  });
}

void Worker::finish_drain() {
  if (drained_) std::exchange(drained_, nullptr)();
  reactor_.stop();
}

void Worker::begin_drain() {
  if (draining_) return;
  draining_ = true;
  drain_deadline_ms_ = reactor_.now_ms() + drain_ms_;
  for (auto& [number, port] : ports_) close_port(port);
}

}  // namespace limpet
