// The data plane's limits, in one place (docs/limits.md). Those that a Gateway sets for its ports
// are in core/routing/listener_settings.h; those of chunks are in http/body_framing.h, of buffers
// in net/buffer.h, of idle upstream connections in upstream/pool.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace limpet {

// Of a node as a whole, each of which a flag sets.
struct NodeLimits {
  // Running requests and tunnels, when the node stops.
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
