#include "proxy/rate_limiter.h"

#include <algorithm>
#include <span>

#include <absl/hash/hash.h>

namespace limpet {
namespace {

uint64_t hash_of(std::string_view key) {
  return std::max<uint64_t>(1, absl::HashOf(key));
}

int64_t take_from(const RateLimitSettings& settings, int64_t& full_ns, int64_t now_ns) {
  const int64_t full = std::max(full_ns, now_ns);
  const int64_t wait = full - settings.burst_ns - now_ns;
  if (wait > 0) return wait;
  full_ns = full + settings.interval_ns;
  return 0;
}

}  // namespace

int64_t RateLimiter::take_from_all(const RateLimitSettings& settings, int64_t now_ns) {
  int64_t present = full_ns_.load(std::memory_order_relaxed);
  for (;;) {
    int64_t full = present;
    const int64_t wait = take_from(settings, full, now_ns);
    if (wait > 0 || full_ns_.compare_exchange_weak(present, full, std::memory_order_relaxed)) {
      return wait;
    }
  }
}

int64_t RateLimiter::take(const RateLimitSettings& settings, std::string_view key,
                          int64_t now_ns) {
  if (!settings.client) return take_from_all(settings, now_ns);
  const uint64_t hash = hash_of(key);
  Shard& shard = shards_[hash >> 60];
  static_assert(kShards == 16, "the four highest bits choose the shard");
  const std::lock_guard lock(shard.mutex);
  Bucket& bucket = shard.find(hash, now_ns);
  if (bucket.key != hash) bucket = {hash, now_ns};
  return take_from(settings, bucket.full_ns, now_ns);
}

RateLimiter::Bucket& RateLimiter::Shard::find(uint64_t key, int64_t now_ns) {
  if (buckets.empty()) buckets.resize(kWays);
  for (;;) {
    const size_t sets = buckets.size() / kWays;
    const std::span set(buckets.data() + (key % sets) * kWays, kWays);
    for (Bucket& bucket : set) {
      if (bucket.key == key) return bucket;
    }
    Bucket& fullest = *std::min_element(
        set.begin(), set.end(),
        [](const Bucket& a, const Bucket& b) { return a.full_ns < b.full_ns; });
    const bool free = fullest.key == 0 || fullest.full_ns <= now_ns;
    if (free || buckets.size() >= kMaxBuckets) return fullest;
    grow(now_ns);
  }
}

// Twice as many sets: the keys of each part into two, so that none has too many.
void RateLimiter::Shard::grow(int64_t now_ns) {
  std::vector<Bucket> before(2 * buckets.size());
  before.swap(buckets);
  const size_t sets = buckets.size() / kWays;
  for (const Bucket& bucket : before) {
    if (bucket.key == 0 || bucket.full_ns <= now_ns) continue;
    Bucket* place = buckets.data() + (bucket.key % sets) * kWays;
    while (place->key != 0) ++place;
    *place = bucket;
  }
}

size_t RateLimiter::keys() const {
  size_t count = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    count += static_cast<size_t>(std::count_if(
        shard.buckets.begin(), shard.buckets.end(), [](const Bucket& b) { return b.key != 0; }));
  }
  return count;
}

}  // namespace limpet
