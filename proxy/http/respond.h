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
  kInvalidBackend,  // the rule's backendRef names nothing that exists
  kNoEndpoint,      // the backend has no endpoint that may serve
  // The upstream's doing.
  kConnectFailed,
  kConnectTimeout,
  kUpstreamTls,     // no TLS with any endpoint
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

// What a policy makes of an answer.
struct Variation {
  int status = 0;      // 0: the failure's own
  std::string fields;  // further ones, whole lines
};

// Appends a whole response. `close`: the connection ends after it. `to_head`: to a HEAD
// request, without body.
void append_response(Failure failure, const Variation& variation, bool close, bool to_head,
                     int64_t now_unix_s, std::string& out);

}  // namespace limpet::http
