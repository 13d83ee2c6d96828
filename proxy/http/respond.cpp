#include "proxy/http/respond.h"

#include <iterator>
#include <utility>

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
    {Failure::kRedirect, Source::kGateway, 302, "Found", "see the Location of this answer"},
    {Failure::kPreflight, Source::kGateway, 204, "No Content", ""},
    {Failure::kOriginRefused, Source::kGateway, 403, "Forbidden",
     "the route does not let pages of this origin ask"},
    {Failure::kBrokenFilter, Source::kGateway, 500, "Internal Server Error",
     "a filter of the route cannot be applied"},
    {Failure::kInvalidBackend, Source::kGateway, 500, "Internal Server Error",
     "the route's backend does not exist, or its protocol is not spoken"},
    {Failure::kNoEndpoint, Source::kGateway, 503, "Service Unavailable",
     "the service has no endpoint that can serve"},
    {Failure::kSessionAway, Source::kGateway, 503, "Service Unavailable",
     "the session's endpoint does not serve now"},
    {Failure::kCircuitOpen, Source::kGateway, 503, "Service Unavailable",
     "the service is not asked for a while, since it failed or was slow"},
    {Failure::kCircuitFull, Source::kGateway, 503, "Service Unavailable",
     "the service has as many requests as it may have"},
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
    {Failure::kRouteTimeout, Source::kGateway, 504, "Gateway Timeout",
     "the request took longer than its route allows"},
};

constexpr bool in_order() {
  for (size_t i = 0; i < std::size(kInfos); ++i) {
    if (static_cast<size_t>(kInfos[i].failure) != i) return false;
  }
  return true;
}
static_assert(in_order(), "kInfos is indexed by Failure");

// RFC 9110 §15, for the statuses that policies and redirects are likely to name. A reason may be
// empty (RFC 9112 §4).
std::string_view reason_of(int status) {
  static constexpr std::pair<int, std::string_view> kReasons[] = {
      {200, "OK"},
      {202, "Accepted"},
      {204, "No Content"},
      {301, "Moved Permanently"},
      {303, "See Other"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {402, "Payment Required"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {409, "Conflict"},
      {418, "I'm a teapot"},
      {420, "Enhance Your Calm"},
      {429, "Too Many Requests"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {509, "Bandwidth Limit Exceeded"},
      {529, "Site is overloaded"},
  };
  for (const auto& [known, reason] : kReasons) {
    if (known == status) return reason;
  }
  return {};
}

}  // namespace

const FailureInfo& info(Failure failure) { return kInfos[static_cast<size_t>(failure)]; }

void append_response(Failure failure, const Variation& variation, bool close, bool to_head,
                     int64_t now_unix_s, std::string& out) {
  const FailureInfo& what = info(failure);
  const int status = variation.status == 0 ? what.status : variation.status;
  const bool bodiless = status == 204 || status == 304;  // RFC 9110 §6.4.1
  std::string content(variation.content.empty() ? what.message : variation.content);
  content = status == 205 ? std::string() : content + "\n";  // RFC 9110 §15.3.6
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", status,
                 status == what.status ? what.reason : reason_of(status));
  if (!bodiless) {
    fmt::format_to(std::back_inserter(out),
                   "content-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n",
                   content.size());
  }
  out.append(variation.fields).append("date: ");
  append_date(now_unix_s, out);
  out.append(close ? "\r\nconnection: close\r\n\r\n" : "\r\n\r\n");
  if (!to_head && !bodiless) out.append(content);
}

}  // namespace limpet::http
