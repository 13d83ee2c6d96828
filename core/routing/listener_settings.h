// How the connections of a port are served: the limits, time-outs and manners that its Gateway may
// set (gateway_parameters.proto). Here are all their defaults and bounds; docs/limits.md
// lists them. Those of a whole node are in proxy/limits.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/cidr.h"

namespace limpet {

// Of one request. A response's head has the greatest values that can be set.
struct RequestLimits {
  uint32_t head_bytes = 64 * 1024;  // request line and all fields; 431
  uint32_t target_bytes = 8 * 1024; // 414
  uint32_t fields = 100;            // 431
  // After so many the connection is closed, as the last answer says.
  uint32_t requests_per_connection = 100'000;

  friend bool operator==(const RequestLimits&, const RequestLimits&) = default;
};

// In milliseconds.
struct Timeouts {
  // A client's connection.
  int64_t proxy_header_ms = 5'000;    // from accept to the end of a PROXY protocol header
  int64_t tls_handshake_ms = 10'000;  // from where TLS begins to the end of the handshake
  int64_t idle_ms = 75'000;           // between two requests
  int64_t head_ms = 10'000;           // from a head's first byte to its last
  int64_t body_progress_ms = 30'000;  // without a byte, in either direction
  int64_t tunnel_ms = 3'600'000;      // an upgraded connection, without a byte either way
  int64_t linger_ms = 2'000;          // reading what a refused client still sends; not to be set
  // An upstream connection.
  int64_t connect_ms = 3'000;
  int64_t response_head_ms = 60'000;  // from the request's last byte

  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

// What the endpoint is told of the client, and what is believed of those before this gateway.
struct Forwarding {
  // From these peers, X-Forwarded-*, Forwarded and PROXY protocol headers are believed; from
  // others they are taken away.
  CidrSet trusted;
  bool proxy_protocol = false;  // connections of trusted peers begin with a PROXY header
  bool x_forwarded = true;      // X-Forwarded-For, -Proto, -Host and -Port
  bool forwarded = false;       // RFC 7239
  std::string via;              // this gateway's name in Via (RFC 9110 §7.6.3); empty: no Via

  friend bool operator==(const Forwarding&, const Forwarding&) = default;
};

struct ListenerSettings {
  RequestLimits limits;
  Timeouts timeouts;
  Forwarding forwarding;

  friend bool operator==(const ListenerSettings&, const ListenerSettings&) = default;
};

// What holds where nothing is set.
std::shared_ptr<const ListenerSettings> default_listener_settings();

// The bounds of what can be set.
inline constexpr uint32_t kMinHeadBytes = 1024;
inline constexpr uint32_t kMaxHeadBytes = 64 * 1024;
inline constexpr uint32_t kMinTargetBytes = 256;
inline constexpr uint32_t kMaxTargetBytes = 32 * 1024;
inline constexpr uint32_t kMinFields = 10;
inline constexpr uint32_t kMaxFields = 256;
inline constexpr uint32_t kMaxRequestsPerConnection = 1'000'000'000;
inline constexpr int64_t kMinTimeoutMs = 10;
inline constexpr int64_t kMaxTimeoutMs = 24 * 3'600'000;
inline constexpr int kMaxTrustedCidrs = 64;
inline constexpr size_t kMaxViaBytes = 64;

}  // namespace limpet
