#include "proxy/exchange.h"

#include <array>
#include <cerrno>

#include <absl/hash/hash.h>
#include <absl/strings/ascii.h>

#include "core/base/text.h"
#include "core/routing/match.h"
#include "proxy/http/cors.h"
#include "proxy/http/head_fields.h"
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

Failure why_unreached(const UpstreamConnection& connection) {
  return connection.error() == EPROTO ? Failure::kUpstreamTls : Failure::kConnectFailed;
}

}  // namespace

Exchange::Exchange(Worker& worker, EventHandler& wake, ClientSide client)
    : worker_(worker), wake_(wake), client_(client) {}

Exchange::~Exchange() {
  if (policies_ != nullptr) drop_held();
  for (const std::shared_ptr<Mirror>& mirror : mirrors_) mirror->abandon();
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
  if (behind_) return Status::kBehind;
  if (!failure && !rewrite_request(head, head_size)) failure = Failure::kHeadTooLarge;
  if (!failure) {
    const Status status = begin_to_endpoint();
    if (status == Status::kWaiting && !is_paused()) begin_mirrors();
    return status;
  }
  failure_ = *failure;
  return Status::kFailed;
}

Exchange::Status Exchange::begin_to_endpoint() {
  const RoutingCluster& cluster = pick_.cluster();
  if (cluster.retry == nullptr && cluster.circuit == nullptr && rule_->retry == nullptr &&
      rule_->timeouts.backend_ms == 0) {
    return try_next(Failure::kConnectFailed);
  }
  return settle(begin_under_policies());
}

std::optional<Failure> Exchange::route(const http::RequestHead& head) {
  table_ = worker_.pin_table();
  if (!table_) return Failure::kNoTable;
  const auto port = table_->ports.find(client_.port.number);
  if (port == table_->ports.end()) return Failure::kNoRoute;
  // A connection from when the port was one for HTTP.
  if (port->second->https && !client_.https()) return Failure::kPlainHttp;
  const std::string_view host = http::host_of(head.authority);
  std::array<char, 256> lower;
  if (host.size() > lower.size()) return Failure::kNoRoute;
  for (size_t i = 0; i < host.size(); ++i) {
    lower[i] = host[i] >= 'A' && host[i] <= 'Z' ? static_cast<char>(host[i] | 0x20) : host[i];
  }
  const std::string_view name(lower.data(), host.size());
  const http::HeadFields fields(head);
  const Match found =
      match(*port->second, {name, head.path, head.query(), head.method, &fields});
  if (client_.https() && !is_for(*port->second, name, found.listener)) {
    return Failure::kMisdirected;
  }
  if (found.rule == nullptr) return Failure::kNoRoute;
  rule_ = found.rule;
  if (rule_->timeouts.request_ms != 0) {
    request_deadline_ms_ = worker_.reactor().now_ms() + rule_->timeouts.request_ms;
  }
  const http::Requester requester{head, client_.peer, client_.ip,
                                  client_.port.settings->forwarding};
  if (const std::optional<Failure> answer = apply_cors(rule_->filters.get(), head)) return answer;
  if (found.rule->rate_limit != nullptr && !client_.waited &&
      !let_through(*found.rule->rate_limit, requester)) {
    return Failure::kRateLimited;
  }
  if (const std::optional<Failure> answer = answer_by_filter(head)) return answer;
  std::optional<Failure> failure = pick_.start(
      *table_, *found.rule, requester, worker_.codec(), client_.token,
      worker_.reactor().now_unix_s());
  behind_ = client_.may_wait && pick_.is_behind();
  if (behind_) return std::nullopt;
  if (pick_.reason() != StickyReason::kNone) worker_.count_decision(pick_.reason());
  if (!failure) failure = answer_by_backend_filter(head);
  if (!failure && pick_.tls() != nullptr) upstream_tls_ = worker_.tls_client(*pick_.tls());
  return failure;
}

// Whether the listener that takes the host is the one whose certificate the connection began with
// (Gateway API, HTTPS listeners; RFC 9110 §7.4). A browser asks others over a connection that it
// has, where a certificate covers both.
bool Exchange::is_for(const RoutingPort& port, std::string_view host,
                      const RoutingListener* listener) const {
  const std::string_view name = client_.stream.tls()->server_name();
  if (name == host) return true;
  const RoutingListener* begun = nullptr;
  port.listeners.visit_covering(absl::AsciiStrToLower(absl_view(name)),
                                [&](const RoutingListener& candidate) {
                                  begun = &candidate;
                                  return true;
                                });
  return listener == begun;
}

bool Exchange::let_through(RateLimit& limit, const http::Requester& requester) {
  const RateLimitSettings& settings = limit.settings();
  uint64_t client = 0;
  if (settings.client) {
    const std::string_view value = requester.value_of(*settings.client);
    // Seeded anew in each process: nobody can choose another's bucket.
    if (!value.empty()) client = absl::HashOf(value);
  }
  const int64_t wait_ms = limit.take(client, worker_.reactor().now_ms());
  if (wait_ms == 0) return true;
  variation_.status = settings.status;
  variation_.fields += str_cat("retry-after: ", (wait_ms + 999) / 1000, "\r\n");
  for (const auto& [name, value] : settings.headers) {
    if (cors_ != nullptr && http::is_cors_field(name)) continue;
    variation_.fields += str_cat(name, ": ", value, "\r\n");
  }
  return false;
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
  if (client_.https()) rewrite.scheme = "https";
  rewrite.listener_port = client_.port.number;
  rewrite.drop_cookie = pick_.hidden_cookie();
  rewrite.drop_header = pick_.hidden_header();
  rewrite.learned_cookie = pick_.learned_cookie();
  rewrite.upgrade = offered_protocols_;
  rewrite.changes = changes(&RouteFilters::request);
  std::string path;
  rewrite_url(head, rewrite, path);
  std::string& scratch = worker_.scratch();
  scratch.clear();
  http::rewrite_request(head, rewrite, scratch);
  // From here on the head's views lead nowhere.
  if (!worker_.buffers().replace_front(client_.in, head_size, scratch)) return false;
  request_begin_ = client_.in->begin();
  request_ready_ += scratch.size() - head_size;
  return true;
}

