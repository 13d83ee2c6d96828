// The data plane's limits, in one place (docs/limits.md). Those that a Gateway sets for its ports
// are in core/routing/listener_settings.h; those of chunks are in http/body_framing.h, of buffers
// in net/buffer.h, of PROXY headers in net/proxy_protocol.h, of idle upstream connections in
// upstream/pool.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace limpet {

// Of a node as a whole, each of which a flag sets.
struct NodeLimits {
  // Client connections. At the limit none is accepted until another ends.
  size_t max_connections = 50'000;
  // From one address; further ones are closed. 0: no limit but the node's.
  size_t max_connections_per_address = 0;
  // Of the buffers of all connections. At the limit new requests are answered with 503.
  size_t max_buffer_bytes = size_t{1} << 30;
  // Running requests and tunnels, when the node stops.
  int64_t drain_ms = 10'000;
};

namespace limits {

inline constexpr size_t kLingerBytes = 256 * 1024;

// Connections that one request may try, over all candidates and addresses, where no RetryPolicy
// says how many.
inline constexpr int kMaxAttempts = 4;
// Candidates that are passed over for others, and tried when there are no others.
inline constexpr size_t kMaxPassedOver = 4;

// Endpoints that are looked at for one request, with those that are passed over.
inline constexpr size_t kMaxCandidates = 16;

// How long a request waits for a table that knows where its session is (STICKY.md's "behind"), and
// for how long none does after one has waited in vain.
inline constexpr int64_t kWaitForTableMs = 250;
inline constexpr int64_t kNoWaitForTableMs = 5'000;

// Cookies of the session's name that are opened; further ones are ignored.
inline constexpr int kMaxSessionCookies = 8;
// Of an HTTPRoute rule (Gateway API: backendRefs, maxItems 16).
inline constexpr size_t kMaxBackends = 16;

// Copies of requests (proxy/mirror.h): how many a worker has on their way, in all and to the
// endpoints of one Service port; and how much of them may wait for their endpoints, of one (of its
// answer, too, no more is read) and of all.
inline constexpr size_t kMaxMirrors = 1024;
inline constexpr size_t kMaxMirrorsOfService = 256;
inline constexpr size_t kMaxMirrorBytes = size_t{1} << 20;
inline constexpr size_t kMaxMirrorBytesOfWorker = size_t{64} << 20;

// After so many rounds of I/O a session or listener gives the others their turn.
inline constexpr int kRoundsPerTurn = 32;
inline constexpr int kAcceptsPerTurn = 64;
// Waiting connections of a listening socket; the kernel caps it at net.core.somaxconn.
inline constexpr int kBacklog = 4096;

}  // namespace limits
}  // namespace limpet
