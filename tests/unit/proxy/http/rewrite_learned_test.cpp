// Heads with the application's own cookie, and the session's token in it.
#include <gtest/gtest.h>

#include "proxy/http/learned_cookie.h"
#include "proxy/http/rewrite.h"

namespace limpet::http {
namespace {

const std::string kToken = "oQ" + std::string(116, 'x');
const std::string kWith = "~" + kToken;

std::string cookies_of(const std::string& fields) {
  const std::string text = "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
  RequestHead head;
  EXPECT_EQ(parse_request_head(text, {}, head), ParseError::kNone) << text;
  RequestRewrite rewrite;
  rewrite.x_forwarded = false;
  rewrite.learned_cookie = "JSESSIONID";
  std::string out;
  rewrite_request(head, rewrite, out);
  const std::string begin = "GET / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_TRUE(out.starts_with(begin) && out.ends_with("\r\n")) << out;
  return out.substr(begin.size(), out.size() - begin.size() - 2);
}

TEST(RewriteLearned, TheEndpointSeesItsOwnValue) {
  EXPECT_EQ(cookies_of("Cookie: a=1;JSESSIONID=abc" + kWith + ";  b=\"2\"\r\n"),
            "Cookie: a=1;JSESSIONID=abc;  b=\"2\"\r\n");
  EXPECT_EQ(cookies_of("Cookie: JSESSIONID=\"a~b" + kWith + "\"\r\nAccept: x\r\nCookie: c" + kWith +
                       "; JSESSIONID=d" + kWith + "\r\n"),
            "Cookie: JSESSIONID=\"a~b\"; c" + kWith + "; JSESSIONID=d\r\nAccept: x\r\n");
  EXPECT_EQ(cookies_of("Cookie: JSESSIONID=a~b\r\n"), "Cookie: JSESSIONID=a~b\r\n");
  EXPECT_EQ(cookies_of("Cookie:\r\n"), "");
}

struct Answer {
  std::string token = kToken;
  std::string set_cookie = "JSESSIONID=abc" + kWith + "; path=/";
  FieldChanges changes = {};

