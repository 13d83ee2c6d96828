// The exchange under the policies of its cluster: who is let through, who waits, and when a request
// is sent again.
#include <algorithm>
#include <utility>

#include "proxy/exchange.h"
#include "proxy/limits.h"
#include "proxy/worker.h"

namespace limpet {

using http::Failure;
using Pause = ClusterPolicies::Pause;

// ---- The circuit.

Exchange::Status Exchange::begin_under_policies() {
  const RoutingCluster& cluster = pick_.cluster();
  policies_ = std::make_unique<ClusterPolicies>();
  ClusterPolicies& own = *policies_;
  own.retry = rule_->retry != nullptr ? rule_->retry.get() : cluster.retry.get();
  own.per_try_ms = own.retry == nullptr ? 0 : own.retry->per_try_ms;
  const int64_t backend_ms = rule_->timeouts.backend_ms;
  if (backend_ms != 0 && (own.per_try_ms == 0 || backend_ms < own.per_try_ms)) {
    own.per_try_ms = backend_ms;
  }
  own.circuit = cluster.circuit.get();
  own.began_ms = own.try_began_ms = worker_.reactor().now_ms();
  if (own.retry != nullptr) {
    pick_.set_max_attempts(
        std::max(limits::kMaxAttempts, 1 + static_cast<int>(own.retry->num_retries)));
  }
  if (own.circuit == nullptr) return try_next(Failure::kConnectFailed);
  if (own.circuit->settings.has_threshold()) {
    own.pass = own.circuit->breaker->admit(own.circuit->settings, own.began_ms);
    if (!own.pass) return refuse_circuit();
  }
  if (!own.circuit->limits.any()) return try_next(Failure::kConnectFailed);
  const std::shared_ptr<LiveSlot>& slot = own.circuit->gate;
  own.gate = std::shared_ptr<ConnectionGate>(slot, &slot->get<ConnectionGate>());
  return enter_gate();
}

Exchange::Status Exchange::enter_gate() {
  ClusterPolicies& own = *policies_;
  const GateLimits& limits = own.circuit->limits;
  ConnectionGate::Entry entry = ConnectionGate::enter(own.gate, limits, own.place, nullptr);
  if (entry == ConnectionGate::Entry::kFull && limits.pending != 0) {
    own.queued = std::make_unique<QueuedRequest>(worker_.reactor(), wake_);
    entry = ConnectionGate::enter(own.gate, limits, own.place, &own.queued->waiter());
  }
  if (entry == ConnectionGate::Entry::kWaiting) {
    own.pause = Pause::kQueue;
    set_deadline_to(own.began_ms + client_.port.settings->timeouts.connect_ms);
    return Status::kWaiting;
  }
  own.queued.reset();
  if (entry == ConnectionGate::Entry::kEntered) return try_next(Failure::kConnectFailed);
  failure_ = Failure::kCircuitFull;
  return Status::kFailed;
}

Exchange::Status Exchange::refuse_circuit() {
  const BreakerSettings& settings = policies_->circuit->settings;
  variation_.status = settings.open_status;
  variation_.content = settings.open_content;
  failure_ = Failure::kCircuitOpen;
  return Status::kFailed;
}

// Whether the circuit has not opened since the request was let through.
bool Exchange::circuit_holds() const {
  return policies_ == nullptr || !policies_->pass ||
         policies_->circuit->breaker->still_admits(policies_->pass);
}

// Each try once.
void Exchange::count_in_circuit(bool error) {
  ClusterPolicies& own = *policies_;
  if (std::exchange(own.try_counted, true) || !own.pass) return;
  const int64_t now_ms = worker_.reactor().now_ms();
  own.circuit->breaker->note(own.pass, own.circuit->settings,
                             {error, now_ms - own.try_began_ms}, now_ms);
}

// With its connection.
void Exchange::begin_try() {
  ClusterPolicies& own = *policies_;
  const int64_t backend_ms = rule_->timeouts.backend_ms;
  if (backend_ms != 0) own.try_deadline_ms = worker_.reactor().now_ms() + backend_ms;
  own.try_began_ms = worker_.reactor().now_ms();
  own.try_counted = false;
  if (own.gate == nullptr || upstream_->open.gate() == own.gate.get()) return;
  upstream_->open = ConnectionGate::OpenConnection(own.gate);
}

// Before a new connection: one that idles makes way, where those that do count.
void Exchange::make_room() {
  const ClusterPolicies& own = *policies_;
  if (own.gate == nullptr || own.circuit->limits.connections == 0) return;
  if (own.gate->open() >= own.circuit->limits.connections) worker_.pool().end_idle(*own.gate);
}

// Whether the connection may idle after its exchange.
bool Exchange::may_keep_connection() const {
  if (policies_ == nullptr || policies_->gate == nullptr) return true;
  const uint32_t limit = policies_->circuit->limits.connections;
  return limit == 0 || policies_->gate->open() <= limit;
}

// ---- What is waited for.

bool Exchange::is_paused() const {
  return policies_ != nullptr && policies_->pause != Pause::kNone;
}

bool Exchange::deadline_is_exact() const {
  if (request_deadline_ms_ != 0) return true;
  return policies_ != nullptr && (is_paused() || policies_->per_try_ms != 0);
}

// kYield: there is a connection to go on with.
Exchange::Status Exchange::resume() {
  ClusterPolicies& own = *policies_;
  if (own.pause == Pause::kBackoff) {
    if (worker_.reactor().now_ms() < deadline_ms_) return Status::kWaiting;
    own.pause = Pause::kNone;
    if (!circuit_holds()) {
      take_held();
      return Status::kYield;
    }
    const SocketAddress& address = pick_.try_again(pick_.last());
    return connect_to(address) ? Status::kYield : go_on_with(try_next(Failure::kConnectFailed));
  }
  own.place = own.queued->waiter().take();
  if (!own.place) return Status::kWaiting;
  own.pause = Pause::kNone;
  own.queued.reset();
  if (!circuit_holds()) return refuse_circuit();
  const Status status = try_next(Failure::kConnectFailed);
  if (status == Status::kWaiting) begin_mirrors();
  return go_on_with(status);
}

Exchange::Status Exchange::go_on_with(Status status) {
  return status == Status::kWaiting ? Status::kYield : settle(status);
}

Exchange::Status Exchange::on_pause_deadline() {
  if (policies_->pause == Pause::kBackoff) return resume();
  // What is there by now is not refused.
  const Status status = resume();
  if (status != Status::kWaiting) return status;
  failure_ = Failure::kCircuitFull;
  return Status::kFailed;
}

// ---- Retries.

bool Exchange::can_send_again() const {
  return idempotent_ && replayable_ && request_sent() && client_.in != nullptr && !interim_ &&
         !response_out_ && !response_head_done_;
}

// Whether it may be sent once more, which then counts. Requires: a RetryPolicy.
bool Exchange::take_retry() {
  ClusterPolicies& own = *policies_;
  if (!circuit_holds() || own.retries >= own.retry->num_retries) return false;
  ++own.retries;
  return true;
}

// Whether the answer whose head is at the front of the buffer is not passed on, because another
// candidate is asked.
bool Exchange::retry_after_answer(const http::ResponseHead& head, size_t size) {
  ClusterPolicies& own = *policies_;
  if (own.retry == nullptr || !own.retry->covers(head.status) || !can_send_again()) return false;
  if (!take_retry()) return false;
  const int64_t now_ms = worker_.reactor().now_ms();
  const Pick::Candidate here = pick_.last();
  pick_.leave_endpoint();
  const bool another = pick_.next(worker_.ejections(), now_ms) != nullptr;
  // A route's own retry (GEP-1731) goes to the same endpoint when there is no other.
  if ((!another && rule_->retry == nullptr) || !worker_.retry_budget().take(now_ms)) {
    pick_.return_to(here);
    return false;
  }
  if (!another) pick_.return_to(here);
  worker_.ejections().note_answer(upstream_->address());
  hold_answer(head, size, here);
  pick_.take_in_flight();  // it is nowhere, as long as it waits
  own.pause = Pause::kBackoff;
  own.try_deadline_ms = 0;
  set_deadline_to(now_ms + retry_backoff_ms(*own.retry, own.retries, worker_.random()));
  return true;
}

void Exchange::hold_answer(const http::ResponseHead& head, size_t size,
                           const Pick::Candidate& from) {
  drop_held();
  http::BodyFraming body(head);
  const std::string_view rest = out_->bytes().substr(size);
  const bool keep_alive = head.minor_version == 0 ? head.connection_keep_alive
                                                  : !head.connection_close;
  const bool whole = keep_alive && head.body != http::BodyKind::kUntilClose && head.status != 204 &&
                     body.take(rest) == rest.size() && body.complete() && !upstream_refuses_;
  policies_->held = {std::move(upstream_), std::move(out_), from, whole};
  response_begun_ = false;
}

void Exchange::drop_held() {
  ClusterPolicies::HeldAnswer& held = policies_->held;
  worker_.buffers().give_back(std::move(held.bytes));
  if (held.upstream == nullptr) return;
  if (held.whole && !held.upstream->stream().readable() && may_keep_connection()) {
    worker_.pool().put_back(std::move(held.upstream));
  } else {
    worker_.pool().discard(std::move(held.upstream));
  }
}

// Nobody had a better answer than the last that was not passed on.
void Exchange::take_held() {
  ClusterPolicies::HeldAnswer held = std::move(policies_->held);
  drop_upstream();
  worker_.buffers().give_back(std::move(out_));
  upstream_ = std::move(held.upstream);
  upstream_->set_owner(this);
  out_ = std::move(held.bytes);
  pick_.return_to(held.from);
  policies_->retry = nullptr;
  policies_->held_taken = true;
  // It was made for the whole request.
  client_.in->consume(request_ready_);
  request_ready_ = 0;
  response_scanner_.reset();
  response_ready_ = 0;
  response_begun_ = true;
  upstream_refuses_ = false;
  response_head_deadline_ms_ = 0;
  policies_->try_deadline_ms = 0;
  set_deadline();
}

// The last word on a failure: an answer that was held back may be had instead.
Exchange::Status Exchange::settle(Status status) {
  if (policies_ == nullptr || status != Status::kFailed) return status;
  if (http::info(failure_).source != http::Source::kUpstream) return status;
  count_in_circuit(true);
  if (policies_->held.bytes == nullptr) return status;
  take_held();
  return Status::kYield;
}

// The try has taken as long as one may: the next candidate, if there is one.
std::optional<Exchange::Status> Exchange::retry_after_time() {
  ClusterPolicies& own = *policies_;
  if (own.retry == nullptr || own.per_try_ms == 0 || !can_send_again()) return std::nullopt;
  if (!take_retry()) return std::nullopt;
  count_in_circuit(true);
  pick_.leave_endpoint();
  pick_.note_outcome(0, worker_.reactor().now_ms());
  worker_.buffers().give_back(std::move(out_));
  response_scanner_.reset();
  response_begun_ = false;
  return go_on_with(try_next(Failure::kResponseTimeout));
}

int64_t Exchange::bounded_by_try(int64_t ms) const {
  if (policies_ == nullptr || policies_->per_try_ms == 0) return ms;
  return std::min(ms, policies_->per_try_ms);
}

}  // namespace limpet
