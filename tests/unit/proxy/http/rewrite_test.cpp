#include "proxy/http/rewrite.h"

#include <gtest/gtest.h>

#include "proxy/net/buffer.h"

namespace limpet::http {
namespace {

std::string rewritten_with(RequestRewrite rewrite, const std::string& text) {
  RequestHead head;
  EXPECT_EQ(parse_request_head(text, {}, head), ParseError::kNone) << text;
  rewrite.client_ip = "10.0.0.9";
  rewrite.listener_port = 8000;
  std::string out;
  rewrite_request(head, rewrite, out);
  return out;
}

std::string rewritten(const std::string& text, std::string_view drop_cookie = "sid") {
  RequestRewrite rewrite;
  rewrite.drop_cookie = drop_cookie;
  return rewritten_with(rewrite, text);
}

// The fields behind the Host, of a request with these fields behind it.
std::string fields_with(const RequestRewrite& rewrite, const std::string& fields) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: h:1\r\n";
  const std::string out = rewritten_with(rewrite, begin + fields + "\r\n");
  EXPECT_TRUE(out.starts_with(begin)) << out;
  return out.substr(begin.size(), out.size() - begin.size() - 2);
}

TEST(RewriteRequest, PassesFieldsOnInOrderAndSaysWhoAsked) {
  EXPECT_EQ(rewritten("GET /a?b HTTP/1.1\r\nhost: h:1\r\nAccept: x\r\nX-A: 1\r\nX-A: 2\r\n\r\n"),
            "GET /a?b HTTP/1.1\r\nhost: h:1\r\nAccept: x\r\nX-A: 1\r\nX-A: 2\r\n"
            "X-Forwarded-For: 10.0.0.9\r\nX-Forwarded-Proto: http\r\n"
            "X-Forwarded-Host: h:1\r\nX-Forwarded-Port: 8000\r\n\r\n");
}

TEST(RewriteRequest, DropsWhatIsForOneHop) {
  const std::string out = rewritten(
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, X-Hop, Host, content-length\r\n"
      "X-Hop: 1\r\nKeep-Alive: 1\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nTE: gzip\r\n"
      "Content-Length: 3\r\n\r\n");
  for (const char* gone : {"X-Hop", "Keep-Alive", "Proxy-Connection", "Upgrade", "TE:",
                           "Connection:"}) {
    EXPECT_EQ(out.find(gone), std::string::npos) << gone;
  }
  EXPECT_NE(out.find("Host: h\r\n"), std::string::npos) << "framing and routing stay";
  EXPECT_NE(out.find("Content-Length: 3\r\n"), std::string::npos);
}

TEST(RewriteRequest, TrailersMayBeAskedFor) {
  EXPECT_NE(rewritten("GET / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\n\r\n")
                .find("Connection: TE\r\nTE: trailers\r\n"),
            std::string::npos);
}

TEST(RewriteRequest, OurCookieStaysHere) {
  EXPECT_NE(rewritten("GET / HTTP/1.1\r\nHost: h\r\nCookie: a=1; sid=x; b=2\r\n\r\n")
                .find("Cookie: a=1; b=2\r\n"),
            std::string::npos);
  EXPECT_EQ(rewritten("GET / HTTP/1.1\r\nHost: h\r\nCookie: sid=x\r\n\r\n").find("ookie"),
            std::string::npos);
  EXPECT_NE(rewritten("GET / HTTP/1.1\r\nHost: h\r\nCookie: sid=x\r\n\r\n", "")
                .find("Cookie: sid=x\r\n"),
            std::string::npos);
}

TEST(RewriteRequest, CookieFieldsBecomeOne) {
  const auto cookies = [](const std::string& fields, std::string_view drop) {
    RequestRewrite rewrite;
    rewrite.x_forwarded = false;
    rewrite.drop_cookie = drop;
    return fields_with(rewrite, fields);
  };
  const std::string crumbs = "cookie: a=1\r\nAccept: x\r\nCookie: sid=x\r\nCookie: b=2; c=3\r\n";
  EXPECT_EQ(cookies(crumbs, ""), "cookie: a=1; sid=x; b=2; c=3\r\nAccept: x\r\n");
  EXPECT_EQ(cookies(crumbs, "sid"), "cookie: a=1; b=2; c=3\r\nAccept: x\r\n");
  EXPECT_EQ(cookies("Cookie: sid=x\r\nAccept: x\r\nCookie: a=1\r\n", "sid"),
            "Cookie: a=1\r\nAccept: x\r\n");
  EXPECT_EQ(cookies("Cookie: sid=x\r\nAccept: x\r\nCookie: sid=y\r\n", "sid"), "Accept: x\r\n");
  EXPECT_EQ(cookies("Cookie: =v; a\r\nCookie: b\r\n", ""), "Cookie: =v; a; b\r\n");
  EXPECT_EQ(cookies("Cookie:\r\nCookie: b\r\nCookie:\r\n", ""), "Cookie: b\r\n");
}

TEST(RewriteRequest, ExpectMeansNothingInHttp10) {
  EXPECT_EQ(rewritten("PUT / HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\n\r\n").find("Expect"),
            std::string::npos);
  EXPECT_NE(rewritten("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n")
                .find("Expect: 100-continue\r\n"),
            std::string::npos);
}

constexpr char kTold[] =
    "X-Forwarded-For: 1.1.1.1, 2.2.2.2\r\nX-Forwarded-Proto: https\r\nX-Forwarded-For: 3.3.3.3\r\n"
    "X-Forwarded-Host: shop.example:443\r\nX-Forwarded-Port: 443\r\n"
    "Forwarded: for=1.1.1.1;proto=https\r\n";
constexpr char kSeen[] =
    "X-Forwarded-For: 10.0.0.9\r\nX-Forwarded-Proto: http\r\n"
    "X-Forwarded-Host: h:1\r\nX-Forwarded-Port: 8000\r\n";

TEST(RewriteForwarded, AnUntrustedPeerIsNotBelieved) {
  RequestRewrite rewrite;
  EXPECT_EQ(fields_with(rewrite, kTold), kSeen);
  rewrite.x_forwarded = false;
  EXPECT_EQ(fields_with(rewrite, kTold), "");
  rewrite.forwarded = true;
  EXPECT_EQ(fields_with(rewrite, kTold), "Forwarded: for=10.0.0.9;host=\"h:1\";proto=http\r\n");
}

// Also under names that this gateway does not write, and as CGI spells them.
TEST(RewriteForwarded, NothingOfTheKindIsBelievedOfAnUntrustedPeer) {
  constexpr char kOthers[] =
      "X-Forwarded-Prefix: /a\r\nx-forwarded-ssl: on\r\nX_Forwarded_For: 1.1.1.1\r\n"
      "X-Forwarded_Proto: https\r\n";
  RequestRewrite rewrite;
  EXPECT_EQ(fields_with(rewrite, kOthers), kSeen);
  rewrite.trusted = true;
  EXPECT_EQ(fields_with(rewrite, kOthers), std::string(kOthers) + kSeen);
  EXPECT_EQ(fields_with(RequestRewrite(), "X-Forwarded: 1\r\nX-Forwarder-Id: 2\r\n"),
            std::string("X-Forwarded: 1\r\nX-Forwarder-Id: 2\r\n") + kSeen);
}

TEST(RewriteForwarded, WhatATrustedPeerSaysIsKeptAndExtended) {
  RequestRewrite rewrite;
  rewrite.trusted = true;
  EXPECT_EQ(fields_with(rewrite, ""), kSeen);
  EXPECT_EQ(fields_with(rewrite, kTold),
            "Forwarded: for=1.1.1.1;proto=https\r\n"
            "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 10.0.0.9\r\nX-Forwarded-Proto: https\r\n"
            "X-Forwarded-Host: shop.example:443\r\nX-Forwarded-Port: 443\r\n");
  rewrite.x_forwarded = false;
  EXPECT_EQ(fields_with(rewrite, kTold), kTold) << "passed on as it came";
  rewrite.forwarded = true;
  EXPECT_TRUE(fields_with(rewrite, kTold)
                  .ends_with("Forwarded: for=1.1.1.1;proto=https, "
                             "for=10.0.0.9;host=\"h:1\";proto=http\r\n"));
}

TEST(RewriteForwarded, WhatIsMalformedOrTwiceIsMadeAnew) {
  RequestRewrite rewrite;
  rewrite.trusted = true;
  for (const char* wrong :
       {"X-Forwarded-Proto: https, http\r\n", "X-Forwarded-Proto:\r\n", "X-Forwarded-Proto: 1\r\n",
        "X-Forwarded-Proto: https\r\nX-Forwarded-Proto: https\r\n", "X-Forwarded-Host: a b\r\n",
        "X-Forwarded-Host: a, b\"\r\n", "X-Forwarded-Port: 0\r\n", "X-Forwarded-Port: 65536\r\n",
        "X-Forwarded-Port: 080000\r\n", "X-Forwarded-Port: x\r\n", "X-Forwarded-Port:\r\n",
        "X-Forwarded-For:\r\n"}) {
    EXPECT_EQ(fields_with(rewrite, wrong), kSeen) << wrong;
  }
  rewrite.x_forwarded = false;
  rewrite.forwarded = true;
  EXPECT_EQ(fields_with(rewrite, "Forwarded: for=\"1.1.1.1\r\nForwarded: for=2.2.2.2\r\n"),
            "Forwarded: for=10.0.0.9;host=\"h:1\";proto=http\r\n");
}

TEST(RewriteRequest, ViaIsAddedBehindThoseBefore) {
  RequestRewrite rewrite;
  rewrite.x_forwarded = false;
  rewrite.via = "edge";
  EXPECT_EQ(fields_with(rewrite, "Via: 1.0 a\r\nAccept: x\r\n"),
            "Via: 1.0 a\r\nAccept: x\r\nVia: 1.1 edge\r\n");
  EXPECT_NE(rewritten_with(rewrite, "GET / HTTP/1.0\r\nHost: h\r\n\r\n").find("Via: 1.0 edge\r\n"),
            std::string::npos);
}

// proxy/net/buffer.h: kHeadroom.
TEST(RewriteRequest, TheHeadGrowsByLessThanTheHeadroom) {
  RequestRewrite rewrite;
  rewrite.trusted = true;
  rewrite.forwarded = true;
  const std::string via(kMaxViaBytes, 'v');
  rewrite.via = via;
  const std::string host(kMaxAuthority, 'h');
  std::string text = "GET / HTTP/1.1\r\nHost:" + host + "\r\nTE:trailers\r\n";
  RequestLimits limits;
  limits.fields = kMaxFields;
  for (uint32_t i = 2; i < kMaxFields; ++i) text += "a:\r\n";
  text += "\r\n";
  RequestHead head;
  ASSERT_EQ(parse_request_head(text, limits, head), ParseError::kNone);
  rewrite.client_ip = "2001:db8:1111:2222:3333:4444:5555:6666";
  rewrite.listener_port = 65535;
  std::string out;
  rewrite_request(head, rewrite, out);
  EXPECT_LE(out.size(), text.size() + kHeadroom);
}

TEST(RewriteRequest, AbsoluteTargetsBecomeOriginFormAndNameTheHost) {
  const std::string out = rewritten("GET http://a.b:1/c HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_TRUE(out.starts_with("GET /c HTTP/1.1\r\nHost: a.b:1\r\n")) << out;
  const std::string query = rewritten("GET http://a.b?c HTTP/1.2\r\nHost: other\r\n\r\n");
  EXPECT_TRUE(query.starts_with("GET /?c HTTP/1.1\r\nHost: a.b\r\n")) << query;
}

std::string rewritten_response(const std::string& text, const ResponseRewrite& rewrite) {
  ResponseHead head;
  EXPECT_EQ(parse_response_head(text, false, head), ParseError::kNone);
  if (!needs_rewrite(head, rewrite)) return text;
  std::string out;
  rewrite_response(head, rewrite, out);
  return out;
}

TEST(RewriteResponse, NothingToChangeIsPassedAsItIs) {
  const std::string text = "HTTP/1.1 200 Fine\r\ncontent-length: 3\r\nSet-Cookie: a=b\r\n\r\n";
  ResponseHead head;
  ASSERT_EQ(parse_response_head(text, false, head), ParseError::kNone);
  EXPECT_FALSE(needs_rewrite(head, {}));
}

TEST(RewriteResponse, StatusLinesEndAsTheyOught) {
  EXPECT_EQ(rewritten_response("HTTP/1.1 200\r\nA: b\r\n\r\n", {}),
            "HTTP/1.1 200 \r\nA: b\r\n\r\n");
}

TEST(RewriteResponse, SetsTheCookieAndKeepsItOutOfCaches) {
  ResponseRewrite rewrite;
  rewrite.set_cookie = "sid=x; path=/";
  EXPECT_EQ(rewritten_response("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n\r\n", rewrite),
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nset-cookie: sid=x; path=/\r\n"
            "cache-control: private\r\n\r\n");
  for (const char* harmless : {"HTTP/1.1 503 No\r\n\r\n", "HTTP/1.1 302 Found\r\n\r\n",
                               "HTTP/1.1 200 OK\r\nCache-Control: No-Store\r\n\r\n",
                               "HTTP/1.1 200 OK\r\nCache-Control: max-age=1, private\r\n\r\n"}) {
    EXPECT_EQ(rewritten_response(harmless, rewrite).find("cache-control: private"),
              std::string::npos)
        << harmless;
  }
  EXPECT_NE(rewritten_response("HTTP/1.1 503 No\r\nCache-Control: max-age=9\r\n\r\n", rewrite)
                .find("cache-control: private"),
            std::string::npos);
}

TEST(RewriteResponse, ViaIsAddedBehindThoseBefore) {
  ResponseRewrite rewrite;
  rewrite.via = "edge";
  EXPECT_EQ(rewritten_response("HTTP/1.1 200 OK\r\nVia: 1.0 a\r\nX: y\r\n\r\n", rewrite),
            "HTTP/1.1 200 OK\r\nVia: 1.0 a\r\nX: y\r\nvia: 1.1 edge\r\n\r\n");
  EXPECT_EQ(rewritten_response("HTTP/1.0 200 OK\r\n\r\n", rewrite),
            "HTTP/1.1 200 OK\r\nvia: 1.0 edge\r\n\r\n");
}

TEST(RewriteResponse, ConnectionIsOurs) {
  ResponseRewrite close;
  close.close = true;
  EXPECT_EQ(rewritten_response("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: 5\r\n\r\n",
                               close),
            "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
  ResponseRewrite old;
  old.client_minor_version = 0;
  EXPECT_EQ(rewritten_response("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", old),
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n");
  for (const char* version : {"HTTP/1.0", "HTTP/1.2"}) {
    EXPECT_EQ(rewritten_response(version + std::string(" 200 OK\r\ncontent-length: 0\r\n\r\n"), {}),
              "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  }
}

}  // namespace
}  // namespace limpet::http
