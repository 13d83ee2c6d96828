// Sessions by the application's own cookie (SessionStickyPolicy, type LearnedCookie), on the wire.
#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "tests/component/policy_fixture.h"

namespace limpet::testing {
namespace {

constexpr char kLearned[] = "type: 'LearnedCookie' cookie_name: 'JSESSIONID' expires: 600 ";

// Without a session it makes one, as applications do; other paths say what is to be done with it.
Answer application(const std::string& name, const std::string& request) {
  const std::string path = request.substr(request.find(' ') + 1, request.find(" HTTP/") -
                                                                     request.find(' ') - 1);
  const std::string set = "Set-Cookie: JSESSIONID=";
  std::string fields;
  if (path == "/login") {
    fields = set + "login-" + name + "; Path=/; HttpOnly\r\n";
  } else if (path == "/logout") {
    fields = set + "x; Path=/; Expires=Thu, 01-Jan-1970 00:00:10 GMT\r\n";
  } else if (path == "/twice") {
    fields = set + "\"first\"; Path=/old\r\nA: b\r\n" + set + "second~; Path=/\r\n";
  } else if (path == "/large") {
    for (int i = 0; i < 40; ++i) fields += set + std::to_string(i) + "\r\n";
    fields += "X-Large: " + std::string(63'000, 'x') + "\r\n";
  } else if (path != "/plain" && !contains(request, "JSESSIONID=")) {
    fields = set + "new-" + name + "; Path=/\r\n";
  }
  const std::string head = "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: " +
                           std::to_string(name.size()) + "\r\n\r\n";
  return {request.starts_with("HEAD ") ? head : head + name};
}

class LearnedCookieTest : public PolicyTest {
 protected:
  SnapshotBuilder world(const std::string& config = kLearned, bool with_two = true) {
    SnapshotBuilder builder = web_snapshot(kPort, {}, 1);
    add_policy<v1::SessionStickyPolicy>(builder, config);
    add_endpoint(builder, "one", one_.port());
    if (with_two) add_endpoint(builder, "two", two_.port());
    return builder;
  }
  static void add_endpoint(SnapshotBuilder& builder, const std::string& name, uint16_t port) {
    builder.add<v1::EndpointSlice>(str_cat(
        "metadata { name: '", name, "' namespace: 'shop' "
        "labels { key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv4' "
        "endpoints { addresses: '127.0.0.1' hostname: '", name, "' } ports { port: ", port, " }"));
  }
  // `cookie`: the Cookie field's value.
  std::string get(const std::string& cookie = "", const std::string& path = "/",
                  const std::string& method = "GET") const {
    return ask(method + " " + path + " HTTP/1.1\r\nHost: h\r\n" +
               (cookie.empty() ? "" : "Cookie: " + cookie + "\r\n") + "\r\n");
  }
  // The values of Set-Cookie fields, whoever has made them.
  static std::vector<std::string> set_cookies(const std::string& answer) {
    std::vector<std::string> values;
    for (size_t at = 0; at < answer.find("\r\n\r\n");) {
      at += 2;
      const size_t end = answer.find("\r\n", at);
      const std::string line = answer.substr(at, end - at);
      const bool field = line.starts_with("Set-Cookie: ") || line.starts_with("set-cookie: ");
      if (field) values.push_back(line.substr(12));
      at = answer.find("\r\n", at);
    }
    return values;
  }
  // The only one.
  static std::string set_cookie(const std::string& answer) {
    const std::vector<std::string> values = set_cookies(answer);
    EXPECT_EQ(values.size(), 1U) << answer;
    return values.empty() ? "" : values[0];
  }
  static std::string pair(const std::string& set_cookie) {
    return set_cookie.substr(0, set_cookie.find(';'));
  }
  static std::string token(const std::string& pair) { return pair.substr(pair.rfind('~') + 1); }
  // A session at "two": its cookie.
  std::string session_at_two() const {
    for (;;) {
      const std::string answer = get();
      if (answer.ends_with("two")) return pair(set_cookie(answer));
    }
  }
  static std::string cookie_in(const std::string& request) {
    const size_t at = request.find("Cookie: ");
    return at == std::string::npos ? "" : request.substr(at + 8, request.find("\r\n", at) - at - 8);
  }

  FakeUpstream one_{[](const std::string& request) { return application("one", request); }};
  FakeUpstream two_{[](const std::string& request) { return application("two", request); }};
};

TEST_F(LearnedCookieTest, SessionsStickToTheApplicationsCookie) {
  serve(world().build());
  const std::string first = get();
  const std::string set = set_cookie(first);
  const std::string name = first.substr(first.size() - 3);
  EXPECT_TRUE(set.starts_with("JSESSIONID=new-" + name + "~")) << set;
  EXPECT_TRUE(set.ends_with("; Path=/")) << "its attributes are the application's: " << set;
  EXPECT_TRUE(contains(first, "\r\ncache-control: private\r\n")) << first;
  FakeUpstream& home = name == "one" ? one_ : two_;
  for (int i = 0; i < 20; ++i) {
    const std::string again = get("a=1;" + pair(set) + ";  b=\"2\"");
    EXPECT_TRUE(again.ends_with(name)) << again;
    EXPECT_TRUE(set_cookies(again).empty()) << again;
    EXPECT_EQ(cookie_in(home.requests().back()), "a=1;JSESSIONID=new-" + name + ";  b=\"2\"");
  }
}

TEST_F(LearnedCookieTest, WithoutTheApplicationsCookieNothingSticks) {
  serve(world().build());
  std::map<std::string, int> share;
  for (int i = 0; i < 10; ++i) {
    const std::string answer = get("", "/plain");
    EXPECT_TRUE(set_cookies(answer).empty()) << answer;
    ++share[answer.substr(answer.size() - 3)];
  }
  EXPECT_EQ(share["one"], 5);
  EXPECT_EQ(share["two"], 5);
}

TEST_F(LearnedCookieTest, ALoginGoesOnInTheSession) {
  serve(world().build());
  const std::string cookie = session_at_two();
  const std::string answer = get(cookie, "/login");
  EXPECT_EQ(set_cookie(answer), "JSESSIONID=login-two~" + token(cookie) + "; Path=/; HttpOnly");
  const std::string after = get(pair(set_cookie(answer)));
  EXPECT_TRUE(after.ends_with("two"));
  EXPECT_TRUE(set_cookies(after).empty());
  EXPECT_EQ(cookie_in(two_.requests().back()), "JSESSIONID=login-two");
}

TEST_F(LearnedCookieTest, ALogoutPassesAsItIs) {
  serve(world().build());
  const std::string deletes = "JSESSIONID=x; Path=/; Expires=Thu, 01-Jan-1970 00:00:10 GMT";
  EXPECT_EQ(set_cookie(get(session_at_two(), "/logout")), deletes);
  EXPECT_EQ(set_cookie(get("JSESSIONID=old", "/logout")), deletes) << "nor is it made anew";
}

TEST_F(LearnedCookieTest, EachFieldOfTheAnswerGetsTheToken) {
  serve(world().build());
  const std::string cookie = session_at_two();
  EXPECT_EQ(set_cookies(get(cookie, "/twice")),
            (std::vector<std::string>{"JSESSIONID=\"first~" + token(cookie) + "\"; Path=/old",
                                      "JSESSIONID=second~~" + token(cookie) + "; Path=/"}));
  EXPECT_TRUE(get("JSESSIONID=second~~" + token(cookie)).ends_with("two"));
  EXPECT_EQ(cookie_in(two_.requests().back()), "JSESSIONID=second~");
  EXPECT_TRUE(get("JSESSIONID=\"first~" + token(cookie) + "\"").ends_with("two"));
  EXPECT_EQ(cookie_in(two_.requests().back()), "JSESSIONID=\"first\"");
}

TEST_F(LearnedCookieTest, ACookieFromBeforeThePolicyBecomesASession) {
  serve(world(str_cat(kLearned, "path: '/app' same_site: 'Strict'")).build());
  const std::string answer = get("JSESSIONID=\"old~1\"; a=b", "/plain");
  const std::string set = set_cookie(answer);
  EXPECT_TRUE(set.starts_with("JSESSIONID=\"old~1~")) << set;
  EXPECT_TRUE(contains(set, "\"; path=/app; expires=")) << set;
  EXPECT_TRUE(set.ends_with("; max-age=600; HttpOnly; SameSite=Strict")) << set;
  EXPECT_TRUE(contains(answer, "\r\ncache-control: private\r\n")) << answer;
  const std::string name = answer.substr(answer.size() - 3);
  for (int i = 0; i < 4; ++i) {
    const std::string again = get(pair(set), "/plain");
    EXPECT_TRUE(again.ends_with(name));
    EXPECT_TRUE(set_cookies(again).empty());
    EXPECT_EQ(cookie_in((name == "one" ? one_ : two_).requests().back()),
              "JSESSIONID=\"old~1\"");
  }
}

TEST_F(LearnedCookieTest, OfSeveralCookiesTheValidOneCounts) {
  serve(world().build());
  const std::string cookie = session_at_two();
  std::string bad = token(cookie);
  bad[bad.size() / 2] = bad[bad.size() / 2] == 'A' ? 'B' : 'A';
  const std::string many = "JSESSIONID=a; JSESSIONID=b~" + bad + "; x=y; " + cookie +
                           ";JSESSIONID=c~" + bad + "; JSESSIONID=d~e";
  for (int i = 0; i < 4; ++i) {
    const std::string answer = get(many, "/plain");
    EXPECT_TRUE(answer.ends_with("two")) << answer;
    EXPECT_TRUE(set_cookies(answer).empty()) << answer;
    EXPECT_EQ(cookie_in(two_.requests().back()),
              "JSESSIONID=a; JSESSIONID=b; x=y; JSESSIONID=new-two;JSESSIONID=c; JSESSIONID=d~e");
  }
  serve(world(kLearned, /*with_two=*/false).build());
  EXPECT_TRUE(set_cookie(get(many, "/plain")).starts_with("JSESSIONID=new-two~"))
      << "the value that belongs to the token";
}

TEST_F(LearnedCookieTest, ATokenThatIsNoGoodBeginsANewSession) {
  serve(world("cookie_name: 'JSESSIONID'").build());
  const std::string other_type = pair(set_cookies(get("", "/plain"))[0]).substr(11);
  serve(world().build());
  std::string bad = token(session_at_two());
  bad[bad.size() / 2] = bad[bad.size() / 2] == 'A' ? 'B' : 'A';
  for (const std::string& none : {other_type, bad}) {
    const std::string answer = get("JSESSIONID=abc~" + none, "/plain");
    const std::string set = set_cookie(answer);
    EXPECT_TRUE(set.starts_with("JSESSIONID=abc~")) << set;
    EXPECT_NE(token(pair(set)), none);
    FakeUpstream& asked = answer.ends_with("one") ? one_ : two_;
    EXPECT_EQ(cookie_in(asked.requests().back()), "JSESSIONID=abc");
  }
}

TEST_F(LearnedCookieTest, AGoneEndpointsSessionMovesOnce) {
  serve(world().build());
  const std::string cookie = session_at_two();
  serve(world(kLearned, /*with_two=*/false).build());
  const std::string moved = get(cookie);
  EXPECT_TRUE(moved.ends_with("one"));
  const std::string set = set_cookie(moved);
  EXPECT_TRUE(set.starts_with("JSESSIONID=new-two~")) << "the application's value stays: " << set;
  EXPECT_TRUE(contains(set, "; path=/; expires=")) << set;
  EXPECT_NE(token(pair(set)), token(cookie));
  EXPECT_EQ(cookie_in(one_.requests().back()), "JSESSIONID=new-two");
  const std::string after = get(pair(set));
  EXPECT_TRUE(after.ends_with("one"));
  EXPECT_TRUE(set_cookies(after).empty());
  const std::string login = set_cookie(get(cookie, "/login"));
  EXPECT_TRUE(login.starts_with("JSESSIONID=login-one~")) << "the new place stands in its own";
  EXPECT_NE(token(pair(login)), token(cookie));
  EXPECT_TRUE(set_cookies(get(pair(login))).empty());
}

TEST_F(LearnedCookieTest, AnEndpointThatOneNodeCannotReachLeavesTheToken) {
  std::string cookie;
  {
    FakeUpstream dead([](const std::string& request) { return application("dead", request); });
    SnapshotBuilder builder = world(kLearned, /*with_two=*/false);
    add_endpoint(builder, "dead", dead.port());
    serve(builder.build());
    std::string answer = get();
    while (!answer.ends_with("dead")) answer = get();
    cookie = pair(set_cookie(answer));
  }
  const std::string elsewhere = get(cookie, "/plain");
  EXPECT_TRUE(elsewhere.ends_with("one"));
  EXPECT_TRUE(set_cookies(elsewhere).empty()) << elsewhere;
  EXPECT_EQ(set_cookie(get(cookie, "/login")),
            "JSESSIONID=login-one~" + token(cookie) + "; Path=/; HttpOnly");
}

TEST_F(LearnedCookieTest, ARetryLeavesTheToken) {
  std::atomic<bool> fails{false};
  FakeUpstream weak([&](const std::string& request) {
    if (!fails) return application("weak", request);
    return Answer{"HTTP/1.1 503 No\r\nSet-Cookie: JSESSIONID=no\r\nContent-Length: 0\r\n\r\n"};
  });
  SnapshotBuilder builder = world(kLearned, /*with_two=*/false);
  add_endpoint(builder, "weak", weak.port());
  add_policy<v1::RetryPolicy>(builder, "retry_on: '503' backoff_base_interval: 0.005");
  serve(builder.build());
  std::string answer = get();
  while (!answer.ends_with("weak")) answer = get();
  const std::string cookie = pair(set_cookie(answer));
  fails = true;
  answer = get(cookie, "/login");
  EXPECT_TRUE(answer.ends_with("one")) << answer;
  EXPECT_EQ(set_cookie(answer), "JSESSIONID=login-one~" + token(cookie) + "; Path=/; HttpOnly");
  fails = false;
  EXPECT_TRUE(get(cookie).ends_with("weak"));
}

// By the token's own time, whose tenth is a second here.
TEST_F(LearnedCookieTest, ATokenIsRefreshedWhileItIsUsed) {
  serve(world(str_cat(kLearned, "idle_timeout: 10")).build());
  const std::string cookie = session_at_two();
  EXPECT_TRUE(set_cookies(get(cookie)).empty()) << "it is fresh";
  std::vector<std::string> refreshed;
  while (refreshed.empty()) {
    const std::string answer = get(cookie);
    ASSERT_TRUE(answer.ends_with("two")) << answer;
    refreshed = set_cookies(answer);
  }
  EXPECT_TRUE(refreshed[0].starts_with("JSESSIONID=new-two~")) << refreshed[0];
  EXPECT_NE(token(pair(refreshed[0])), token(cookie));
  EXPECT_TRUE(get(pair(refreshed[0])).ends_with("two"));
}

TEST_F(LearnedCookieTest, AnswersWithoutABodyHaveItToo) {
  FakeUpstream bare([](const std::string& request) {
    if (request.starts_with("HEAD ")) return application("bare", request);
    return Answer{"HTTP/1.1 103 Early Hints\r\nSet-Cookie: JSESSIONID=hint\r\n\r\n"
                  "HTTP/1.1 304 Not Modified\r\nSet-Cookie: JSESSIONID=same\r\n\r\n"};
  });
  SnapshotBuilder builder = web_snapshot(kPort, {}, 1);
  add_policy<v1::SessionStickyPolicy>(builder, kLearned);
  add_endpoint(builder, "bare", bare.port());
  serve(builder.build());
  EXPECT_TRUE(set_cookie(get("", "/", "HEAD")).starts_with("JSESSIONID=new-bare~"));
  const std::string answer = get();
  const size_t end = answer.find("\r\n\r\n") + 4;
  EXPECT_EQ(answer.substr(0, end),
            "HTTP/1.1 103 Early Hints\r\nSet-Cookie: JSESSIONID=hint\r\n\r\n");
  EXPECT_TRUE(set_cookie(answer.substr(end)).starts_with("JSESSIONID=same~")) << answer;
}

TEST_F(LearnedCookieTest, AHandshakeIsAnAnswer) {
  FakeUpstream chat([](const std::string&) {
    return Answer{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: upgrade\r\n"
                  "Set-Cookie: JSESSIONID=chat\r\n\r\nhello",
                  /*close=*/true};
  });
  SnapshotBuilder builder = web_snapshot(kPort, {}, 1);
  add_policy<v1::SessionStickyPolicy>(builder, kLearned);
  add_endpoint(builder, "chat", chat.port());
  serve(builder.build());
  RawConnection one = client();
  one.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n");
  const std::string answer = one.read_until("hello");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 ")) << answer;
  EXPECT_TRUE(set_cookie(answer).starts_with("JSESSIONID=chat~")) << answer;
}

// 40 tokens would make a head of more than 64 KiB, for which there is no buffer.
TEST_F(LearnedCookieTest, AHeadThatCannotTakeTheTokensGoesWithoutThem) {
  serve(world(kLearned, /*with_two=*/false).build());
  const std::string answer = get("", "/large");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer.substr(0, 100);
  const std::vector<std::string> values = set_cookies(answer);
  ASSERT_EQ(values.size(), 40U);
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i], "JSESSIONID=" + std::to_string(i));
  }
}

TEST_F(LearnedCookieTest, TheGatewaysOwnAnswersHaveNone) {
  serve(world().build());
  const std::string cookie = session_at_two();
  SnapshotBuilder nobody = web_snapshot(kPort, {}, 1);
  add_policy<v1::SessionStickyPolicy>(nobody, kLearned);
  serve(nobody.build());
  const std::string answer = get(cookie);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_TRUE(set_cookies(answer).empty());
}

}  // namespace
}  // namespace limpet::testing
