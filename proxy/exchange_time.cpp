// The exchange against the clock: how long each of its steps may take, and what becomes of it when
// that is over. The port says so (docs/limits.md), its cluster's policies, and the rule.
#include <algorithm>

#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace limpet {

using http::Failure;

void Exchange::set_deadline() {
  const Timeouts& timeouts = client_.port.settings->timeouts;
  const int64_t now_ms = worker_.reactor().now_ms();
  if (upstream_ != nullptr && !upstream_->established()) {
    set_deadline_to(now_ms + bounded_by_try(timeouts.connect_ms));
  } else if (!response_head_done_ && request_sent()) {
    // From the request's last byte, whatever drips in.
    if (response_head_deadline_ms_ == 0) {
      response_head_deadline_ms_ = now_ms + bounded_by_try(response_head_limit_ms());
    }
    set_deadline_to(response_head_deadline_ms_);
  } else {
    set_deadline_to(now_ms + timeouts.body_progress_ms);
  }
}

// Or earlier, where the rule says so.
void Exchange::set_deadline_to(int64_t ms) {
  if (request_deadline_ms_ != 0) ms = std::min(ms, request_deadline_ms_);
  if (policies_ != nullptr && policies_->try_deadline_ms != 0) {
    ms = std::min(ms, policies_->try_deadline_ms);
  }
  deadline_ms_ = ms;
}

// A rule that gives requests longer than the port does is meant.
int64_t Exchange::response_head_limit_ms() const {
  return std::max({client_.port.settings->timeouts.response_head_ms, rule_->timeouts.request_ms,
                   rule_->timeouts.backend_ms});
}

bool Exchange::request_is_over() const {
  return request_deadline_ms_ != 0 && worker_.reactor().now_ms() >= request_deadline_ms_;
}

// Gateway API, HTTPRouteTimeouts.request.
Exchange::Status Exchange::on_request_deadline() {
  if (response_out_ || response_head_done_) return Status::kAborted;
  // Between two tries nobody is being asked.
  if (!is_paused()) return time_out(Failure::kRouteTimeout);
  failure_ = Failure::kRouteTimeout;
  return Status::kFailed;
}

// The answer is not there in time.
Exchange::Status Exchange::time_out(Failure why) {
  const bool client_owes =
      request_ready_ == 0 && !request_body_.complete() && !upstream_refuses_;
  failure_ = client_owes ? Failure::kRequestTimeout : why;
  if (client_owes) return Status::kFailed;
  pick_.note_outcome(0, worker_.reactor().now_ms());
  if (policies_ != nullptr) count_in_circuit(true);
  return settle(Status::kFailed);
}

Exchange::Status Exchange::on_deadline() {
  if (request_is_over()) return on_request_deadline();
  if (is_paused()) return on_pause_deadline();
  if (upstream_ != nullptr && !upstream_->established()) {
    // A policy's own impatience says nothing to others who ask the endpoint.
    const int64_t connect_ms = client_.port.settings->timeouts.connect_ms;
    if (bounded_by_try(connect_ms) < connect_ms) {
      pick_.note_outcome(0, worker_.reactor().now_ms());
    } else {
      note_failure(upstream_->address(), Ejections::Failure::kTimedOut);
    }
    // The next one may be connected already: no edge would come.
    return go_on_with(try_next(Failure::kConnectTimeout));
  }
  if (response_out_ || response_head_done_) return Status::kAborted;
  if (policies_ != nullptr) {
    if (const std::optional<Status> status = retry_after_time()) return *status;
  }
  return time_out(Failure::kResponseTimeout);
}

}  // namespace limpet
