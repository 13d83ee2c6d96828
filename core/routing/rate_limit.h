// How many requests of a route are let through, as its RateLimitPolicy says, and the buckets that
// count them: of one node, shared by its workers.
//
// A bucket is kept as one number, the time at which it will be full again (the generic cell rate
// algorithm, ITU-T I.371): a request moves it on by the time that one token takes to come, and is
// refused if that led further ahead than the whole bucket's worth.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/balance/balancing.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

struct RateLimitSettings {
  uint32_t requests = 1;   // in the window
  int64_t window_ms = 1000;
  uint32_t burst = 1;      // tokens that a full bucket has
  std::optional<RequestKey> client;  // a bucket for each value; else one for all
  int status = 429;
  std::vector<std::pair<std::string, std::string>> headers;  // of the refusal; sorted

  friend bool operator==(const RateLimitSettings&, const RateLimitSettings&) = default;
};

// Requires: the policy is well formed (core/validate).
RateLimitSettings compile_rate_limit(const v1::RateLimitConfig& config);

// Thread-safe, without locks. Times are of one monotonic clock, in milliseconds.
class RateLimit {
 public:
  explicit RateLimit(RateLimitSettings settings);
  ~RateLimit();
  RateLimit(const RateLimit&) = delete;
  RateLimit& operator=(const RateLimit&) = delete;

  const RateLimitSettings& settings() const { return settings_; }

  // Takes a token of the bucket of the client whose key has that hash (0, of which there need be
  // no more: the common one). 0: there was one; else milliseconds until there is.
  int64_t take(uint64_t client, int64_t now_ms);

  // Buckets of clients, kWays of which compete for each place: the one that is fullest gives way to
  // a new client, who begins with a full one. So with more clients at a time than that, some get
  // more than their share; nobody gets less.
  static constexpr size_t kSets = 8192;
  static constexpr size_t kWays = 4;

 private:
  struct Bucket {
    std::atomic<uint64_t> client{0};
    std::atomic<int64_t> full_at{0};  // in units of 2^-20 ms
  };

  Bucket* buckets();
  Bucket& bucket_of(uint64_t client);
  int64_t take_from(Bucket& bucket, int64_t now) const;

  const RateLimitSettings settings_;
  const int64_t token_;  // what a token takes to come, in units of 2^-20 ms
  const int64_t depth_;  // what all of a bucket's take
  Bucket common_;
  std::atomic<Bucket*> buckets_{nullptr};  // of clients; owned, made for the first of them
};

}  // namespace limpet
