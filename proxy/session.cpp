#include "proxy/session.h"

#include <array>
#include <utility>

#include <sys/epoll.h>

#include "proxy/limits.h"
#include "proxy/worker.h"

namespace limpet {
namespace {

http::Failure failure_of(http::ParseError error) {
  switch (error) {
    case http::ParseError::kTargetTooLong: return http::Failure::kTargetTooLong;
    case http::ParseError::kTooLarge: return http::Failure::kHeadTooLarge;
    case http::ParseError::kNotImplemented: return http::Failure::kNotImplemented;
    case http::ParseError::kVersion: return http::Failure::kVersion;
    case http::ParseError::kNone:
    case http::ParseError::kBad: break;
  }
  return http::Failure::kBadRequest;
}

}  // namespace

// The listener has counted the connection.
Session::Session(Worker& worker, Fd fd, const SocketAddress& peer, const WorkerPort& port)
    : worker_(worker),
      client_(Stream::accepted(std::move(fd))),
      peer_(peer),
      ip_(peer.ip()),
      port_(port) {
  const Forwarding& forwarding = port.settings->forwarding;
  if (forwarding.proxy_protocol && forwarding.trusted.contains(peer)) {
    phase_ = Phase::kProxyHeader;
    deadline_ms_ = worker.reactor().now_ms() + port.settings->timeouts.proxy_header_ms;
  } else {
    begin();
  }
}

Session::~Session() {
  worker_.buffers().give_back(std::move(in_));
  leave();
}

// Is counted no more. Once closed, not only once destroyed: another may be accepted then.
void Session::leave() {
  if (std::exchange(address_entered_, false)) worker_.connections().leave_address(ip_);
  if (std::exchange(entered_, false)) worker_.connections().leave();
}

bool Session::enter_address() {
  if (phase_ == Phase::kProxyHeader) return true;
  address_entered_ = worker_.connections().enter_address(ip_);
  return address_entered_;
}

void Session::on_events(uint32_t events) {
  if (phase_ == Phase::kClosed) return;
  client_.note_events(events);
  // A half-close may still want its answer; a connection that is gone both ways does not. A tunnel
  // may have bytes to pass on from before.
  if ((events & (EPOLLHUP | EPOLLERR)) != 0 && phase_ != Phase::kTunnel) return close();
  run();
}

void Session::run() {
  for (int turn = 0; turn < limits::kRoundsPerTurn; ++turn) {
    Next next = Next::kWait;
    switch (phase_) {
      case Phase::kProxyHeader: next = read_proxy_header(); break;
      case Phase::kHandshake: next = handshake(); break;
      case Phase::kIdle:
      case Phase::kHead: next = read_head(); break;
      case Phase::kBehind: next = begin_again(); break;
      case Phase::kExchange: next = after_exchange(exchange_->advance()); break;
      case Phase::kTunnel: next = after_tunnel(tunnel_->advance()); break;
      case Phase::kReply: next = flush_reply(); break;
      case Phase::kLinger: next = linger(); break;
      case Phase::kClosed: return;
    }
    if (next == Next::kWait) return wait();
  }
  worker_.reactor().schedule(this);
}

// A connection whose request is whole and whose answer comes soon, often its only one, is never
// registered: check_deadline() does it when the answer does not come soon, to see the client go.
void Session::wait() {
  if (watched_ || phase_ == Phase::kClosed) return;
  if (phase_ == Phase::kExchange && !exchange_->watches_client()) return;
  watch();
}

// Edges from before come now.
void Session::watch() {
  watched_ = true;
  if (!worker_.reactor().add(client_.fd(), this)) abort();
}

// Looks at what is there, or reads once.
Session::Next Session::read_head() {
  if (in_ == nullptr) {
    if (!client_.readable()) return Next::kWait;
    if (worker_.buffers_full()) return reply(http::Failure::kOverloaded, true, false);
    in_ = worker_.buffers().lease(BufferPool::kSmall);
  }
  if (phase_ == Phase::kIdle) skip_empty_line();
  if (!in_->empty() && in_->bytes() != "\r") {
    if (phase_ == Phase::kIdle) {
      phase_ = Phase::kHead;
      deadline_ms_ = worker_.reactor().now_ms() + port_.settings->timeouts.head_ms;
    }
    const size_t size = scanner_.scan(in_->bytes());
    if (scanner_.bad()) return reply(http::Failure::kBadRequest, true, false);
    if (size != 0) return take_head(size);
    if (in_->size() > port_.settings->limits.head_bytes) {
      return reply(http::Failure::kHeadTooLarge, true, false);
    }
  }
  if (in_->space_size() == 0) {
    if (in_->begin() > kHeadroom) {
      in_->compact();
    } else if (worker_.buffers_full()) {
      return reply(http::Failure::kOverloaded, true, false);
    } else {
      in_ = worker_.buffers().enlarge(std::move(in_));
    }
  }
  const IoResult read = client_.read(in_->space(), in_->space_size());
  if (read.status == IoStatus::kWouldBlock) {
    if (in_->empty()) worker_.buffers().give_back(std::move(in_));
    return Next::kWait;
  }
  // Half a head and no more: the client may still read what was wrong (RFC 9112 §8).
  if (read.status == IoStatus::kEnd && phase_ == Phase::kHead) {
    return reply(http::Failure::kBadRequest, true, false);
  }
  if (read.status != IoStatus::kOk) {
    close();
    return Next::kWait;
  }
  in_->commit(read.size);
  return Next::kGoOn;
}

// One before a request line is ignored (RFC 9112 §2.2), and begins no head; another is refused as
// a request line.
void Session::skip_empty_line() {
  if (empty_line_skipped_ || !in_->bytes().starts_with("\r\n")) return;
  in_->consume(2);
  empty_line_skipped_ = true;
}

Session::Next Session::take_head(size_t size) {
  scanner_.reset();
  empty_line_skipped_ = false;
  http::RequestHead& head = worker_.request_head();
  const http::ParseError error = http::parse_request_head(
      in_->bytes().substr(0, size), port_.settings->limits, head);
  if (error != http::ParseError::kNone) return reply(failure_of(error), true, false);
  ++requests_;
  head_size_ = size;
  return begin_exchange(head, /*waited=*/false);
}

Session::Next Session::begin_exchange(const http::RequestHead& head, bool waited) {
  ClientSide client{client_, in_, token_, peer_, ip_, port_};
  client.last_request = requests_ >= port_.settings->limits.requests_per_connection;
  client.may_wait = waited ? worker_.reactor().now_ms() < deadline_ms_
                           : worker_.table_waiters().may_wait();
  client.waited = waited;
  phase_ = Phase::kExchange;
  exchange_ = std::make_unique<Exchange>(worker_, *this, client);
  const Exchange::Status status = exchange_->begin(head, head_size_);
  if (status == Exchange::Status::kBehind) {
    if (!waited) deadline_ms_ = worker_.reactor().now_ms() + limits::kWaitForTableMs;
    return wait_for_table();
  }
  return status == Exchange::Status::kWaiting ? Next::kGoOn : after_exchange(status);
}

Session::Next Session::wait_for_table() {
  exchange_.reset();
  phase_ = Phase::kBehind;
  worker_.table_waiters().add(this, deadline_ms_);
  return Next::kWait;
}

// When another table has come, or none in time: the one that there is decides then.
Session::Next Session::begin_again() {
  TableWaiters& waiters = worker_.table_waiters();
  if (waiters.contains(this)) {
    if (worker_.reactor().now_ms() < deadline_ms_) return Next::kWait;
    waiters.give_up(this);
  }
  http::RequestHead& head = worker_.request_head();
  const http::ParseError error = http::parse_request_head(
      in_->bytes().substr(0, head_size_), port_.settings->limits, head);
  if (error != http::ParseError::kNone) return reply(failure_of(error), true, false);
  return begin_exchange(head, /*waited=*/true);
}

Session::Next Session::after_exchange(Exchange::Status status) {
  switch (status) {
    case Exchange::Status::kWaiting: take_deadline(); return Next::kWait;
    case Exchange::Status::kYield:
      take_deadline();
      worker_.reactor().schedule(this);
      return Next::kWait;
    case Exchange::Status::kDone: {
      worker_.count_request();
      const bool whole = exchange_->skip_request();
      const bool keep_alive = exchange_->keep_alive() && whole;
      // Bytes that nobody has read would make the end a reset.
      const bool client_done = exchange_->client_done() && whole && (!in_ || in_->empty()) &&
                               client_.is_quiet();
      exchange_.reset();
      if (keep_alive) return go_idle();
      if (!client_done) return begin_linger();
      close();
      return Next::kWait;
    }
    case Exchange::Status::kFailed: return after_failure();
    case Exchange::Status::kUpgraded: return begin_tunnel();
    case Exchange::Status::kBehind:
    case Exchange::Status::kAborted: break;
  }
  exchange_.reset();
  return abort();
}

Session::Next Session::after_failure() {
  const http::Failure failure = exchange_->failure();
  const bool to_head = exchange_->to_head();
  const http::Variation variation = exchange_->variation();
  const bool whole = exchange_->skip_request();
  const bool close = !whole || !exchange_->keep_alive() || !port_.is_open() ||
                     http::info(failure).source == http::Source::kClient;
  exchange_.reset();
  return reply(failure, close, to_head, variation);
}

void Session::take_deadline() {
  deadline_ms_ = exchange_->deadline_ms();
  if (exchange_->deadline_is_exact()) worker_.reactor().wake_at(this, deadline_ms_);
}

Session::Next Session::begin_tunnel() {
  worker_.count_request();
  tunnel_ = exchange_->make_tunnel();
  exchange_.reset();
  phase_ = Phase::kTunnel;
  return Next::kGoOn;
}

Session::Next Session::after_tunnel(Tunnel::Status status) {
  deadline_ms_ = tunnel_->deadline_ms();
  switch (status) {
    case Tunnel::Status::kWaiting: return Next::kWait;
    case Tunnel::Status::kYield: worker_.reactor().schedule(this); return Next::kWait;
    case Tunnel::Status::kEnded: close(); return Next::kWait;
    case Tunnel::Status::kBroken: break;
  }
  return abort();
}

// So that both sides see that something is missing.
Session::Next Session::abort() {
  if (tunnel_ != nullptr) tunnel_->abort();
  client_.abort();
  close();
  return Next::kWait;
}

Session::Next Session::go_idle() {
  phase_ = Phase::kIdle;
  deadline_ms_ = worker_.reactor().now_ms() + port_.settings->timeouts.idle_ms;
  // The answer may not have said so: the end must not overtake it.
  if (!port_.is_open()) return begin_linger();
  if (in_ != nullptr && in_->empty()) worker_.buffers().give_back(std::move(in_));
  // Most connections that send one request send no other soon.
  if (requests_ == 1) token_.reset();
  return Next::kGoOn;
}

Session::Next Session::reply(http::Failure failure, bool close, bool to_head,
                             const http::Variation& variation) {
  worker_.count_failure(failure);
  reply_.clear();
  reply_sent_ = 0;
  close_after_reply_ = close;
  http::append_response(failure, variation, close, to_head, worker_.reactor().now_unix_s(), reply_);
  phase_ = Phase::kReply;
  deadline_ms_ = worker_.reactor().now_ms() + port_.settings->timeouts.body_progress_ms;
  return Next::kGoOn;
}

Session::Next Session::flush_reply() {
  while (reply_sent_ < reply_.size()) {
    const IoResult sent =
        client_.write(reply_.data() + reply_sent_, reply_.size() - reply_sent_);
    if (sent.status == IoStatus::kWouldBlock) return Next::kWait;
    if (sent.status != IoStatus::kOk) {
      close();
      return Next::kWait;
    }
    reply_sent_ += sent.size;
  }
  reply_ = std::string();
  return close_after_reply_ ? begin_linger() : go_idle();
}

// Closing while the client still sends makes the kernel answer with a reset, which may overtake
// the response (RFC 9112 §9.6): say that no more will come, and read on for a while.
Session::Next Session::begin_linger() {
  client_.finish_sending();
  phase_ = Phase::kLinger;
  deadline_ms_ = worker_.reactor().now_ms() + port_.settings->timeouts.linger_ms;
  return Next::kGoOn;
}

Session::Next Session::linger() {
  std::array<char, 4096> ignored;
  while (client_.readable() && lingered_bytes_ < limits::kLingerBytes) {
    const IoResult read = client_.read(ignored.data(), ignored.size());
    if (read.status == IoStatus::kWouldBlock) return Next::kWait;
    if (read.status != IoStatus::kOk) {
      close();
      return Next::kWait;
    }
    lingered_bytes_ += read.size;
  }
  if (lingered_bytes_ >= limits::kLingerBytes) close();
  return Next::kWait;
}

void Session::on_timer() { check_deadline(worker_.reactor().now_ms()); }

void Session::check_deadline(int64_t now_ms) {
  if (phase_ == Phase::kClosed) return;
  if (!watched_) watch();
  if (phase_ == Phase::kIdle) token_.reset();
  if (phase_ == Phase::kClosed || now_ms < deadline_ms_) return;
  switch (phase_) {
    case Phase::kHead: reply(http::Failure::kRequestTimeout, true, false); break;
    case Phase::kExchange:
      if (after_exchange(exchange_->on_deadline()) == Next::kWait) return;
      break;
    case Phase::kBehind: break;
    default: return close();
  }
  run();
}

void Session::drain() {
  if (!is_idle()) return;
  // A request may have arrived whose event has not.
  client_.note_events(EPOLLIN);
  run();
  // A handshake goes on, for a last request.
  if (is_idle() && phase_ != Phase::kHandshake) close();
}

void Session::close() {
  if (phase_ == Phase::kClosed) return;
  if (phase_ == Phase::kBehind) worker_.table_waiters().remove(this);
  phase_ = Phase::kClosed;
  exchange_.reset();
  tunnel_.reset();
  client_.close();
  leave();
  worker_.end(this);
}

}  // namespace limpet
