#include "core/balance/circuit_breaker.h"

#include <algorithm>

namespace limpet {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;

bool reaches(uint32_t count, uint32_t requests, const std::optional<uint32_t>& amount,
             const std::optional<double>& ratio) {
  if (amount && count >= *amount) return true;
  return ratio && count > 0 && count >= *ratio * requests;
}

int64_t slot_length(const BreakerSettings& settings, size_t slots) {
  return std::max<int64_t>(1, settings.window_ms / static_cast<int64_t>(slots));
}

}  // namespace

// A trial that says nothing makes way for another.
void CircuitBreaker::Pass::release() {
  if (trial_) breaker_->state_.store(kTrialDue, kRelaxed);
  trial_ = false;
  breaker_ = nullptr;
}

CircuitBreaker::Pass CircuitBreaker::admit(int64_t now_ms) {
  Pass pass;
  int64_t state = state_.load(kRelaxed);
  if (state != kClosed) {
    if (state == kTrial || now_ms < state) return pass;
    if (!state_.compare_exchange_strong(state, kTrial, kRelaxed)) return pass;
    pass.trial_ = true;
  }
  pass.breaker_ = this;
  pass.generation_ = generation_.load(kRelaxed);
  return pass;
}

void CircuitBreaker::note(Pass& pass, const BreakerSettings& settings, const Outcome& outcome,
                          int64_t now_ms) {
  const bool slow = settings.slow_ms && (settings.slow_amount || settings.slow_ratio) &&
                    outcome.took_ms >= *settings.slow_ms;
  if (std::exchange(pass.trial_, false)) {
    return outcome.error || slow ? open_until(now_ms + settings.open_ms) : close();
  }
  if (!is_closed() || pass.generation_ != generation_.load(kRelaxed)) return;
  count(settings, outcome.error, slow, now_ms);
  if ((outcome.error || slow) && threshold_reached(settings, now_ms)) {
    open_until(now_ms + settings.open_ms);
  }
}

void CircuitBreaker::count(const BreakerSettings& settings, bool error, bool slow,
                           int64_t now_ms) {
  const int64_t number = now_ms / slot_length(settings, kSlots);
  Slot& slot = slots_[static_cast<size_t>(number) % kSlots];
  int64_t present = slot.number.load(kRelaxed);
  if (present != number && slot.number.compare_exchange_strong(present, number, kRelaxed)) {
    slot.requests.store(0, kRelaxed);
    slot.slow.store(0, kRelaxed);
    slot.errors.store(0, kRelaxed);
  }
  slot.requests.fetch_add(1, kRelaxed);
  if (slow) slot.slow.fetch_add(1, kRelaxed);
  if (error) slot.errors.fetch_add(1, kRelaxed);
}

bool CircuitBreaker::threshold_reached(const BreakerSettings& settings, int64_t now_ms) const {
  const int64_t number = now_ms / slot_length(settings, kSlots);
  uint32_t requests = 0;
  uint32_t slow = 0;
  uint32_t errors = 0;
  for (const Slot& slot : slots_) {
    const int64_t age = number - slot.number.load(kRelaxed);
    if (age < 0 || age >= static_cast<int64_t>(kSlots)) continue;
    requests += slot.requests.load(kRelaxed);
    slow += slot.slow.load(kRelaxed);
    errors += slot.errors.load(kRelaxed);
  }
  return requests >= settings.min_requests &&
         (reaches(slow, requests, settings.slow_amount, settings.slow_ratio) ||
          reaches(errors, requests, settings.error_amount, settings.error_ratio));
}

void CircuitBreaker::open_until(int64_t ms) { state_.store(std::max(ms, kTrialDue), kRelaxed); }

// What was let through before counts no more.
void CircuitBreaker::close() {
  generation_.fetch_add(1, kRelaxed);
  for (Slot& slot : slots_) slot.number.store(-1, kRelaxed);
  state_.store(kClosed, kRelaxed);
}

}  // namespace limpet