Exchange::Status Exchange::try_next(Failure why) {
  drop_upstream();
  failure_ = why;
  const int64_t now_ms = worker_.reactor().now_ms();
  for (;;) {
    const Pick::Candidate tried = pick_.last();
    const SocketAddress* address = pick_.next(worker_.ejections(), now_ms);
    if (address == nullptr) return Status::kFailed;
    if (pick_.attempts() == 1) {
      worker_.retry_budget().note_request();
    } else if (!circuit_holds() || !worker_.retry_budget().take(now_ms)) {
      pick_.return_to(tried);  // the other one is not to blame
      return Status::kFailed;
    }
    if (connect_to(*address)) return Status::kWaiting;
  }
}

// By an idle connection or a new one. False, and noted, when the kernel refuses at once.
bool Exchange::connect_to(const SocketAddress& address) {
  // What cannot be sent twice goes out only where somebody is certain to have been just now.
  const bool probe = !idempotent_ || !request_body_.complete();
  auto connection = worker_.pool().take(address, upstream_tls_.get(), probe);
  if (connection == nullptr) {
    if (policies_ != nullptr) make_room();
    connection = worker_.pool().connect(address, upstream_tls_);
  }
  if (connection != nullptr) {
    lease(std::move(connection));
    return true;
  }
  if (is_unreachable(errno)) note_failure(address, Ejections::Failure::kRefused);
  return false;
}

// Of the candidate that is being tried, at that one of its addresses.
void Exchange::note_failure(const SocketAddress& address, Ejections::Failure failure) {
  const int64_t now_ms = worker_.reactor().now_ms();
  pick_.note_outcome(0, now_ms);
  worker_.ejections().note_failure(address, failure, now_ms);
  // At another of its addresses the endpoint may be well.
  const Pick::Candidate tried = pick_.last();
  const bool was_last = tried.address + 1 == tried.endpoint->addresses.size();
  if (was_last && pick_.cluster().health != nullptr) {
    worker_.report_failure(pick_.cluster().cluster, *tried.endpoint);
  }
}

// False when the kernel refuses at once.
bool Exchange::connect_anew(const SocketAddress& address) {
  drop_upstream();
  auto connection = worker_.pool().connect(address, upstream_tls_);
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
  if (policies_ != nullptr) begin_try();
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
  // One that had been idle for too long says nothing of its endpoint.
  const bool idled_out = upstream_ != nullptr && upstream_->reused && !response_begun_;
  if (failure == Failure::kBadResponse || (failure == Failure::kUpstreamClosed && !idled_out)) {
    pick_.note_outcome(0, worker_.reactor().now_ms());
  }
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
    if (response_is_in() && response_ready_ == 0) return finish();
    if (request == Step::kIdle && response == Step::kIdle) return Status::kWaiting;
    set_deadline();
  }
  return Status::kYield;
}

Exchange::Step Exchange::pump_request() {
  if (upstream_ == nullptr) return Step::kIdle;  // released
  Stream& upstream = upstream_->stream();
  if (!upstream_->established()) {
    const IoStatus established = upstream_->establish();
    if (established == IoStatus::kWouldBlock) return Step::kIdle;
    if (established != IoStatus::kOk) {
      note_failure(upstream_->address(), upstream_->error() == ETIMEDOUT
                                             ? Ejections::Failure::kTimedOut
                                             : Ejections::Failure::kRefused);
      // Of one that was reached before, and closed, that is what there is to say.
      const Status status =
          try_next(resent_ ? Failure::kUpstreamClosed : why_unreached(*upstream_));
      return status == Status::kWaiting ? Step::kProgress : stop(status);
    }
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
  if (!mirrors_.empty()) feed_mirrors(fresh.substr(0, request_ready_));
  // A client that takes its time makes no endpoint slow.
  if (policies_ != nullptr && request_body_.complete()) {
    policies_->try_began_ms = worker_.reactor().now_ms();
  }
  return request_body_.failed() ? fail(Failure::kBadRequest) : Step::kProgress;
}

// The response is in. What was held for it is free before the client has the last bytes: whatever
// it asks next, on any worker, finds it so.
void Exchange::release_upstream() {
  const bool clean = request_sent() && !upstream_refuses_ && !upstream_->stream().readable() &&
                     (out_ == nullptr || out_->size() == response_ready_);
  if (upstream_keep_alive_ && clean && may_keep_connection()) {
    worker_.pool().put_back(std::move(upstream_));
  } else {
    drop_upstream();
  }
  if (policies_ != nullptr) policies_->place.leave();
}

Exchange::Status Exchange::finish() {
  if (!request_body_.complete()) keep_alive_ = false;
  if (upstream_ != nullptr) release_upstream();
  return Status::kDone;
}

}  // namespace limpet
