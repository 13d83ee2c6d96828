// Endpoints that a worker could not reach just now, and passes over for a while. What one node sees
// by itself serves requests from other candidates and moves no session (STICKY.md, 4.2).
//
// An address whose connections fail is passed over at once, one that closes connections without an
// answer after kMaxBroken in a row. After kFirstMs one request is its trial. Where a trial may cost
// a client something, the next one comes after twice the time, up to kLongestMs.
#pragma once

#include <cstdint>

#include <absl/container/flat_hash_map.h>

#include "core/base/socket_address.h"

namespace limpet {

class Ejections {
 public:
  static constexpr int64_t kFirstMs = 1'000;
  static constexpr int64_t kLongestMs = 30'000;
  static constexpr uint32_t kMaxBroken = 3;
  static constexpr size_t kMaxAddresses = 4'096;  // remembered; further ones are not

  enum class Failure : uint8_t {
    kRefused,   // or unreachable: another trial costs nothing
    kTimedOut,  // another trial costs the client the time to connect
    kBroken,    // connected, and closed before an answer
  };

  void note_failure(const SocketAddress& address, Failure failure, int64_t now_ms);
  // The address has answered a request.
  void note_answer(const SocketAddress& address) {
    if (!entries_.empty()) entries_.erase(address);
  }

  enum class Verdict : uint8_t {
    kUse,
    kPassOver,  // others first
    kAvoid,     // not at all: nothing but waiting would come of it
  };
  // kUse for an address that is passed over makes the caller its trial.
  Verdict judge(const SocketAddress& address, int64_t now_ms) {
    return entries_.empty() ? Verdict::kUse : look_up(address, now_ms);
  }

  size_t size() const { return entries_.size(); }
  // Forgets what was tried last long ago. To be called about once a second.
  void sweep(int64_t now_ms);

 private:
  struct Entry {
    Failure failure = Failure::kRefused;
    uint32_t broken = 0;    // in a row
    int64_t length_ms = 0;  // until the next trial; 0: not ejected yet
    int64_t until_ms = 0;   // passed over until then
    bool on_trial = false;  // its end has come, and somebody tries
  };

  Verdict look_up(const SocketAddress& address, int64_t now_ms);

  absl::flat_hash_map<SocketAddress, Entry> entries_;
};

}  // namespace limpet
