// How many requests of a route are let through: a RateLimitPolicy with every default applied. Who
// counts them is proxy/rate_limiter.h.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "core/balance/hash_key.h"
#include "core/base/live_slot.h"

namespace limpet {

// A bucket of tokens; a request takes one.
struct RateLimitSettings {
  int64_t interval_ns = 1;        // between two tokens
  int64_t burst_ns = 0;           // to fill a bucket but for one token
  std::optional<HashKey> client;  // none: one bucket for all
  int status = 429;               // of the answer to those beyond
  std::string fields;             // of that answer, whole lines

  // `requests` in `window_s`, and a bucket of `burst`.
  void set_rate(int64_t requests, int64_t window_s, int64_t burst) {
    // 73 years: no bucket takes longer to fill, and sums of times do not overflow.
    constexpr int64_t kLongestNs = int64_t{1} << 61;
    interval_ns = std::max<int64_t>(1, window_s * 1'000'000'000 / requests);
    const auto whole = static_cast<__int128>(interval_ns) * (burst - 1);
    burst_ns = static_cast<int64_t>(std::min<__int128>(whole, kLongestNs));
  }
  friend bool operator==(const RateLimitSettings&, const RateLimitSettings&) = default;
};

// As a route has it. Immutable but for the slot.
struct RateLimit {
  explicit RateLimit(RateLimitSettings its) : settings(std::move(its)) {}

  const RateLimitSettings settings;
  mutable LiveSlot live;  // its buckets, which stay for as long as the settings do
};

}  // namespace limpet
