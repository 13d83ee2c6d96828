#include "core/balance/circuit_breaker.h"

#include <algorithm>
#include <cstdlib>

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
  int64_t own = std::exchange(trial_, 0);
  if (own != 0) breaker_->state_.compare_exchange_strong(own, kTrialDue, kRelaxed);
  breaker_ = nullptr;
}

CircuitBreaker::Pass CircuitBreaker::admit(const BreakerSettings& settings, int64_t now_ms) {
  Pass pass;
  int64_t state = state_.load(kRelaxed);
  if (state != kClosed) {
    if (now_ms < std::abs(state)) return pass;
    // Later than that of any trial before.
    const int64_t trial = -std::max(now_ms + settings.open_ms, kTrialDue + 1);
    if (!state_.compare_exchange_strong(state, trial, kRelaxed)) return pass;
    pass.trial_ = trial;
  }
  pass.breaker_ = this;
  pass.generation_ = generation_.load(kRelaxed);
  return pass;
}

void CircuitBreaker::note(Pass& pass, const BreakerSettings& settings, const Outcome& outcome,
                          int64_t now_ms) {
  const bool slow = settings.slow_ms && (settings.slow_amount || settings.slow_ratio) &&
                    outcome.took_ms >= *settings.slow_ms;
  const int64_t open_until_ms = std::max(now_ms + settings.open_ms, kTrialDue);
  if (const int64_t trial = std::exchange(pass.trial_, 0); trial != 0) {
    return end_trial(trial, !outcome.error && !slow, open_until_ms);
  }
  if (!is_closed() || pass.generation_ != generation_.load(kRelaxed)) return;
  count(settings, outcome.error, slow, now_ms);
  if ((outcome.error || slow) && threshold_reached(settings, now_ms)) {
    state_.store(open_until_ms, kRelaxed);
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
    const int64_t present = slot.number.load(kRelaxed);
    const int64_t age = number - present;
    if (present < 0 || age < 0 || age >= static_cast<int64_t>(kSlots)) continue;
    requests += slot.requests.load(kRelaxed);
    slow += slot.slow.load(kRelaxed);
    errors += slot.errors.load(kRelaxed);
  }
  return requests >= settings.min_requests &&
         (reaches(slow, requests, settings.slow_amount, settings.slow_ratio) ||
          reaches(errors, requests, settings.error_amount, settings.error_ratio));
}

// Unless another trial has begun meanwhile. When it closes, what was let through before counts no
// more.
void CircuitBreaker::end_trial(int64_t trial, bool well, int64_t open_until_ms) {
  if (!well) {
    state_.compare_exchange_strong(trial, open_until_ms, kRelaxed);
    return;
  }
  if (state_.load(kRelaxed) != trial) return;
  generation_.fetch_add(1, kRelaxed);
  for (Slot& slot : slots_) slot.number.store(-1, kRelaxed);
  state_.compare_exchange_strong(trial, kClosed, kRelaxed);
}

}  // namespace limpet
