// The data plane's limits and time-outs, in one place (docs/limits.md). Those of message heads are
// in http/head.h, of buffers in net/buffer.h, of idle upstream connections in upstream/pool.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace limpet::limits {

// A client's connection.
inline constexpr int64_t kIdleMs = 75'000;          // between two requests
inline constexpr int64_t kHeadMs = 10'000;          // from a head's first byte to its last
inline constexpr int64_t kBodyProgressMs = 30'000;  // without a byte, in either direction
inline constexpr int64_t kLingerMs = 2'000;         // reading what a refused client still sends
inline constexpr size_t kLingerBytes = 256 * 1024;
inline constexpr size_t kMaxSessionsPerWorker = 50'000;

// An upstream connection.
inline constexpr int64_t kConnectMs = 3'000;
inline constexpr int64_t kResponseHeadMs = 60'000;  // from the request's last byte
// Connections that one request may try, over all candidates and addresses.
inline constexpr int kMaxAttempts = 4;

// Cookies of the session's name that are opened; further ones are ignored.
inline constexpr int kMaxSessionCookies = 8;
// Of an HTTPRoute rule (Gateway API: backendRefs, maxItems 16).
inline constexpr size_t kMaxBackends = 16;

// How long running requests may take to end when the node stops.
inline constexpr int64_t kDrainMs = 10'000;

// After so many rounds of I/O a session or listener gives the others their turn.
inline constexpr int kRoundsPerTurn = 32;
inline constexpr int kAcceptsPerTurn = 64;

}  // namespace limpet::limits
