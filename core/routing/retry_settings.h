// When a request to a Service port is sent again: a RetryPolicy with every default applied.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstdint>

namespace limpet {

struct RetrySettings {
  static constexpr int kFirstStatus = 400;
  static constexpr size_t kStatuses = 200;
  static constexpr uint32_t kMaxRetries = 10;

  std::bitset<kStatuses> statuses;  // from kFirstStatus on: answers that are not passed on
  uint32_t num_retries = 3;         // for whatever reason
  int64_t backoff_ms = 1'000;       // before the first retry after an answer; then doubled
  int64_t per_try_ms = 0;           // to connect, and then for a response's head; 0: no limit

  bool covers(int status) const {
    return status >= kFirstStatus && status < kFirstStatus + static_cast<int>(kStatuses) &&
           statuses[static_cast<size_t>(status - kFirstStatus)];
  }
  friend bool operator==(const RetrySettings&, const RetrySettings&) = default;
};

// How long to wait before the retry of that number, from 1 on: doubled each time, up to a minute,
// and varied by up to a quarter either way. `random`: evenly distributed over all its values.
inline int64_t retry_backoff_ms(const RetrySettings& settings, uint32_t retry, uint32_t random) {
  constexpr int64_t kLongestMs = 60'000;
  const int64_t whole = std::min(settings.backoff_ms << (retry - 1), kLongestMs);
  // From 3/4 to 5/4, in steps of 1/131072.
  return whole * (3 * 32'768 + static_cast<int64_t>(random >> 16)) / (4 * 32'768);
}

}  // namespace limpet
