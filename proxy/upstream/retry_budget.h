// How many requests of a worker may be tried a second time: so that endpoints in trouble get a
// little more than the clients send, and not a multiple of it.
//
// A reserve of tokens. Each request brings kPerRequest of one, time brings kPerSecond, each retry
// takes one; it holds kMost.
#pragma once

#include <algorithm>
#include <cstdint>

namespace limpet {

class RetryBudget {
 public:
  static constexpr int64_t kPerRequestThousandths = 200;  // of a token
  static constexpr int64_t kPerSecond = 10;
  static constexpr int64_t kMost = 100;

  void note_request() {
    thousandths_ = std::min(thousandths_ + kPerRequestThousandths, kMost * 1000);
  }
  // Whether there is one to take.
  bool take(int64_t now_ms) {
    // A token a second is a thousandth a millisecond.
    thousandths_ = std::min(thousandths_ + (now_ms - last_ms_) * kPerSecond, kMost * 1000);
    last_ms_ = now_ms;
    if (thousandths_ < 1000) return false;
    thousandths_ -= 1000;
    return true;
  }

 private:
  int64_t thousandths_ = kMost * 1000;
  int64_t last_ms_ = 0;
};

}  // namespace limpet
