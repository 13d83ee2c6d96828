// What one node finds of one endpoint whose health is checked, from the tries that it made. A pure
// state machine: times are those of any clock that does not go back.
//
//   untried -> up    one try passes
//   untried -> down  max_fails tries in a row fail
//   up      -> down  likewise
//   down    -> up    min_passes tries in a row pass, the last no earlier than fail_timeout after it
//                    went down
//   up, down -> untried  there was no try for max(kFreshMs, two intervals)
//
// A request that the endpoint did not answer counts as a try that failed, but not as the last of a
// row: others may be answered, which nobody counts here, so a try has the last word. Those that
// come at one moment say the same thing: at most max_fails of them count in one interval.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/routing/health_settings.h"

namespace limpet {

class HealthTracker {
 public:
  // STICKY.md, 4.2: the time within which a node's tries count.
  static constexpr int64_t kFreshMs = 15'000;

  enum class Health : uint8_t { kUntried, kUp, kDown };

  // Returns whether the next try decides, and is to be made at once.
  bool note_request_failure(const HealthSettings& settings, int64_t now_ms);
  // Each returns whether health() has changed.
  // `problem` is empty for a try that has passed.
  bool note_try(const HealthSettings& settings, std::string_view problem, int64_t now_ms);
  // To be called at least as often as something hangs on it.
  bool expire(const HealthSettings& settings, int64_t now_ms);

  Health health() const { return health_; }
  // Of the last try before the endpoint was found down; empty unless it is.
  const std::string& problem() const { return problem_; }

 private:
  bool become(Health health, int64_t now_ms);

  Health health_ = Health::kUntried;
  uint32_t fails_ = 0;   // in a row
  uint32_t passes_ = 0;  // in a row
  int64_t last_ms_ = 0;  // when something was noted; of no meaning while nothing was
  int64_t since_ms_ = 0;  // the health is what it is
  int64_t next_failure_ms_ = 0;  // a request's failure before that says nothing new
  std::string problem_;
};

}  // namespace limpet
