// How many requests are let through in a time: the generic cell rate algorithm (ITU-T I.371), which
// is a bucket of tokens in one number, the time at which the bucket will be full again.
//
// With a key, each of its values has a bucket. They are kept in sets of eight: where a set has no
// place, the bucket that is fullest, which says least, makes way. So the table is bounded, and who
// invents values gains nothing from it but what every value may have.
//
// Threading: any thread. The one bucket of all is an atomic, those of keys have locks by shard.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "core/balance/rate_limit.h"
#include "proxy/limits.h"

namespace limpet {

class RateLimiter final : public Living {
 public:
  static constexpr size_t kMaxKeys = limits::kMaxRateLimitKeys;

  // 0: the request may pass, and has its token. Else how long until there is one, in nanoseconds.
  // `settings`: the same each time. `key`: the request's, where the settings have one.
  int64_t take(const RateLimitSettings& settings, std::string_view key, int64_t now_ns);
  // Keys that have a bucket, full ones too.
  size_t keys() const;

 private:
  struct Bucket {
    uint64_t key = 0;     // hash; 0: none
    int64_t full_ns = 0;  // when it is full again
  };
  static constexpr size_t kShards = 16;
  static constexpr size_t kWays = 8;
  static constexpr size_t kMaxBuckets = kMaxKeys / kShards;  // of a shard

  struct Shard {
    mutable std::mutex mutex;
    std::vector<Bucket> buckets;  // guarded by mutex; a power of two, or none yet

    // Of a key that has none: an empty or full one, or else the fullest.
    Bucket& find(uint64_t key, int64_t now_ns);
    void grow(int64_t now_ns);
  };

  int64_t take_from_all(const RateLimitSettings& settings, int64_t now_ns);

  std::atomic<int64_t> full_ns_{0};
  std::array<Shard, kShards> shards_;
};

}  // namespace limpet
