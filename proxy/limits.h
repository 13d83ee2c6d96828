// The data plane's limits and time-outs, in one place (docs/limits.md). Those of message heads are
// in http/head.h, of chunks in http/body_framing.h, of buffers in net/buffer.h, of idle upstream
// connections in upstream/pool.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace limpet {

struct Timeouts {
  // A client's connection.
  int64_t idle_ms = 75'000;           // between two requests
  int64_t head_ms = 10'000;           // from a head's first byte to its last
  int64_t body_progress_ms = 30'000;  // without a byte, in either direction
  int64_t linger_ms = 2'000;          // reading what a refused client still sends
  // An upstream connection.
  int64_t connect_ms = 3'000;
  int64_t response_head_ms = 60'000;  // from the request's last byte
  // For running requests, when the node stops.
  int64_t drain_ms = 10'000;
};

namespace limits {

inline constexpr size_t kMaxSessionsPerWorker = 50'000;
inline constexpr size_t kLingerBytes = 256 * 1024;

// Connections that one request may try, over all candidates and addresses.
inline constexpr int kMaxAttempts = 4;

// Cookies of the session's name that are opened; further ones are ignored.
inline constexpr int kMaxSessionCookies = 8;
// Of an HTTPRoute rule (Gateway API: backendRefs, maxItems 16).
inline constexpr size_t kMaxBackends = 16;

// After so many rounds of I/O a session or listener gives the others their turn.
inline constexpr int kRoundsPerTurn = 32;
inline constexpr int kAcceptsPerTurn = 64;
// Waiting connections of a listening socket; the kernel caps it at net.core.somaxconn.
inline constexpr int kBacklog = 4096;

}  // namespace limits
}  // namespace limpet
