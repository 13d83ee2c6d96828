#include "proxy/exchange.h"

#include <array>
#include <cerrno>

#include "core/routing/match.h"
#include "proxy/http/upgrade.h"
#include "proxy/limits.h"
#include "proxy/worker.h"

namespace limpet {

using http::Failure;

namespace {

// RFC 9110 §9.2.2.
bool is_idempotent(std::string_view method) {
  static constexpr std::string_view kMethods[] = {"GET",    "HEAD",    "PUT",
                                                  "DELETE", "OPTIONS", "TRACE"};
  for (const std::string_view idempotent : kMethods) {
    if (method == idempotent) return true;
  }
  return false;
}

// Whether a connect() that failed at once says something of the address; if not, of this node.
bool is_unreachable(int error) {
  return error == ECONNREFUSED || error == ENETUNREACH || error == EHOSTUNREACH ||
         error == ENETDOWN || error == EHOSTDOWN;
}

}  // namespace

Exchange::Exchange(Worker& worker, EventHandler& wake, ClientSide client)
    : worker_(worker), wake_(wake), client_(client) {}

Exchange::~Exchange() {
  if (policies_ != nullptr) drop_held();
  drop_upstream();
  worker_.buffers().give_back(std::move(out_));
}

void Exchange::on_upstream_events(UpstreamConnection&) { wake_.on_events(0); }

// ---- From the head to a connection.

Exchange::Status Exchange::begin(const http::RequestHead& head, size_t head_size) {
  to_head_ = head.method == "HEAD";
  idempotent_ = is_idempotent(head.method);
  client_minor_version_ = static_cast<uint8_t>(head.minor_version);
  client_done_ = head.connection_close ||
                 (head.minor_version == 0 && !head.connection_keep_alive);
  keep_alive_ = !client_done_ && !client_.last_request;
  offered_protocols_ = http::offered_protocols(head);
  request_body_ = http::BodyFraming(head);
  request_ready_ = head_size + request_body_.take(client_.in->bytes().substr(head_size));
  std::optional<Failure> failure;
  if (request_body_.failed()) failure = Failure::kBadRequest;
  if (!failure) failure = route(head);
  if (!failure && !rewrite_request(head, head_size)) failure = Failure::kHeadTooLarge;
  if (!failure) {
    worker_.retry_budget().note_request();
    const RoutingCluster& cluster = pick_.cluster();
    if (cluster.retry == nullptr && cluster.circuit == nullptr) {
      return try_next(Failure::kConnectFailed);
    }
    return settle(begin_under_policies());
  }
  failure_ = *failure;
  return Status::kFailed;
}

std::optional<Failure> Exchange::route(const http::RequestHead& head) {
  table_ = worker_.pin_table();
  if (!table_) return Failure::kNoTable;
  const auto port = table_->ports.find(client_.port.number);
  if (port == table_->ports.end()) return Failure::kNoRoute;
  const std::string_view host = http::host_of(head.authority);
  std::array<char, 256> lower;
  if (host.size() > lower.size()) return Failure::kNoRoute;
  for (size_t i = 0; i < host.size(); ++i) {
    lower[i] = host[i] >= 'A' && host[i] <= 'Z' ? static_cast<char>(host[i] | 0x20) : host[i];
  }
  const Match found = match(*port->second, {lower.data(), host.size()}, head.path);
  if (found.rule == nullptr) return Failure::kNoRoute;
  if (found.rule->rate_limit != nullptr) {
    if (const auto limited = limit_rate(*found.rule->rate_limit, head)) return limited;
  }
  return pick_.start(*table_, *found.rule, head, worker_.codec(),
                     worker_.reactor().now_unix_s());
}

// Puts the new head where the old one was, directly before the body bytes that came with it.
bool Exchange::rewrite_request(const http::RequestHead& head, size_t head_size) {
  const Forwarding& forwarding = client_.port.settings->forwarding;
  http::RequestRewrite rewrite;
  rewrite.client_ip = client_.ip;
  rewrite.trusted = forwarding.trusted.contains(client_.peer);
  rewrite.x_forwarded = forwarding.x_forwarded;
  rewrite.forwarded = forwarding.forwarded;
  rewrite.via = forwarding.via;
  rewrite.listener_port = client_.port.number;
  rewrite.drop_cookie = pick_.cookie_name();
  rewrite.upgrade = offered_protocols_;
  std::string& scratch = worker_.scratch();
  scratch.clear();
  http::rewrite_request(head, rewrite, scratch);
  if (!client_.in->replace_front(head_size, scratch)) return false;
  request_begin_ = client_.in->begin();
  request_ready_ += scratch.size() - head_size;
  return true;
}

Exchange::Status Exchange::try_next(Failure why) {
  drop_upstream();
  failure_ = why;
  const int64_t now_ms = worker_.reactor().now_ms();
  for (;;) {
    const SocketAddress* address = pick_.next(worker_.ejections(), now_ms);
    if (address == nullptr) return Status::kFailed;
    if (pick_.attempts() > 1 && !worker_.retry_budget().take(now_ms)) return Status::kFailed;
    if (connect_to(*address)) return Status::kWaiting;
  }
}

// By an idle connection or a new one. False, and noted, when the kernel refuses at once.
bool Exchange::connect_to(const SocketAddress& address) {
  // What cannot be sent twice goes out only where somebody is certain to have been just now.
  const bool probe = !idempotent_ || !request_body_.complete();
  auto connection = worker_.pool().take(address, probe);
  if (connection == nullptr) {
    if (policies_ != nullptr) make_room();
    connection = worker_.pool().connect(address);
  }
  if (connection != nullptr) {
    lease(std::move(connection));
    return true;
  }
  if (is_unreachable(errno)) {
    worker_.ejections().note_failure(address, Ejections::Failure::kRefused,
                                     worker_.reactor().now_ms());
  }
  return false;
}

void Exchange::note_failure(Ejections::Failure failure) {
  worker_.ejections().note_failure(upstream_->address(), failure, worker_.reactor().now_ms());
}

// False when the kernel refuses at once.
bool Exchange::connect_anew(const SocketAddress& address) {
  drop_upstream();
  auto connection = worker_.pool().connect(address);
  if (connection == nullptr) return false;
  lease(std::move(connection));
  return true;
}

// Requires: the request can be sent from its first byte.
void Exchange::lease(std::unique_ptr<UpstreamConnection> connection) {
  upstream_ = std::move(connection);
  upstream_->set_owner(this);
  const size_t end = client_.in->begin() + request_ready_;
  client_.in->rewind_to(request_begin_);
  request_ready_ = end - request_begin_;
  request_sent_here_ = 0;
  upstream_refuses_ = false;
  response_head_deadline_ms_ = 0;
  if (policies_ != nullptr) count_connection();
  set_deadline();
}

void Exchange::drop_upstream() {
  if (upstream_ != nullptr) worker_.pool().discard(std::move(upstream_));
}

bool Exchange::skip_request() {
  if (client_.in != nullptr) client_.in->consume(request_ready_);
  request_ready_ = 0;
  return request_body_.complete();
}

// ---- The two directions.

Exchange::Step Exchange::stop(Status status) {
  stop_ = status;
  return Step::kStop;
}

Exchange::Step Exchange::fail(Failure failure) {
  failure_ = failure;
  return stop(response_out_ ? Status::kAborted : Status::kFailed);
}

Exchange::Status Exchange::advance() {
  if (is_paused()) {
    const Status status = resume();
    if (status != Status::kYield) return status;
  }
  for (int round = 0; round < limits::kRoundsPerTurn; ++round) {
    const Step request = pump_request();
    if (request == Step::kStop) return settle(stop_);
    const Step response = pump_response();
    if (response == Step::kStop) return settle(stop_);
    if (response_head_done_ && response_body_.complete() && response_ready_ == 0) return finish();
    if (request == Step::kIdle && response == Step::kIdle) return Status::kWaiting;
    set_deadline();
  }
  return Status::kYield;
}

Exchange::Step Exchange::pump_request() {
  Stream& upstream = upstream_->stream();
  if (!upstream_->connected) {
    if (!upstream.writable()) return Step::kIdle;
    const int error = upstream.connect_error();
    if (error != 0) {
      note_failure(error == ETIMEDOUT ? Ejections::Failure::kTimedOut
                                      : Ejections::Failure::kRefused);
      // Of one that was reached before, and closed, that is what there is to say.
      const Status status =
          try_next(resent_ ? Failure::kUpstreamClosed : Failure::kConnectFailed);
      return status == Status::kWaiting ? Step::kProgress : stop(status);
    }
    upstream_->connected = true;
  }
  if (request_ready_ == 0) return read_request_body();
  if (upstream_refuses_ || !upstream.writable()) return Step::kIdle;
  const IoResult sent = upstream.write(client_.in->bytes().data(), request_ready_);
  if (sent.status == IoStatus::kWouldBlock) return Step::kIdle;
  if (sent.status != IoStatus::kOk) {
    // It may have answered and closed without reading all: see what it said.
    upstream_refuses_ = true;
    return Step::kProgress;
  }
  client_.in->consume(sent.size);
  request_ready_ -= sent.size;
  request_sent_here_ += sent.size;
  return Step::kProgress;
}

Exchange::Step Exchange::read_request_body() {
  if (request_body_.complete() || upstream_refuses_ || !client_.stream.readable()) {
    return Step::kIdle;
  }
  Buffer& in = *client_.in;
  // All that was read has been sent. Reading on behind it keeps it for a retry, while room is left.
  if (!replayable_ || in.space_size() < in.capacity() / 2) {
    in.clear();
    replayable_ = false;
  }
  const IoResult read = client_.stream.read(in.space(), in.space_size());
  if (read.status == IoStatus::kWouldBlock) return Step::kIdle;
  if (read.status != IoStatus::kOk) return stop(Status::kAborted);
  const std::string_view fresh(in.space(), read.size);
  in.commit(read.size);
  request_ready_ = request_body_.take(fresh);
  return request_body_.failed() ? fail(Failure::kBadRequest) : Step::kProgress;
}

Exchange::Status Exchange::finish() {
  if (!request_body_.complete()) keep_alive_ = false;
  const bool clean = request_sent() && !upstream_refuses_ &&
                     (out_ == nullptr || out_->empty()) && !upstream_->stream().readable();
  if (upstream_keep_alive_ && clean && may_keep_connection()) {
    worker_.pool().put_back(std::move(upstream_));
  } else {
    drop_upstream();
  }
  return Status::kDone;
}

// ---- Time.

void Exchange::set_deadline() {
  const Timeouts& timeouts = client_.port.settings->timeouts;
  const int64_t now_ms = worker_.reactor().now_ms();
  if (upstream_ != nullptr && !upstream_->connected) {
    deadline_ms_ = now_ms + bounded_by_try(timeouts.connect_ms);
  } else if (!response_head_done_ && request_sent()) {
    // From the request's last byte, whatever drips in.
    if (response_head_deadline_ms_ == 0) {
      response_head_deadline_ms_ = now_ms + bounded_by_try(timeouts.response_head_ms);
    }
    deadline_ms_ = response_head_deadline_ms_;
  } else {
    deadline_ms_ = now_ms + timeouts.body_progress_ms;
  }
}

Exchange::Status Exchange::on_deadline() {
  if (is_paused()) return on_pause_deadline();
  if (upstream_ != nullptr && !upstream_->connected) {
    note_failure(Ejections::Failure::kTimedOut);
    // The next one may be connected already: no edge would come.
    const Status status = try_next(Failure::kConnectTimeout);
    return go_on_with(status);
  }
  if (response_out_ || response_head_done_) return Status::kAborted;
  if (policies_ != nullptr) {
    if (const std::optional<Status> status = retry_after_time()) return *status;
  }
  const bool client_owes =
      request_ready_ == 0 && !request_body_.complete() && !upstream_refuses_;
  failure_ = client_owes ? Failure::kRequestTimeout : Failure::kResponseTimeout;
  return settle(Status::kFailed);
}

}  // namespace limpet
