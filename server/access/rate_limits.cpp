#include "server/access/rate_limits.h"

#include <algorithm>

namespace limpet {

double RateLimits::left_at(const Bucket& bucket, Time now) const {
  const std::chrono::duration<double> passed = now - bucket.at;
  return std::min(limits_.burst, bucket.left + passed.count() * limits_.per_second);
}

bool RateLimits::admit(const std::string& caller, Time now) {
  const std::lock_guard lock(mutex_);
  // Full buckets say nothing.
  if (buckets_.size() >= kMaxCallers && !buckets_.contains(caller)) {
    std::erase_if(buckets_, [&](const auto& item) {
      return left_at(item.second, now) >= limits_.burst;
    });
  }
  const auto [found, is_new] = buckets_.try_emplace(caller, Bucket{limits_.burst, now});
  Bucket& bucket = found->second;
  bucket.left = left_at(bucket, now);
  bucket.at = now;
  if (bucket.left < 1) return false;
  bucket.left -= 1;
  return true;
}

}  // namespace limpet
