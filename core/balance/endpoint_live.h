// What a node sees of an endpoint while it serves: shared by its workers, and by all tables that
// list the endpoint, one after the other. Relaxed atomics throughout: each value stands for itself,
// and a reader that sees an older one chooses a little less well.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

namespace limpet {

// A time, in ms of a monotonic clock, before all others; differences to it do not overflow.
inline constexpr int64_t kLongAgoMs = std::numeric_limits<int64_t>::min() / 2;

struct EndpointLive {
  std::atomic<uint32_t> in_flight{0};  // requests, and tunnels that came of one; see InFlight
  // Of outlier ejection (outlier.h).
  std::atomic<uint32_t> errors{0};     // in a row
  std::atomic<uint32_t> ejections{0};  // that the next one's length goes by
  std::atomic<int64_t> ejected_until_ms{kLongAgoMs};
};

// Counts a request for as long as it lives. May outlive the table that the endpoint is from.
class InFlight {
 public:
  InFlight() = default;  // of nobody
  explicit InFlight(std::shared_ptr<EndpointLive> endpoint) : endpoint_(std::move(endpoint)) {
    if (endpoint_ != nullptr) endpoint_->in_flight.fetch_add(1, std::memory_order_relaxed);
  }
  InFlight(InFlight&&) noexcept = default;
  InFlight& operator=(InFlight&& other) noexcept {
    InFlight ended(std::move(*this));
    endpoint_ = std::move(other.endpoint_);
    return *this;
  }
  ~InFlight() {
    if (endpoint_ != nullptr) endpoint_->in_flight.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  std::shared_ptr<EndpointLive> endpoint_;
};

// The time from which an endpoint comes to its share. A table has no clock: whoever asks first
// begins it.
class Warmup {
 public:
  int64_t began_ms(int64_t now_ms) {
    int64_t began = began_ms_.load(std::memory_order_relaxed);
    if (began != kLongAgoMs) return began;
    return began_ms_.compare_exchange_strong(began, now_ms, std::memory_order_relaxed) ? now_ms
                                                                                       : began;
  }

 private:
  std::atomic<int64_t> began_ms_{kLongAgoMs};
};

}  // namespace limpet
