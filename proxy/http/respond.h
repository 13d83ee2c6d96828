// Every answer that the gateway makes itself, in one place: what went wrong, where, and what the
// client is told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace limpet::http {

enum class Failure : uint8_t {
  // The client's doing. The connection closes: where the next request begins is uncertain.
  kBadRequest,
  kRequestTimeout,
  kTargetTooLong,
  kHeadTooLarge,
  kNotImplemented,
  kVersion,
  // The gateway's load and configuration.
  kOverloaded,      // its buffers hold as much as they may
  kNoTable,         // nothing to serve from yet
  kNoRoute,         // no listener or rule takes the request
  kInvalidBackend,  // the rule's backendRef names nothing that exists
  kNoEndpoint,      // the backend has no endpoint that may serve
  kRateLimited,     // the route's RateLimitPolicy has no token for it
  kCircuitOpen,     // the backend's CircuitBreakingPolicy lets nothing through for a while
  kCircuitFull,     // nor more than its limits
  // The upstream's doing.
  kConnectFailed,
  kConnectTimeout,
  kUpstreamClosed,  // closed or reset before a whole response head
  kBadResponse,     // not HTTP as this gateway understands it
  kResponseTimeout,
};

enum class Source : uint8_t { kClient, kGateway, kUpstream };

struct FailureInfo {
  Failure failure;
  Source source;
  int status;
  std::string_view reason;   // of the status line
  std::string_view message;  // the body, for people
};

const FailureInfo& info(Failure failure);

// What a policy wants said in place of what the failure says by itself.
struct Wording {
  int status = 0;             // 0: the failure's
  std::string_view content;   // empty: the failure's message
  std::string_view fields;    // further ones, whole lines
  int64_t retry_after_s = 0;  // 0: no Retry-After
};

// Appends a whole response. `close`: the connection ends after it. `to_head`: to a HEAD
// request, without body. Those of 204 and 304 have none either.
void append_response(Failure failure, bool close, bool to_head, int64_t now_unix_s,
                     std::string& out, const Wording& wording = {});

}  // namespace limpet::http
