#include "core/routing/rate_limit.h"

#include <algorithm>
#include <limits>

#include "core/routing/compile_policy.h"

namespace limpet {
namespace {

constexpr int kUnitBits = 20;  // of a millisecond
// About 70 years: times and depths are kept so far from the end of their type.
constexpr int64_t kMostUnits = std::numeric_limits<int64_t>::max() / 4;

int64_t units_of_token(const RateLimitSettings& settings) {
  return std::max<int64_t>(1, (settings.window_ms << kUnitBits) / settings.requests);
}

int64_t units_of_bucket(int64_t token, uint32_t burst) {
  return token > kMostUnits / burst ? kMostUnits : token * burst;
}

}  // namespace

RateLimitSettings compile_rate_limit(const v1::RateLimitConfig& config) {
  RateLimitSettings settings;
  settings.requests = static_cast<uint32_t>(std::max(1, config.requests()));
  if (config.has_stat_time_window()) settings.window_ms = int64_t{1000} * config.stat_time_window();
  settings.burst = config.has_burst() ? static_cast<uint32_t>(std::max(1, config.burst()))
                                      : settings.requests;
  if (config.has_client()) settings.client = compile_request_key(config.client());
  if (config.has_response_status_code()) settings.status = config.response_status_code();
  settings.headers.assign(config.response_headers_to_add().begin(),
                          config.response_headers_to_add().end());
  std::sort(settings.headers.begin(), settings.headers.end());
  return settings;
}

RateLimit::RateLimit(RateLimitSettings settings)
    : settings_(std::move(settings)),
      token_(units_of_token(settings_)),
      depth_(units_of_bucket(token_, settings_.burst)) {}

RateLimit::~RateLimit() { delete[] buckets_.load(std::memory_order_relaxed); }

// A table that serves nobody, as the server's, has none.
RateLimit::Bucket* RateLimit::buckets() {
  Bucket* made = buckets_.load(std::memory_order_acquire);
  if (made != nullptr) return made;
  auto fresh = std::make_unique<Bucket[]>(kSets * kWays);
  if (!buckets_.compare_exchange_strong(made, fresh.get(), std::memory_order_acq_rel)) return made;
  return fresh.release();
}

int64_t RateLimit::take(uint64_t client, int64_t now_ms) {
  return take_from(!settings_.client || client == 0 ? common_ : bucket_of(client),
                   now_ms << kUnitBits);
}

int64_t RateLimit::take_from(Bucket& bucket, int64_t now) const {
  int64_t full_at = bucket.full_at.load(std::memory_order_relaxed);
  for (;;) {
    const int64_t next = std::max(full_at, now) + token_;
    const int64_t excess = next - now - depth_;
    if (excess > 0) return std::max<int64_t>(1, (excess + (1 << kUnitBits) - 1) >> kUnitBits);
    if (bucket.full_at.compare_exchange_weak(full_at, next, std::memory_order_relaxed)) return 0;
  }
}

// Two workers that bring in one client at the same time may give it two buckets, of which one is
// used no more.
RateLimit::Bucket& RateLimit::bucket_of(uint64_t client) {
  Bucket* const set = buckets() + (client % kSets) * kWays;
  Bucket* fullest = set;
  for (Bucket* bucket = set; bucket != set + kWays; ++bucket) {
    if (bucket->client.load(std::memory_order_relaxed) == client) return *bucket;
    if (bucket->full_at.load(std::memory_order_relaxed) <
        fullest->full_at.load(std::memory_order_relaxed)) {
      fullest = bucket;
    }
  }
  fullest->client.store(client, std::memory_order_relaxed);
  fullest->full_at.store(0, std::memory_order_relaxed);
  return *fullest;
}

}  // namespace limpet
