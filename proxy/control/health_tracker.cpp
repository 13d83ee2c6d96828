#include "proxy/control/health_tracker.h"

#include <algorithm>

namespace limpet {

bool HealthTracker::become(Health health, int64_t now_ms) {
  if (health == health_) return false;
  health_ = health;
  since_ms_ = now_ms;
  if (health != Health::kDown) problem_.clear();
  return true;
}

bool HealthTracker::note_try(const HealthSettings& settings, std::string_view problem,
                             int64_t now_ms) {
  last_ms_ = now_ms;
  if (!problem.empty()) {
    passes_ = 0;
    if (++fails_ < settings.max_fails || health_ == Health::kDown) return false;
    problem_ = problem;
    return become(Health::kDown, now_ms);
  }
  fails_ = 0;
  ++passes_;
  if (health_ != Health::kDown) return become(Health::kUp, now_ms);
  const bool long_enough = now_ms - since_ms_ >= settings.fail_timeout_ms;
  return passes_ >= settings.min_passes && long_enough && become(Health::kUp, now_ms);
}

bool HealthTracker::note_request_failure(const HealthSettings& settings, int64_t now_ms) {
  if (now_ms < next_failure_ms_) return false;
  next_failure_ms_ = now_ms + settings.interval_ms / std::max(1U, settings.max_fails);
  last_ms_ = now_ms;
  passes_ = 0;
  if (health_ == Health::kDown) return false;
  if (fails_ + 1 < settings.max_fails) ++fails_;
  return fails_ + 1 >= settings.max_fails;
}

bool HealthTracker::expire(const HealthSettings& settings, int64_t now_ms) {
  if (now_ms - last_ms_ < std::max(kFreshMs, 2 * settings.interval_ms)) return false;
  fails_ = passes_ = 0;
  return become(Health::kUntried, now_ms);
}

}  // namespace limpet
