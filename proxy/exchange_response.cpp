// The exchange's way back: reads what the upstream answers, passes it on, and deals with upstreams
// that answer nothing, or nothing sound.
#include "proxy/exchange.h"

#include <utility>

#include "proxy/http/cors.h"
#include "proxy/http/upgrade.h"
#include "proxy/worker.h"

namespace limpet {

using http::Failure;

Exchange::Step Exchange::pump_response() {
  if (response_ready_ == 0) return read_response();
  if (upstream_ != nullptr && response_is_in() && request_sent()) release_upstream();
  if (!client_.stream.writable()) return Step::kIdle;
  const IoResult sent = client_.stream.write(out_->bytes().data(), response_ready_);
  if (sent.status == IoStatus::kWouldBlock) {
    response_out_ = response_out_ || client_.stream.holds_unsent();
    return Step::kIdle;
  }
  if (sent.status != IoStatus::kOk) return stop(Status::kAborted);
  out_->consume(sent.size);
  response_ready_ -= sent.size;
  response_out_ = response_head_done_ || response_ready_ > 0;
  return Step::kProgress;
}

Exchange::Step Exchange::read_response() {
  // After an interim response the next head may have come with it.
  if (!response_head_done_ && out_ != nullptr && !out_->empty() && response_begun_) {
    const Step step = parse_response_head();
    if (step != Step::kIdle) return step;
  }
  if (response_is_in()) return Step::kIdle;
  if (!upstream_->established() || !upstream_->stream().readable()) return wait_for_response();
  if (out_ == nullptr) out_ = worker_.buffers().lease(BufferPool::kLarge);
  if (out_->empty()) out_->clear();
  if (out_->space_size() == 0) out_->compact();
  if (out_->space_size() == 0) return fail(Failure::kBadResponse);
  const IoResult read = upstream_->stream().read(out_->space(), out_->space_size());
  switch (read.status) {
    case IoStatus::kWouldBlock: return wait_for_response();
    case IoStatus::kEnd: return on_upstream_gone(true);
    case IoStatus::kError: return on_upstream_gone(false);
    case IoStatus::kOk: break;
  }
  const std::string_view fresh(out_->space(), read.size);
  out_->commit(read.size);
  response_begun_ = true;
  if (!response_head_done_) {
    const Step step = parse_response_head();
    return step == Step::kIdle ? Step::kProgress : step;
  }
  response_ready_ = response_body_.take(fresh);
  return response_body_.failed() ? stop(Status::kAborted) : Step::kProgress;
}

// A response that takes its time holds no buffer.
Exchange::Step Exchange::wait_for_response() {
  if (out_ != nullptr && out_->empty()) worker_.buffers().give_back(std::move(out_));
  return Step::kIdle;
}

// kIdle: the head is not whole yet.
Exchange::Step Exchange::parse_response_head() {
  const size_t size = response_scanner_.scan(out_->bytes());
  if (response_scanner_.bad() || size > kMaxHeadBytes) return fail(Failure::kBadResponse);
  if (size == 0) {
    return out_->size() > kMaxHeadBytes ? fail(Failure::kBadResponse) : Step::kIdle;
  }
  response_scanner_.reset();
  http::ResponseHead& head = worker_.response_head();
  const http::ParseError error =
      http::parse_response_head(out_->bytes().substr(0, size), to_head_, head);
  // An HTTP/1.0 client cannot read chunks.
  if (error != http::ParseError::kNone ||
      (client_minor_version_ == 0 && head.body == http::BodyKind::kChunked)) {
    return fail(Failure::kBadResponse);
  }
  if (head.status == 101) return switch_protocols(head, size);
  if (head.status < 200) {
    interim_ = true;
    if (client_minor_version_ == 0) {
      out_->consume(size);
      return Step::kProgress;
    }
    return pass_head(head, size, {});
  }
  note_status(head.status);
  if (policies_ != nullptr) {
    if (retry_after_answer(head, size)) return stop(Status::kWaiting);
    drop_held();
  }
  response_body_ = http::BodyFraming(head);
  // Whoever announces a body where there can be none may send it all the same, after this.
  const bool bodies_may_follow = head.status == 204 && head.content_length != 0;
  upstream_keep_alive_ = head.body != http::BodyKind::kUntilClose && !bodies_may_follow &&
                         (head.minor_version == 0 ? head.connection_keep_alive
                                                  : !head.connection_close);
  if (head.body == http::BodyKind::kUntilClose) keep_alive_ = false;
  // Refused before all of the request was there: the client is told not to send the rest.
  if (head.status >= 400 && !request_body_.complete()) keep_alive_ = false;
  if (!client_.port.is_open()) keep_alive_ = false;

  const std::string cookie = note_answer();
  const size_t body = response_body_.take(out_->bytes().substr(size));
  if (response_body_.failed()) return fail(Failure::kBadResponse);
  response_head_done_ = true;
  response_ready_ = body;
  // The request cannot be sent again from here on.
  if (request_sent() && client_.in->empty()) worker_.buffers().give_back(std::move(client_.in));
  http::ResponseRewrite rewrite{client_minor_version_, !keep_alive_, cookie};
  rewrite.session_header = pick_.session_header();
  rewrite.learned = pick_.learned(worker_.reactor().now_unix_s());
  rewrite.changes = changes(&RouteFilters::response);
  rewrite.fields = variation_.fields;
  rewrite.drop_cors = cors_ != nullptr;
  rewrite.expose_each = origin_allowed_ && http::exposes_each(*cors_);
  return pass_head(head, size, rewrite);
}

// Of a response's head, for those who pass endpoints over and open circuits.
void Exchange::note_status(int status) {
  if (policies_ != nullptr) {
    if (policies_->held_taken) return;  // it was noted when it came
    count_in_circuit(status >= 500);
  }
  pick_.note_outcome(status, worker_.reactor().now_ms());
}

// The endpoint is well, and has the session: returns the cookie that says so, if one is to be set.
std::string Exchange::note_answer() {
  worker_.ejections().note_answer(upstream_->address());
  return pick_.set_cookie(worker_.codec(), worker_.reactor().now_unix_s(), client_.https());
}

// The connection leaves HTTP, and with it this exchange. Whoever was not asked to, to something
// else than was offered, or before all of the request was out, is not understood (RFC 9110 §7.8).
Exchange::Step Exchange::switch_protocols(const http::ResponseHead& head, size_t size) {
  if (!http::is_switch_to(offered_protocols_, head) || !request_sent()) {
    return fail(Failure::kBadResponse);
  }
  note_status(head.status);
  if (policies_ != nullptr) drop_held();
  const std::string cookie = note_answer();
  const Step step = pass_head(head, size, {.set_cookie = cookie,
                                          .upgrade = true,
                                          .session_header = pick_.session_header(),
                                          .learned = pick_.learned(
                                              worker_.reactor().now_unix_s())});
  return step == Step::kProgress ? stop(Status::kUpgraded) : step;
}

std::unique_ptr<Tunnel> Exchange::make_tunnel() {
  if (policies_ != nullptr) {
    policies_->place.end_request();
    upstream_->place = std::move(policies_->place);
  }
  return std::make_unique<Tunnel>(worker_, wake_, client_.stream, std::move(upstream_),
                                  Tunnel::Pending{std::move(client_.in), std::move(out_)},
                                  pick_.take_in_flight(),
                                  client_.port.settings->timeouts.tunnel_ms);
}

// Makes the head at the front of the buffer ready to go, rewritten where that is needed.
Exchange::Step Exchange::pass_head(const http::ResponseHead& head, size_t size,
                                   http::ResponseRewrite rewrite) {
  rewrite.via = client_.port.settings->forwarding.via;
  if (!http::needs_rewrite(head, rewrite)) {
    response_ready_ += size;
    return Step::kProgress;
  }
  std::string& scratch = worker_.scratch();
  scratch.clear();
  http::rewrite_response(head, rewrite, scratch);
  if (!worker_.buffers().replace_front(out_, size, scratch)) {
    if (rewrite.learned.cookie.empty()) return fail(Failure::kBadResponse);
    // Tokens made it too large, which is not the application's fault: it goes without them, and the
    // session is told of its place by a later answer.
    rewrite.learned = {};
    rewrite.set_cookie = {};
    return pass_head(head, size, rewrite);
  }
  response_ready_ += scratch.size();
  return Step::kProgress;
}

// The upstream closed or broke the connection while more was expected of it.
Exchange::Step Exchange::on_upstream_gone(bool clean_end) {
  if (response_head_done_) {
    if (clean_end && response_body_.take_end()) {
      upstream_keep_alive_ = false;
      return Step::kProgress;
    }
    return stop(Status::kAborted);
  }
  // A pooled connection that ends says nothing of its endpoint: it was closed while idle, and a
  // fresh one takes its place. One that was fresh speaks for another endpoint, if there is one.
  const bool reused = upstream_->reused;
  const SocketAddress address = upstream_->address();
  const bool may_go_again = !response_begun_ && replayable_ &&
                            (idempotent_ || request_sent_here_ == 0) && circuit_holds();
  if (reused && may_go_again && connect_anew(address)) return Step::kProgress;
  const bool first_loss = !std::exchange(resent_, true);
  const bool under_policy = policies_ != nullptr && policies_->retry != nullptr;
  if (!reused && (first_loss || under_policy)) note_failure(address, Ejections::Failure::kBroken);
  if (!may_go_again) return fail(Failure::kUpstreamClosed);
  const Pick::Candidate here = pick_.last();
  // Where a policy says how often, that bounds it.
  if (under_policy ? !take_retry() : !first_loss) return fail(Failure::kUpstreamClosed);
  if (try_next(Failure::kUpstreamClosed) == Status::kWaiting) return Step::kProgress;
  if (!first_loss || !worker_.retry_budget().take(worker_.reactor().now_ms())) {
    return fail(Failure::kUpstreamClosed);
  }
  return connect_anew(pick_.try_again(here)) ? Step::kProgress : fail(Failure::kUpstreamClosed);
}

}  // namespace limpet
