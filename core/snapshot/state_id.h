// What names a state: (epoch, revision, digest).
#pragma once

#include <compare>
#include <cstdint>

#include "core/snapshot/digest.h"

namespace limpet {

// The identity of a database: its creation time in units of 10 ms since 1970 (the upper 40 bits,
// good until 2318) and 24 random bits. Epochs are ordered by their creation; a restored database
// takes one later than any it replaces. 0: none yet.
class Epoch {
 public:
  Epoch() = default;
  explicit Epoch(uint64_t value) : value_(value) {}
  static Epoch make(int64_t unix_ms, uint32_t random) {
    return Epoch(static_cast<uint64_t>(unix_ms / 10) << 24 | (random & 0xFFFFFFU));
  }

  uint64_t value() const { return value_; }
  // The part that session tokens carry (40 bits).
  uint64_t created() const { return value_ >> 24; }
  friend auto operator<=>(const Epoch&, const Epoch&) = default;

 private:
  uint64_t value_ = 0;
};

struct StateId {
  Epoch epoch;
  uint64_t revision = 0;  // 0: the empty state
  Digest digest;

  friend bool operator==(const StateId&, const StateId&) = default;
};

}  // namespace limpet
