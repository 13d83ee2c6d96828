#include "proxy/http/respond.h"

#include <iterator>

#include <fmt/format.h>

#include "proxy/http/date.h"

namespace limpet::http {
namespace {

constexpr FailureInfo kInfos[] = {
    {Failure::kBadRequest, Source::kClient, 400, "Bad Request",
     "the request is not valid HTTP/1.1"},
    {Failure::kRequestTimeout, Source::kClient, 408, "Request Timeout",
     "the request did not arrive in time"},
    {Failure::kTargetTooLong, Source::kClient, 414, "URI Too Long",
     "the request's target is longer than is allowed here"},
    {Failure::kHeadTooLarge, Source::kClient, 431, "Request Header Fields Too Large",
     "the request's head is larger or has more fields than is allowed here"},
    {Failure::kNotImplemented, Source::kClient, 501, "Not Implemented",
     "the request uses a transfer coding other than chunked"},
    {Failure::kVersion, Source::kClient, 505, "HTTP Version Not Supported",
     "HTTP/1.0 and HTTP/1.1 are served here"},
    {Failure::kPlainHttp, Source::kClient, 400, "Bad Request",
     "this port speaks HTTPS: ask with https://"},
    {Failure::kOverloaded, Source::kGateway, 503, "Service Unavailable",
     "this node has as much to do as it can hold"},
    {Failure::kNoTable, Source::kGateway, 503, "Service Unavailable",
     "no configuration has arrived yet"},
    {Failure::kNoRoute, Source::kGateway, 404, "Not Found",
     "no route takes this host and path"},
    {Failure::kMisdirected, Source::kGateway, 421, "Misdirected Request",
     "this connection's certificate is not for this host"},
    {Failure::kRateLimited, Source::kGateway, 429, "Too Many Requests",
     "more requests have come than are let through; try again later"},
    {Failure::kInvalidBackend, Source::kGateway, 500, "Internal Server Error",
     "the route's backend does not exist"},
    {Failure::kNoEndpoint, Source::kGateway, 503, "Service Unavailable",
     "the service has no endpoint that can serve"},
    {Failure::kConnectFailed, Source::kUpstream, 503, "Service Unavailable",
     "no endpoint could be reached"},
    {Failure::kConnectTimeout, Source::kUpstream, 504, "Gateway Timeout",
     "no endpoint could be reached in time"},
    {Failure::kUpstreamTls, Source::kUpstream, 502, "Bad Gateway",
     "no endpoint could be spoken to over TLS, or be believed"},
    {Failure::kUpstreamClosed, Source::kUpstream, 502, "Bad Gateway",
     "the endpoint closed the connection before it answered"},
    {Failure::kBadResponse, Source::kUpstream, 502, "Bad Gateway",
     "the endpoint's answer is not valid HTTP/1.1"},
    {Failure::kResponseTimeout, Source::kUpstream, 504, "Gateway Timeout",
     "the endpoint did not answer in time"},
};

constexpr bool in_order() {
  for (size_t i = 0; i < std::size(kInfos); ++i) {
    if (static_cast<size_t>(kInfos[i].failure) != i) return false;
  }
  return true;
}
static_assert(in_order(), "kInfos is indexed by Failure");

// Empty, as it may be (RFC 9112 §4), of those that this gateway has no failure with.
std::string_view reason_of(int status) {
  for (const FailureInfo& known : kInfos) {
    if (known.status == status) return known.reason;
  }
  return {};
}

}  // namespace

const FailureInfo& info(Failure failure) { return kInfos[static_cast<size_t>(failure)]; }

void append_response(Failure failure, const Variation& variation, bool close, bool to_head,
                     int64_t now_unix_s, std::string& out) {
  const FailureInfo& what = info(failure);
  const bool own = variation.status == 0 || variation.status == what.status;
  fmt::format_to(std::back_inserter(out),
                 "HTTP/1.1 {} {}\r\ncontent-type: text/plain; charset=utf-8\r\n"
                 "content-length: {}\r\n{}date: ",
                 own ? what.status : variation.status,
                 own ? what.reason : reason_of(variation.status), what.message.size() + 1,
                 variation.fields);
  append_date(now_unix_s, out);
  out.append(close ? "\r\nconnection: close\r\n\r\n" : "\r\n\r\n");
  if (!to_head) out.append(what.message).append("\n");
}

}  // namespace limpet::http
