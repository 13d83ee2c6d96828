// What an HTTPRoute's rule says of time, of retries and of sessions, and which requests it takes.
#include "tests/component/policy_fixture.h"

namespace limpet::testing {
namespace {

class RouteRuleTest : public PolicyTest {
 protected:
  // shop/web by this rule.
  void serve_rule(const std::string& rule, std::initializer_list<uint16_t> ports) {
    SnapshotBuilder builder = with_endpoints(ports);
    add_rule(builder, rule);
    serve(builder.build());
  }
};

Answer failing(int status) {
  return {str_cat("HTTP/1.1 ", status, " X\r\nContent-Length: 3\r\n\r\nno!")};
}

TEST_F(RouteRuleTest, MethodHeadersAndQueryDecide) {
  FakeUpstream web([](const std::string&) { return Answer{ok_response("well!")}; });
  serve_rule("matches { path { value: '/a' } method: 'POST' headers { name: 'X-V' value: '2' } "
             "query_params { name: 'q' value: 'a b' } }",
             {web.port()});
  const auto status = [&](const std::string& line, const std::string& headers) {
    return ask(line + " HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n" + headers + "\r\n")
        .substr(9, 3);
  };
  EXPECT_EQ(status("POST /a/1?q=a%20b", "x-v: 2\r\n"), "200");
  EXPECT_EQ(status("POST http://h/a/1?q=a+b", "x-v: 2\r\n"), "200");
  EXPECT_EQ(status("GET /a/1?q=a%20b", "x-v: 2\r\n"), "404");
  EXPECT_EQ(status("POST /a/1?q=a%20b", "x-v: 3\r\n"), "404");
  EXPECT_EQ(status("POST /a/1?q=a", "x-v: 2\r\n"), "404");
  EXPECT_EQ(status("POST /b?q=a%20b", "x-v: 2\r\n"), "404");
}

TEST_F(RouteRuleTest, ARequestTakesNoLongerThanItsRuleAllows) {
  Latch latch;
  FakeUpstream slow([&](const std::string&) {
    latch.wait();
    return Answer{ok_response("late!")};
  });
  serve_rule("timeouts { request: '30ms' }", {slow.port()});
  const std::string answer = ask(kGet);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 504 ")) << answer;
  EXPECT_TRUE(answer.ends_with("the request took longer than its route allows\n")) << answer;
  latch.open();
}

TEST_F(RouteRuleTest, AResponseThatIsOnItsWayIsCutShort) {
  FakeUpstream drips([&](const std::string&) {
    return Answer{"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart"};
  });
  for (const char* bound : {"request", "backend_request"}) {
    serve_rule(str_cat("timeouts { ", bound, ": '30ms' }"), {drips.port()});
    const std::string answer = ask(kGet);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << bound;
    EXPECT_TRUE(answer.ends_with("part")) << bound;
  }
}

TEST_F(RouteRuleTest, OneTryHasItsOwnBound) {
  Latch latch;
  FakeUpstream slow([&](const std::string&) {
    latch.wait();
    return Answer{ok_response("late!")};
  });
  FakeUpstream good([](const std::string&) { return Answer{ok_response("good!")}; });
  serve_rule("timeouts { backend_request: '30ms' }", {slow.port()});
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 504 "));
  serve_rule("timeouts { request: '60s' backend_request: '30ms' } retry { attempts: 1 }",
             {slow.port(), good.port()});
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ask(kGet).ends_with("good!"));
  EXPECT_EQ(slow.requests().size(), 1U + 2) << "in turn";
  latch.open();
}

TEST_F(RouteRuleTest, CodesAreRetriedAtTheSameEndpointIfThereIsNoOther) {
  std::atomic<int> count{0};
  FakeUpstream web([&](const std::string&) {
    return ++count % 3 == 0 ? Answer{ok_response("well!")} : failing(503);
  });
  serve_rule("retry { codes: 503 attempts: 2 backoff: '1ms' }", {web.port()});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ask(kGet).ends_with("well!"));
  EXPECT_EQ(count, 9);
  serve_rule("retry { codes: 500 attempts: 2 backoff: '1ms' }", {web.port()});
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 503 ")) << "not among the codes";
  EXPECT_EQ(count, 10);
}

