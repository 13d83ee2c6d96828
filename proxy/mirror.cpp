#include "proxy/mirror.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/balance/balancer.h"
#include "core/balance/outlier.h"
#include "core/base/text.h"
#include "proxy/limits.h"
#include "proxy/worker.h"

namespace limpet {

Mirror::~Mirror() { end(nullptr); }

// In the order in which the cluster is balanced, without those that could not be reached just now.
bool Mirror::find_endpoint(const RoutingCluster& cluster) {
  Worker& worker = owner_.worker_;
  const int64_t now_ms = worker.reactor().now_ms();
  CandidateWalk walk;
  std::array<uint64_t, limits::kMaxCandidates> seen{};
  for (size_t count = 0; count < seen.size(); ++count) {
    const Endpoint* endpoint =
        walk.next(cluster.cluster, 0, std::span<const uint64_t>(seen.data(), count), now_ms);
    if (endpoint == nullptr) return false;
    seen[count] = endpoint->uid;
    if (is_ejected(cluster.cluster, *endpoint, now_ms)) continue;
    for (const SocketAddress& address : endpoint->addresses) {
      if (worker.ejections().judge(address, now_ms) != Ejections::Verdict::kUse) continue;
      if (connect(cluster, address)) {
        in_flight_ = InFlight(endpoint->live);
        return true;
      }
      if (!is_unreachable(errno)) return false;  // this node has no more descriptors, say
      worker.ejections().note_failure(address, Ejections::Failure::kRefused, now_ms);
    }
  }
  return false;
}

// False where the cluster has as many requests as it may have.
bool Mirror::enter(const RoutingCluster& cluster) {
  const ClusterCircuit* circuit = cluster.circuit.get();
  if (circuit == nullptr || !circuit->limits.any()) return true;
  const std::shared_ptr<LiveSlot>& slot = circuit->gate;
  gate_ = std::shared_ptr<ConnectionGate>(slot, &slot->get<ConnectionGate>());
  max_connections_ = circuit->limits.connections;
  return ConnectionGate::enter(gate_, circuit->limits, place_, nullptr) ==
         ConnectionGate::Entry::kEntered;
}

bool Mirror::connect(const RoutingCluster& cluster, const SocketAddress& address) {
  Worker& worker = owner_.worker_;
  std::shared_ptr<const tls::Client> tls;
  if (cluster.tls != nullptr) tls = worker.tls_client(*cluster.tls);
  upstream_ = worker.pool().take(address, tls.get(), /*probe=*/true);
  if (upstream_ == nullptr) {
    if (max_connections_ != 0 && gate_->open() >= max_connections_) {
      worker.pool().end_idle(*gate_);
    }
    upstream_ = worker.pool().connect(address, tls);
  }
  if (upstream_ == nullptr) return false;
  upstream_->set_owner(this);
  if (gate_ != nullptr && upstream_->open.gate() != gate_.get()) {
    upstream_->open = ConnectionGate::OpenConnection(gate_);
  }
  return true;
}

void Mirror::feed(std::string_view bytes, bool last) {
  if (is_over()) return;
  // It may have waited long for its client.
  if (pending() == 0 && upstream_->established()) give_time(answer_ms_);
  unsent_.append(bytes);
  owner_.pending_bytes_ += bytes.size();
  whole_ = last;
  if (pending() > limits::kMaxMirrorBytes) return end("its endpoint takes it too slowly");
  if (owner_.pending_bytes_ > limits::kMaxMirrorBytesOfWorker) {
    return end("too much waits on its way to mirrors");
  }
  owner_.worker_.reactor().schedule(upstream_.get());
}

void Mirror::on_upstream_events(UpstreamConnection&) { advance(); }

void Mirror::advance() {
  for (int round = 0; round < limits::kRoundsPerTurn; ++round) {
    const Step sent = send();
    if (sent == Step::kOver) return;
    const Step received = receive();
    if (received == Step::kOver) return;
    if (sent == Step::kIdle && received == Step::kIdle) return;
  }
  owner_.worker_.reactor().schedule(upstream_.get());
}

Mirror::Step Mirror::send() {
  Worker& worker = owner_.worker_;
  if (!upstream_->established()) {
    const IoStatus status = upstream_->establish();
    if (status == IoStatus::kWouldBlock) return Step::kIdle;
    if (status != IoStatus::kOk) {
      const auto failure = upstream_->error() == ETIMEDOUT ? Ejections::Failure::kTimedOut
                                                           : Ejections::Failure::kRefused;
      worker.ejections().note_failure(upstream_->address(), failure, worker.reactor().now_ms());
      end("its endpoint cannot be reached");
      return Step::kOver;
    }
    give_time(answer_ms_);
  }
  if (pending() == 0 || !upstream_->stream().writable()) return Step::kIdle;
  const IoResult sent = upstream_->stream().write(unsent_.data() + sent_, pending());
  if (sent.status == IoStatus::kWouldBlock) return Step::kIdle;
  if (sent.status != IoStatus::kOk) {
    end("its endpoint closed the connection");
    return Step::kOver;
  }
  sent_ += sent.size;
  owner_.pending_bytes_ -= sent.size;
  if (pending() == 0) {
    unsent_ = std::string();  // gives its memory back, as clear() does not
    sent_ = 0;
  } else if (sent_ > unsent_.size() / 2) {
    unsent_.erase(0, std::exchange(sent_, 0));
  }
  give_time(answer_ms_);
  return Step::kProgress;
}

Mirror::Step Mirror::receive() {
  if (!upstream_->established() || !upstream_->stream().readable()) return Step::kIdle;
  std::array<char, 16 * 1024> bytes;
  const IoResult read = upstream_->stream().read(bytes.data(), bytes.size());
  if (read.status == IoStatus::kWouldBlock) return Step::kIdle;
  if (read.status != IoStatus::kOk) {
    const bool answered = read.status == IoStatus::kEnd && head_done_ && body_.take_end();
    end(answered ? nullptr : "its endpoint closed the connection");
    return Step::kOver;
  }
  // To read on serves the next copy, which is not worth everything.
  answer_bytes_ += read.size;
  if (answer_bytes_ > limits::kMaxMirrorBytes) {
    end(nullptr);
    return Step::kOver;
  }
  return take_answer({bytes.data(), read.size});
}

// The answer's end is all that is looked for.
Mirror::Step Mirror::take_answer(std::string_view bytes) {
  if (!head_done_) head_.append(bytes);
  while (!head_done_) {
    const size_t size = scanner_.scan(head_);
    if (size == 0 && !scanner_.bad() && head_.size() <= BufferPool::kMaxHead) {
      return Step::kProgress;
    }
    scanner_.reset();
    http::ResponseHead& head = owner_.worker_.response_head();
    if (size == 0 ||
        http::parse_response_head(std::string_view(head_).substr(0, size), to_head_, head) !=
            http::ParseError::kNone ||
        head.status == 101) {
      end("its endpoint's answer is not valid HTTP/1.1");
      return Step::kOver;
    }
    head_done_ = head.status >= 200;
    if (head_done_) {
      body_ = http::BodyFraming(head);
      keep_alive_ = head.body != http::BodyKind::kUntilClose && head.status != 204 &&
                    (head.minor_version == 0 ? head.connection_keep_alive : !head.connection_close);
    }
    head_.erase(0, size);
    bytes = head_;
  }
  const size_t taken = body_.take(bytes);
  if (body_.failed() || taken != bytes.size()) keep_alive_ = false;
  head_.clear();
  if (!body_.complete() && !body_.failed()) return Step::kProgress;
  finish();
  return Step::kOver;
}

void Mirror::finish() {
  const bool within_limit = max_connections_ == 0 || gate_->open() <= max_connections_;
  const bool reusable = keep_alive_ && whole_ && pending() == 0 && within_limit &&
                        !upstream_->stream().readable();
  owner_.worker_.ejections().note_answer(upstream_->address());
  if (reusable) owner_.worker_.pool().put_back(std::move(upstream_));
  end(nullptr);
}

void Mirror::give_time(int64_t ms) { deadline_ms_ = owner_.worker_.reactor().now_ms() + ms; }

void Mirror::end(const char* why) {
  if (upstream_ != nullptr) owner_.worker_.pool().discard(std::move(upstream_));
  place_.leave();
  in_flight_ = {};
  owner_.pending_bytes_ -= pending();
  unsent_ = std::string();
  sent_ = 0;
  head_ = std::string();
  if (!std::exchange(running_, false)) return;
  owner_.note_end(to_);
  if (why != nullptr) owner_.give_up(to_, why);
}

std::shared_ptr<Mirror> Mirrors::begin(const RoutingCluster& cluster, const Request& request) {
  const std::string& name = cluster.cluster.name;
  const auto running = running_of_.find(name);
  if (running_ >= limits::kMaxMirrors || worker_.buffers_full() ||
      (running != running_of_.end() && running->second >= limits::kMaxMirrorsOfService)) {
    give_up(name, "too many are on their way");
    return nullptr;
  }
  auto mirror = std::make_shared<Mirror>(*this);
  if (!mirror->enter(cluster)) {
    give_up(name, "its Service has as many requests as it may have");
    return nullptr;
  }
  if (!mirror->find_endpoint(cluster)) {
    give_up(name, "no endpoint can be reached");
    return nullptr;
  }
  ++running_;
  ++running_of_[name];
  mirror->running_ = true;
  mirror->to_ = name;
  mirror->to_head_ = request.to_head;
  mirror->answer_ms_ = request.answer_ms;
  mirror->give_time(request.connect_ms);
  mirrors_.push_back(mirror);
  mirror->feed(request.bytes, request.whole);
  return request.whole || mirror->is_over() ? nullptr : mirror;
}

void Mirrors::sweep() {
  const int64_t now_ms = worker_.reactor().now_ms();
  for (const std::shared_ptr<Mirror>& mirror : mirrors_) {
    if (mirror->is_over() || now_ms < mirror->deadline_ms_ || mirror->waits_for_client()) continue;
    if (!mirror->upstream_->established()) {
      worker_.ejections().note_failure(mirror->upstream_->address(),
                                       Ejections::Failure::kTimedOut, now_ms);
    }
    mirror->end("its endpoint did not answer in time");
  }
  std::erase_if(mirrors_, [](const auto& mirror) { return mirror->is_over(); });
}

void Mirrors::note_end(const std::string& cluster) {
  --running_;
  const auto running = running_of_.find(cluster);
  if (--running->second == 0) running_of_.erase(running);
}

void Mirrors::give_up(const std::string& cluster, const char* why) {
  ++given_up_;
  last_reason_ = str_cat(cluster, ": ", why);
}

void Mirrors::report() {
  if (given_up_ == 0) return;
  spdlog::warn("{} copies of requests were given up, the last one to {}", given_up_, last_reason_);
  given_up_ = 0;
}

}  // namespace limpet