  ResponseRewrite rewrite() const {
    ResponseRewrite made;
    made.set_cookie = set_cookie;
    made.learned = {"JSESSIONID", token, 1'780'000'000};
    made.changes = changes;
    return made;
  }
  std::string rewritten(const std::string& text) const {
    ResponseHead head;
    EXPECT_EQ(parse_response_head(text, false, head), ParseError::kNone) << text;
    const ResponseRewrite rewrite = this->rewrite();
    if (!needs_rewrite(head, rewrite)) return text;
    std::string out;
    rewrite_response(head, rewrite, out);
    return out;
  }
  // Of an answer that caches keep anyway, so that nothing is said to them.
  std::string fields(const std::string& fields) const {
    const std::string begin = "HTTP/1.1 302 Found\r\n";
    const std::string out = rewritten(begin + fields + "\r\n");
    EXPECT_TRUE(out.starts_with(begin) && out.ends_with("\r\n")) << out;
    return out.substr(begin.size(), out.size() - begin.size() - 2);
  }
};

TEST(RewriteLearned, TheApplicationsCookieGetsTheToken) {
  const Answer answer;
  EXPECT_EQ(answer.fields("A: b\r\nSet-Cookie: JSESSIONID=new; Path=/; HttpOnly\r\nX: y\r\n"),
            "A: b\r\nSet-Cookie: JSESSIONID=new" + kWith + "; Path=/; HttpOnly\r\nX: y\r\n");
  EXPECT_EQ(answer.fields("set-cookie: JSESSIONID=\"a~b\"\r\n"),
            "set-cookie: JSESSIONID=\"a~b" + kWith + "\"\r\n");
}

TEST(RewriteLearned, EachFieldOfTheNameGetsIt) {
  EXPECT_EQ(Answer().fields("Set-Cookie: JSESSIONID=; Path=/old; Max-Age=0\r\n"
                            "Set-Cookie: JSESSIONID=a; Path=/\r\nSet-Cookie: other=JSESSIONID=x\r\n"
                            "Set-Cookie: JSESSIONID=b; Path=/app\r\n"),
            "Set-Cookie: JSESSIONID=; Path=/old; Max-Age=0\r\n"
            "Set-Cookie: JSESSIONID=a" + kWith + "; Path=/\r\n"
            "Set-Cookie: other=JSESSIONID=x\r\n"
            "Set-Cookie: JSESSIONID=b" + kWith + "; Path=/app\r\n");
}

TEST(RewriteLearned, AnAnswerWithoutItSetsItAnew) {
  const Answer answer;
  const std::string made = "set-cookie: JSESSIONID=abc" + kWith + "; path=/\r\n";
  EXPECT_EQ(answer.fields(""), made);
  EXPECT_EQ(answer.fields("Set-Cookie: jsessionid=a\r\n"), "Set-Cookie: jsessionid=a\r\n" + made);
  const std::string deletes = "Set-Cookie: JSESSIONID=a; Expires=Thu, 01-Jan-1970 00:00:10 GMT\r\n";
  EXPECT_EQ(answer.fields(deletes), deletes) << "what is deleted is not made again";
}

TEST(RewriteLearned, WithoutATokenAllStaysAsItIs) {
  const Answer answer{.token = "", .set_cookie = ""};
  const std::string text = "HTTP/1.1 200 OK\r\nSet-Cookie: JSESSIONID=a\r\n\r\n";
  EXPECT_EQ(answer.rewritten(text), text);
  EXPECT_EQ(answer.rewritten("HTTP/1.0 200 OK\r\nSet-Cookie: JSESSIONID=a\r\n\r\n"), text);
}

TEST(RewriteLearned, OnlyAnswersThatSetTheCookieAreWrittenAnew) {
  const Answer answer{.set_cookie = ""};
  const auto needs = [&](const std::string& fields) {
    const std::string text = "HTTP/1.1 200 OK\r\n" + fields + "\r\n";
    ResponseHead head;
    EXPECT_EQ(parse_response_head(text, false, head), ParseError::kNone);
    return needs_rewrite(head, answer.rewrite());
  };
  EXPECT_TRUE(needs("Set-Cookie: JSESSIONID=a\r\n"));
  EXPECT_FALSE(needs(""));
  EXPECT_FALSE(needs("Set-Cookie: a=b\r\n"));
  EXPECT_FALSE(needs("Set-Cookie: JSESSIONID=\r\n"));
}

TEST(RewriteLearned, WhatHasATokenIsKeptOutOfCaches) {
  const std::string kept = "cache-control: private\r\n";
  const std::string sets = "HTTP/1.1 200 OK\r\nSet-Cookie: JSESSIONID=a\r\n\r\n";
  for (const std::string& set_cookie : {std::string(), Answer().set_cookie}) {
    const Answer answer{.set_cookie = set_cookie};
    EXPECT_TRUE(answer.rewritten(sets).ends_with(kept + "\r\n"));
    EXPECT_EQ(answer.rewritten("HTTP/1.1 200 OK\r\nSet-Cookie: JSESSIONID=\r\n\r\n").find(kept),
              std::string::npos);
  }
  EXPECT_TRUE(Answer().rewritten("HTTP/1.1 200 OK\r\n\r\n").ends_with(kept + "\r\n"));
}

TEST(RewriteLearned, ACookieThatWouldBeTooLargeStaysAsItIs) {
  const std::string value(kMaxCookieBytes - 50, 'a');
  const std::string large = "Set-Cookie: JSESSIONID=" + value + "\r\n";
  EXPECT_EQ(Answer().fields(large), large);
}

// A filter of the route takes the application's cookies away: the client has what the gateway says.
TEST(RewriteLearned, FieldsThatAreTakenAwayDoNotCount) {
  HeaderChanges remove;
  remove.remove = {"set-cookie"};
  Answer answer;
  answer.changes.of_rule = &remove;
  EXPECT_EQ(answer.fields("Set-Cookie: JSESSIONID=new\r\n"),
            "set-cookie: " + answer.set_cookie + "\r\n");
}

}  // namespace
}  // namespace limpet::http
