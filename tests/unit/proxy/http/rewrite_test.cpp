#include "proxy/http/rewrite.h"

#include <gtest/gtest.h>

namespace limpet::http {
namespace {

std::string rewritten(const std::string& text, std::string_view drop_cookie = "sid") {
  RequestHead head;
  EXPECT_EQ(parse_request_head(text, {}, head), ParseError::kNone);
  RequestRewrite rewrite;
  rewrite.client_ip = "10.0.0.9";
  rewrite.listener_port = 8000;
  rewrite.drop_cookie = drop_cookie;
  std::string out;
  rewrite_request(head, rewrite, out);
  return out;
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

TEST(RewriteRequest, ForwardedFieldsAreOursAndForIsExtended) {
  const std::string out = rewritten(
      "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2\r\n"
      "X-Forwarded-Proto: https\r\nX-Forwarded-For: 3.3.3.3\r\nX-Forwarded-Host: evil\r\n\r\n");
  EXPECT_NE(out.find("X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 10.0.0.9\r\n"),
            std::string::npos);
  EXPECT_EQ(out.find("https"), std::string::npos);
  EXPECT_EQ(out.find("evil"), std::string::npos);
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
