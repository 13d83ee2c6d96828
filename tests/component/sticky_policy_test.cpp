// What a SessionStickyPolicy says beside the cookie's name and life, on the wire.
#include "tests/component/policy_fixture.h"

namespace limpet::testing {
namespace {

class StickyPolicyTest : public PolicyTest {
 protected:
  // shop/web with the endpoints "one" and "two", of which the latter may be away.
  SnapshotBuilder world(const std::string& config, bool two_serves = true) {
    SnapshotBuilder builder = web_snapshot(kPort, {}, 1);
    builder.add<v1::SessionStickyPolicy>(
        "metadata { name: 'sticky' namespace: 'shop' } spec { target_ref { kind: 'Service' "
        "name: 'web' } config { cookie_name: 'sid' expires: 600 } ports { port: 80 config { " +
        config + " } } }");
    add_endpoint(builder, "one", one_.port(), true);
    add_endpoint(builder, "two", two_.port(), two_serves);
    return builder;
  }
  static void add_endpoint(SnapshotBuilder& builder, const std::string& name, uint16_t port,
                           bool serves) {
    builder.add<v1::EndpointSlice>(str_cat(
        "metadata { name: '", name, "' namespace: 'shop' "
        "labels { key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv4' "
        "endpoints { addresses: '127.0.0.1' hostname: '", name, "' conditions { ready: ", serves,
        " serving: ", serves, " } } ports { port: ", port, " }"));
  }
  std::string get(const std::string& fields = "") const {
    return ask("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n");
  }
  // The value of the field, which is in small letters; empty: there is none.
  static std::string value(const std::string& answer, const std::string& name) {
    const size_t at = answer.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const size_t begin = at + name.size() + 4;
    return answer.substr(begin, answer.find("\r\n", begin) - begin);
  }
  // A session at "two": its cookie, as requests bring it.
  std::string session_at_two() const {
    for (;;) {
      const std::string answer = get();
      const std::string cookie = value(answer, "set-cookie");
      if (answer.ends_with("two")) return "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
    }
  }

  FakeUpstream one_{[](const std::string&) { return Answer{ok_response("one")}; }};
  FakeUpstream two_{[](const std::string&) { return Answer{ok_response("two")}; }};
};

TEST_F(StickyPolicyTest, TheCookieHasItsAttributes) {
  serve(world("path: '/app' domain: 'shop.example' same_site: 'None' partitioned: true").build());
  const std::string cookie = value(get(), "set-cookie");
  EXPECT_TRUE(contains(cookie, "; path=/app; domain=shop.example; expires=")) << cookie;
  EXPECT_TRUE(cookie.ends_with("; max-age=600; HttpOnly; SameSite=None; Partitioned; Secure"))
      << cookie;
  serve(world("lifetime: 'Session' http_only: false same_site: 'Strict'").build());
  const std::string session = value(get(), "set-cookie");
  EXPECT_TRUE(session.ends_with("; path=/; SameSite=Strict")) << session;
}

TEST_F(StickyPolicyTest, EndpointsSeeTheCookieIfTheyAreTo) {
  for (const bool forward : {false, true}) {
    serve(world(str_cat("forward_cookie: ", forward)).build());
    const std::string cookie = session_at_two();
    get(cookie);
    EXPECT_EQ(contains(two_.requests().back(), cookie), forward);
  }
}

TEST_F(StickyPolicyTest, AHeaderInPlaceOfACookie) {
  serve(world("type: 'Header' cookie_name: 'X-Session'").build());
  const std::string first = get();
  const std::string token = value(first, "X-Session");
  EXPECT_FALSE(token.empty()) << first;
  EXPECT_EQ(value(first, "set-cookie"), "");
  EXPECT_EQ(value(first, "cache-control"), "private");
  const std::string body = first.substr(first.size() - 3);
  for (int i = 0; i < 4; ++i) {
    const std::string again = get("x-SESSION: " + token + "\r\n");
    EXPECT_TRUE(again.ends_with(body)) << again;
    EXPECT_EQ(value(again, "X-Session"), "");
  }
  FakeUpstream& mine = body == "one" ? one_ : two_;
  EXPECT_FALSE(contains(mine.requests().back(), token)) << "endpoints do not see it";
  EXPECT_NE(value(get("Cookie: X-Session=" + token + "\r\n"), "X-Session"), "")
      << "it is no cookie";
}

TEST_F(StickyPolicyTest, ASessionWaitsForItsEndpoint) {
  serve(world("on_unavailable: 'Reject'").build());
  const std::string cookie = session_at_two();
  serve(world("on_unavailable: 'Reject'", /*two_serves=*/false).build());
  const std::string refused = get(cookie);
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
  EXPECT_TRUE(refused.ends_with("the session's endpoint does not serve now\n")) << refused;
  EXPECT_EQ(value(refused, "set-cookie"), "");
  EXPECT_TRUE(get().ends_with("one")) << "whoever has no session is served";
  serve(world("on_unavailable: 'Reject'").build());
  EXPECT_TRUE(get(cookie).ends_with("two"));
}

TEST_F(StickyPolicyTest, ASessionComesHome) {
  const std::string config = "on_unavailable: 'RebindTemporarily'";
  serve(world(config).build());
  const std::string at_two = session_at_two();
  serve(world(config, /*two_serves=*/false).build());
  const std::string away = get(at_two);
  EXPECT_TRUE(away.ends_with("one")) << away;
  std::string cookie = value(away, "set-cookie");
  ASSERT_NE(cookie, "");
  cookie = "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
  const std::string stays = get(cookie);
  EXPECT_TRUE(stays.ends_with("one"));
  EXPECT_EQ(value(stays, "set-cookie"), "");
  serve(world(config).build());
  const std::string back = get(cookie);
  EXPECT_TRUE(back.ends_with("two"));
  cookie = value(back, "set-cookie");
  ASSERT_NE(cookie, "");
  const std::string settled = get("Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n");
  EXPECT_TRUE(settled.ends_with("two"));
  EXPECT_EQ(value(settled, "set-cookie"), "");
}

// By the token's own time, whose tenth is a second here.
TEST_F(StickyPolicyTest, ATokenIsRefreshedWhileItIsUsed) {
  serve(world("idle_timeout: 10").build());
  std::string cookie = session_at_two();
  EXPECT_EQ(value(get(cookie), "set-cookie"), "") << "it is fresh";
  std::string refreshed;
  while (refreshed.empty()) {
    const std::string answer = get(cookie);
    ASSERT_TRUE(answer.ends_with("two")) << answer;
    refreshed = value(answer, "set-cookie");
  }
  EXPECT_FALSE(contains(refreshed, "max-age=600")) << "its end stays where it was: " << refreshed;
  cookie = "Cookie: " + refreshed.substr(0, refreshed.find(';')) + "\r\n";
  EXPECT_TRUE(get(cookie).ends_with("two"));
}

// ---- A session that a newer state than the node's has decided for.

class BehindTest : public StickyPolicyTest {
 protected:
  // A session at "two", which the older state does not have.
  void SetUp() override {
    SnapshotBuilder builder = web_snapshot(kPort, {}, 1);
    builder.add<v1::SessionStickyPolicy>(
        "metadata { name: 'sticky' namespace: 'shop' } spec { target_ref { kind: 'Service' "
        "name: 'web' } ports { port: 80 config { cookie_name: 'sid' expires: 600 } } }");
    add_endpoint(builder, "one", one_.port(), true);
    older_ = builder.build();
    builder.build();  // a revision between the two
    add_endpoint(builder, "two", two_.port(), true);
    newer_ = builder.build();
    serve(newer_);
    cookie_ = session_at_two();
  }

