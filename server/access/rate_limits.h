// How often each caller may call: a token bucket for each name.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace limpet {

// Thread-safe.
class RateLimits {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Limits {
    double per_second = 200;
    double burst = 400;
  };
  static constexpr size_t kMaxCallers = 20'000;

  explicit RateLimits(const Limits& limits) : limits_(limits) {}

  // False: too often. The call counts only if it is let through.
  bool admit(const std::string& caller, Time now);

 private:
  struct Bucket {
    double left = 0;
    Time at{};
  };

  double left_at(const Bucket& bucket, Time now) const;

  const Limits limits_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace limpet