TEST_F(RouteRuleTest, TheLastAnswerIsPassedOnWhenTheAttemptsAreUsedUp) {
  FakeUpstream web([](const std::string&) { return failing(502); });
  serve_rule("retry { codes: 502 attempts: 3 backoff: '1ms' }", {web.port()});
  const std::string answer = ask(kGet);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 502 ")) << answer;
  EXPECT_TRUE(answer.ends_with("no!")) << "the endpoint's own";
  EXPECT_EQ(web.requests().size(), 4U);
}

TEST_F(RouteRuleTest, TheWaitForAnotherTryIsBounded) {
  FakeUpstream web([](const std::string&) { return failing(503); });
  serve_rule("timeouts { request: '40ms' } retry { codes: 503 backoff: '60s' }", {web.port()});
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 504 "));
  EXPECT_EQ(web.requests().size(), 1U);
}

// A rule's sessions, of either shape of sessionPersistence.
class SessionPersistenceTest : public RouteRuleTest {
 protected:
  void serve_sessions(const std::string& persistence) {
    serve_rule("session_persistence { " + persistence + " }", {one_.port(), two_.port()});
  }
  std::string get(const std::string& fields = "") const {
    return ask("GET /a HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n");
  }
  // The value of the answer's field; empty: there is none.
  static std::string value(const std::string& answer, const std::string& name) {
    const size_t at = answer.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const size_t begin = at + name.size() + 4;
    return answer.substr(begin, answer.find("\r\n", begin) - begin);
  }
  // Requests that bring the field stay where the first answer came from, and set nothing anew.
  void expect_stays(const std::string& first, const std::string& field, const std::string& sets) {
    const std::string body = first.substr(first.size() - 4);
    for (int i = 0; i < 4; ++i) {
      const std::string again = get(field + "\r\n");
      EXPECT_TRUE(again.ends_with(body)) << again;
      EXPECT_EQ(value(again, sets), "");
    }
  }

  FakeUpstream one_{[](const std::string&) { return Answer{ok_response("one!")}; }};
  FakeUpstream two_{[](const std::string&) { return Answer{ok_response("two!")}; }};
};

TEST_F(SessionPersistenceTest, ByACookie) {
  for (const char* shape : {"session_name: 'cart'", "type: 'Cookie' cookie { name: 'cart' }"}) {
    serve_sessions(shape);
    const std::string first = get();
    const std::string line = value(first, "set-cookie");
    ASSERT_TRUE(line.starts_with("cart=")) << first;
    const std::string cookie = line.substr(0, line.find(';'));
    EXPECT_EQ(line.substr(cookie.size()), "; path=/; HttpOnly; SameSite=Lax") << "until closed";
    expect_stays(first, "Cookie: " + cookie, "set-cookie");
  }
}

TEST_F(SessionPersistenceTest, ByACookieThatBrowsersKeep) {
  for (const char* shape : {"session_name: 'cart' cookie_config { lifetime_type: 'Permanent' }",
                            "cookie { name: 'cart' lifetime_type: 'Permanent' }"}) {
    serve_sessions(str_cat("absolute_timeout: '1h' ", shape));
    const std::string line = value(get(), "set-cookie");
    EXPECT_TRUE(line.ends_with("; max-age=3600; HttpOnly; SameSite=Lax")) << line;
  }
}

TEST_F(SessionPersistenceTest, ByAHeader) {
  for (const char* shape :
       {"type: 'Header' session_name: 'X-Cart'", "type: 'Header' header { name: 'X-Cart' }"}) {
    serve_sessions(shape);
    const std::string first = get();
    const std::string token = value(first, "X-Cart");
    ASSERT_FALSE(token.empty()) << first;
    EXPECT_EQ(value(first, "set-cookie"), "");
    expect_stays(first, "x-cart: " + token, "X-Cart");
  }
}

}  // namespace
}  // namespace limpet::testing
