// Requests at a constant rate, and how long their answers took.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/socket_address.h"

namespace limpet::bench {

struct RateLoad {
  SocketAddress address;
  uint32_t connections = 32;
  uint32_t per_second = 1000;
  uint32_t seconds = 3;
  std::string path = "/";
  std::string cookie;  // of the Cookie field; empty: none
};

// Open-loop: request k is due at start + k / rate, whatever became of those before it. It goes out
// on the connection that has been idle longest, as soon as there is one; its time counts from when
// it was due, so that a target that stalls is charged for every request that it kept waiting
// (no coordinated omission). Answers need a Content-Length.
//
// Prints "requests N failed N p50_us T p99_us T max_us T". The times leave out a warm-up at the
// start. Failed: not 2xx, a connection that ended under its request, or no answer 5 s after the
// last was due. Throws std::runtime_error when the target cannot be reached.
void run_rate(const RateLoad& load);

}  // namespace limpet::bench
