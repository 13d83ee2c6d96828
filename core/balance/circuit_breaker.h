// Stops requests to a Service port whose endpoints fail or are slow, for a while.
//
//   closed -> open      a threshold is reached within the window
//   open -> on trial    after open_ms, by the next request
//   on trial -> closed  that request fares well; the window begins empty
//   on trial -> open    it does not
//   on trial -> open    without waiting: it has ended, and nothing can be said of it; or it has
//                       not ended after open_ms, and the next request tries, too
//
// Threading: any thread; relaxed atomics. The window slides by tenths of its length; what is
// counted in the very moment in which another thread begins a tenth may be lost. A request counts
// only if the circuit has stayed closed since it was let through.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace limpet {

// A CircuitBreakingPolicy but for its limits, with every default applied.
struct BreakerSettings {
  uint32_t min_requests = 10;  // in the window, before a threshold counts
  int64_t window_ms = 10'000;
  std::optional<int64_t> slow_ms;  // from which a request is slow
  std::optional<uint32_t> slow_amount;
  std::optional<double> slow_ratio;  // of all in the window
  std::optional<uint32_t> error_amount;
  std::optional<double> error_ratio;
  int64_t open_ms = 30'000;
  int open_status = 503;     // of the answers while open
  std::string open_content;  // and their bodies; empty: the gateway's own

  // Whether there is anything that can open the circuit.
  bool has_threshold() const {
    return error_amount || error_ratio || (slow_ms && (slow_amount || slow_ratio));
  }
  friend bool operator==(const BreakerSettings&, const BreakerSettings&) = default;
};

class CircuitBreaker {
 public:
  // How a request, or one of its tries, fared.
  struct Outcome {
    bool error = false;  // 5xx, or no answer
    int64_t took_ms = 0;
  };

  // A request that was let through, until its end. Movable; empty when none was.
  class Pass {
   public:
    Pass() = default;
    Pass(Pass&& other) noexcept { *this = std::move(other); }
    Pass& operator=(Pass&& other) noexcept {
      release();
      breaker_ = std::exchange(other.breaker_, nullptr);
      generation_ = other.generation_;
      trial_ = std::exchange(other.trial_, 0);
      return *this;
    }
    ~Pass() { release(); }
    explicit operator bool() const { return breaker_ != nullptr; }

   private:
    friend class CircuitBreaker;
    void release();

    CircuitBreaker* breaker_ = nullptr;
    uint32_t generation_ = 0;
    int64_t trial_ = 0;  // what state_ is during its trial; 0: it is none
  };

  // Empty: the circuit is open. The breaker must outlive the pass.
  Pass admit(const BreakerSettings& settings, int64_t now_ms);
  // May be called for each try of a request. Of a trial's, the first decides.
  void note(Pass& pass, const BreakerSettings& settings, const Outcome& outcome, int64_t now_ms);
  // Whether it has not opened since the pass was given.
  bool still_admits(const Pass& pass) const {
    return state_.load(std::memory_order_relaxed) == pass.trial_;
  }
  bool is_closed() const { return state_.load(std::memory_order_relaxed) == kClosed; }

 private:
  // A tenth of a window.
  struct Slot {
    std::atomic<int64_t> number{-1};
    std::atomic<uint32_t> requests{0};
    std::atomic<uint32_t> slow{0};
    std::atomic<uint32_t> errors{0};
  };
  static constexpr size_t kSlots = 10;
  // Of state_. Greater: open until then (ms); less: on trial, until its negative.
  static constexpr int64_t kClosed = 0;
  static constexpr int64_t kTrialDue = 1;

  void count(const BreakerSettings& settings, bool error, bool slow, int64_t now_ms);
  bool threshold_reached(const BreakerSettings& settings, int64_t now_ms) const;
  void end_trial(int64_t trial, bool well, int64_t open_until_ms);

  std::atomic<int64_t> state_{kClosed};
  std::atomic<uint32_t> generation_{0};  // of closed circuits
  std::array<Slot, kSlots> slots_;
};

}  // namespace limpet
