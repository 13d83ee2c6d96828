// The limits of the HTTP server behind --admin, all of them.
#pragma once

#include <chrono>
#include <cstddef>

namespace limpet {

// Connections without a door, and with one. Further ones wait in the backlog.
inline constexpr size_t kMaxAdminConnections = 64;
inline constexpr size_t kMaxDoorConnections = 512;
// Requests of the door whose body is being read or that are being answered: 503 beyond.
inline constexpr size_t kMaxDoorRequests = 16;
// Answers that are streams (a watch): 503 beyond. Each has one message in memory.
inline constexpr size_t kMaxDoorStreams = 256;

inline constexpr size_t kMaxHttpHeadBytes = 8 * 1024;         // a longer head: 431
inline constexpr size_t kMaxHttpBodyBytes = 8 * 1024 * 1024;  // a longer body: 413
// Of a body that is refused: what is still read, so that its sender sees the answer.
inline constexpr size_t kMaxHttpLingerBytes = 64 * 1024 * 1024;
inline constexpr size_t kHttpBufferBytes = 64 * 1024;

// A connection that takes longer is closed.
inline constexpr auto kHttpHeadDeadline = std::chrono::seconds(10);  // TLS's handshake, and a head
inline constexpr auto kHttpBodyDeadline = std::chrono::seconds(30);  // a whole body
inline constexpr auto kHttpIdleDeadline = std::chrono::seconds(60);  // until the next request
// An answer, or one event of a stream, that the other side does not take.
inline constexpr auto kHttpWriteDeadline = std::chrono::seconds(30);
inline constexpr auto kHttpLingerDeadline = std::chrono::seconds(3);

}  // namespace limpet
