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
  kPlainHttp,  // where TLS is spoken
  // The gateway's load and configuration.
  kOverloaded,      // its buffers hold as much as they may
  kNoTable,         // nothing to serve from yet
  kNoRoute,         // no listener or rule takes the request
  kMisdirected,     // the host is another listener's than that of the TLS connection
  kRateLimited,     // the route lets no more through for now
  // No failures, but answers of the gateway's own.
  kRedirect,        // the rule says so
  kPreflight,       // a page of another origin may send its request (http/cors.h)
  kOriginRefused,   // it may not
  kBrokenFilter,    // a filter of the rule or backend cannot be applied
  kInvalidBackend,  // the rule's backendRef names nothing that exists
  kNoEndpoint,      // the backend has no endpoint that may serve
  kSessionAway,     // the session's endpoint may not, and its policy has it wait
  kCircuitOpen,     // the backend's CircuitBreakingPolicy lets nothing through for a while
  kCircuitFull,     // nor more than its limits
  // The upstream's doing.
  kConnectFailed,
  kConnectTimeout,
  kUpstreamTls,     // no TLS with any endpoint
  kUpstreamClosed,  // closed or reset before a whole response head
  kBadResponse,     // not HTTP as this gateway understands it
  kResponseTimeout,
  kRouteTimeout,    // the rule gives requests no longer than that
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

// What a policy or a filter makes of an answer.
struct Variation {
  int status = 0;       // 0: the failure's own
  std::string content;  // empty: the failure's message
  std::string fields;   // further ones, whole lines
};

// Appends a whole response. `close`: the connection ends after it. `to_head`: to a HEAD
// request, without body. Those of 204 and 304 have none either.
void append_response(Failure failure, const Variation& variation, bool close, bool to_head,
                     int64_t now_unix_s, std::string& out);

}  // namespace limpet::http