  Snapshot older_;
  Snapshot newer_;
  std::string cookie_;
};

TEST_F(BehindTest, ARequestWaitsForTheState) {
  const std::string body(100, 'b');
  const std::string request = "POST / HTTP/1.1\r\nHost: h\r\n" + cookie_ +
                              "Content-Length: 100\r\n\r\n";
  // The wait is bounded: on a machine that stands still the state may come too late.
  std::string answer;
  for (int attempt = 0; attempt < 20 && !answer.ends_with("two"); ++attempt) {
    serve(older_);
    RawConnection waiting = client();
    waiting.send(request + body.substr(0, 10));
    await_worker();
    serve(newer_);
    waiting.send(body.substr(10));
    waiting.finish_sending();
    answer = waiting.read_all();
  }
  EXPECT_TRUE(answer.ends_with("two")) << answer;
  EXPECT_EQ(value(answer, "set-cookie"), "");
  EXPECT_TRUE(two_.requests().back().ends_with(body));
}

TEST_F(BehindTest, WithoutItAnotherServesAndTheCookieStays) {
  serve(older_);
  for (int i = 0; i < 3; ++i) {
    const std::string answer = get(cookie_);
    EXPECT_TRUE(answer.ends_with("one")) << answer;
    EXPECT_EQ(value(answer, "set-cookie"), "");
  }
  serve(newer_);
  EXPECT_TRUE(get(cookie_).ends_with("two"));
}

TEST_F(BehindTest, AClientMayGoMeanwhile) {
  serve(older_);
  for (int i = 0; i < 3; ++i) {
    RawConnection gone = client();
    gone.send("GET / HTTP/1.1\r\nHost: h\r\n" + cookie_ + "\r\n");
    await_worker();
    gone.reset();
    await_worker();
    serve(i == 1 ? newer_ : older_);
  }
  serve(newer_);
  EXPECT_TRUE(get(cookie_).ends_with("two"));
}

TEST_F(BehindTest, ARateLimitCountsTheRequestOnce) {
  SnapshotBuilder builder(older_);
  builder.add<v1::RateLimitPolicy>(
      "metadata { name: 'limit' namespace: 'shop' } spec { target_ref { kind: 'HTTPRoute' "
      "name: 'web' } rate_limit { requests: 1 stat_time_window: 3600 } }");
  serve(builder.build());
  const std::string answer = get(cookie_);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_TRUE(get(cookie_).starts_with("HTTP/1.1 429 "));
}

}  // namespace
}  // namespace limpet::testing
