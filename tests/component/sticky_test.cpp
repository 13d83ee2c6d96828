// Sessions through a worker, as its clients and endpoints see them.
#include <atomic>
#include <map>
#include <vector>

#include "tests/component/worker_fixture.h"

namespace limpet::testing {
namespace {

using Answer = FakeUpstream::Answer;

class StickyTest : public WorkerTest {
 protected:
  StickyTest()
      : one_([](const std::string&) { return Answer{ok_response("one")}; }),
        two_([](const std::string&) { return Answer{ok_response("two")}; }) {}

  // Two endpoints with names, each in a slice of its own.
  SnapshotBuilder builder(bool with_two = true) {
    SnapshotBuilder made = web_snapshot(kPort, {}, 1);
    made.add<v1::SessionStickyPolicy>(kStickyPolicyText);
    add_slice(made, "one", one_.port());
    if (with_two) add_slice(made, "two", two_.port());
    return made;
  }

  static void add_slice(SnapshotBuilder& made, const std::string& name, uint16_t port,
                        const std::string& ip = "127.0.0.1") {
    made.add<v1::EndpointSlice>(str_cat(
        "metadata { name: '", name, "' namespace: 'shop' "
        "labels { key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv4' "
        "endpoints { addresses: '", ip, "' hostname: '", name, "' } ports { port: ", port, " }"));
  }

  struct Reply {
    std::string body;
    std::string set_cookie;  // the whole field's value
    std::string cookie() const { return set_cookie.substr(0, set_cookie.find(';')); }
  };

  Reply get(const std::string& cookie = "", const std::string& path = "/") const {
    RawConnection one = client();
    one.send("GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" +
             (cookie.empty() ? "" : "Cookie: " + cookie + "\r\n") + "\r\n");
    const std::string all = one.read_all();
    Reply reply;
    reply.body = all.substr(all.find("\r\n\r\n") + 4);
    const size_t field = all.find("set-cookie: ");
    if (field != std::string::npos) {
      reply.set_cookie = all.substr(field + 12, all.find("\r\n", field) - field - 12);
    }
    return reply;
  }

  FakeUpstream one_;
  FakeUpstream two_;
  std::string cookie_;
};

// What decided is counted, once for each request.
TEST_F(StickyTest, DecisionsAreCountedByTheirReason) {
  serve(builder().build());
  std::string cookie;
  while (cookie.empty() || get(cookie).body != "two") cookie = get().cookie();
  const uint64_t hits = worker_.decisions(StickyReason::kHit);
  EXPECT_GE(worker_.decisions(StickyReason::kNew), 1U);
  for (int i = 0; i < 5; ++i) get(cookie);
  std::string tampered = cookie;
  tampered[tampered.size() / 2] = tampered[tampered.size() / 2] == 'A' ? 'B' : 'A';
  get(tampered);
  serve(builder(false).build());
  EXPECT_EQ(get(cookie).body, "one");
  await_worker();
  EXPECT_EQ(worker_.decisions(StickyReason::kHit), hits + 5);
  EXPECT_EQ(worker_.decisions(StickyReason::kTampered), 1U);
  EXPECT_EQ(worker_.decisions(StickyReason::kGone), 1U);
  EXPECT_EQ(worker_.decisions(StickyReason::kNone), 0U);
}

// One closes its first connection without an answer, the other cannot be reached, and the first is
// asked again: the session is its.
TEST_F(StickyTest, ASessionBelongsToTheEndpointThatAnswered) {
  std::atomic<bool> steady{false};
  std::atomic<int> count{0};
  FakeUpstream hesitant([&](const std::string&) {
    if (!steady && count++ % 2 == 0) return Answer{.bytes = {}, .close = true};
    return Answer{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 8\r\n\r\nhesitant",
                  true};
  });
  SnapshotBuilder made = web_snapshot(kPort, {}, 1);
  made.add<v1::SessionStickyPolicy>(kStickyPolicyText);
  add_slice(made, "hesitant", hesitant.port());
  add_slice(made, "two", two_.port(), "224.0.0.1");  // connect() refuses a group at once
  serve(made.build());
  std::vector<std::string> cookies;
  for (int i = 0; i < 4; ++i) {
    const Reply reply = get();
    EXPECT_EQ(reply.body, "hesitant");
    cookies.push_back(reply.cookie());
  }
  steady = true;
  add_slice(made, "two", two_.port());
  serve(made.build());
  for (const std::string& cookie : cookies) EXPECT_EQ(get(cookie).body, "hesitant");
}

TEST_F(StickyTest, TheFirstAnswerSetsTheCookieAndNoOtherDoes) {
  serve(builder().build());
  const Reply first = get();
  EXPECT_TRUE(first.set_cookie.starts_with("sid="));
  const size_t expires = first.set_cookie.find("; path=/; expires=");
  ASSERT_NE(expires, std::string::npos) << first.set_cookie;
  EXPECT_TRUE(first.set_cookie.ends_with(" GMT; max-age=600; HttpOnly; SameSite=Lax"))
      << first.set_cookie;
  for (int i = 0; i < 20; ++i) {
    const Reply again = get("other=1; " + first.cookie());
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.set_cookie, "");
  }
}

TEST_F(StickyTest, NewSessionsAreSpreadInTurn) {
  serve(builder().build());
  std::map<std::string, int> share;
  for (int i = 0; i < 10; ++i) ++share[get().body];
  EXPECT_EQ(share["one"], 5);
  EXPECT_EQ(share["two"], 5);
}

TEST_F(StickyTest, ATamperedCookieBeginsANewSession) {
  serve(builder().build());
  std::string cookie = get().cookie();
  cookie[cookie.size() / 2] = cookie[cookie.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_NE(get(cookie).set_cookie, "");
  EXPECT_NE(get("sid=nonsense").set_cookie, "");
  EXPECT_NE(get("sid=").set_cookie, "");
}

TEST_F(StickyTest, AGoneEndpointsSessionMovesOnceAndIsToldSo) {
  serve(builder().build());
  Reply on_two = get();
  while (on_two.body != "two") on_two = get();
  serve(builder(false).build());
  const Reply moved = get(on_two.cookie());
  EXPECT_EQ(moved.body, "one");
  EXPECT_NE(moved.set_cookie, "");
  const Reply after = get(moved.cookie());
  EXPECT_EQ(after.body, "one");
  EXPECT_EQ(after.set_cookie, "");
}

TEST_F(StickyTest, ANamedEndpointsSessionsFollowItToANewAddress) {
  serve(builder().build());
  Reply on_two = get();
  while (on_two.body != "two") on_two = get();
  FakeUpstream moved([](const std::string&) { return Answer{ok_response("two again")}; });
  SnapshotBuilder changed = builder(false);
  add_slice(changed, "two", moved.port());
  serve(changed.build());
  const Reply after = get(on_two.cookie());
  EXPECT_EQ(after.body, "two again");
  EXPECT_EQ(after.set_cookie, "");
}

TEST_F(StickyTest, AnEndpointThatOneNodeCannotReachLeavesTheCookieAlone) {
  SnapshotBuilder with_dead = builder(false);
  uint16_t dead_port = 0;
  {
    const FakeUpstream dead([](const std::string&) { return Answer{ok_response("dead")}; });
    dead_port = dead.port();
    add_slice(with_dead, "dead", dead_port);
    serve(with_dead.build());
    Reply on_dead = get();
    while (on_dead.body != "dead") on_dead = get();
    cookie_ = on_dead.cookie();
  }
  const Reply elsewhere = get(cookie_);
  EXPECT_EQ(elsewhere.body, "one");
  EXPECT_EQ(elsewhere.set_cookie, "");
}

TEST_F(StickyTest, TheGatewaysOwnErrorsSetNoCookie) {
  SnapshotBuilder nobody = web_snapshot(kPort, {}, 1);
  nobody.add<v1::SessionStickyPolicy>(kStickyPolicyText);
  serve(nobody.build());
  const Reply reply = get();
  EXPECT_EQ(reply.set_cookie, "");
  EXPECT_NE(reply.body.find("no endpoint"), std::string::npos);
}

TEST_F(StickyTest, ASharedCookieLivesAsLongAsItsLongestSession) {
  SnapshotBuilder both = builder();
  both.add<v1::Service>(
      "metadata { name: 'brief' namespace: 'shop' } spec { ports { port: 80 } }");
  both.add<v1::EndpointSlice>(str_cat(
      "metadata { name: 'brief' namespace: 'shop' labels { key: 'kubernetes.io/service-name' "
      "value: 'brief' } } endpoints { addresses: '127.0.0.1' } ports { port: ", one_.port(), " }"));
  both.add<v1::SessionStickyPolicy>(
      "metadata { name: 'brief' namespace: 'shop' } spec { target_ref { kind: 'Service' name: "
      "'brief' } ports { port: 80 config { cookie_name: 'sid' expires: 60 } } }");
  both.add<v1::HTTPRoute>(
      "metadata { name: 'brief' namespace: 'shop' } spec { parent_refs { name: 'edge' } rules { "
      "matches { path { value: '/brief' } } backend_refs { name: 'brief' port: 80 } } }");
  serve(both.build());
  EXPECT_NE(get("", "/brief").set_cookie.find("; max-age=60;"), std::string::npos);
  const Reply longer = get();
  EXPECT_NE(longer.set_cookie.find("; max-age=600;"), std::string::npos);
  const Reply shared = get(longer.cookie(), "/brief");
  const size_t life = shared.set_cookie.find("; max-age=");
  ASSERT_NE(life, std::string::npos) << "bound in a scope of its own";
  EXPECT_GT(std::stoi(shared.set_cookie.substr(life + 10)), 500);
  EXPECT_EQ(get(shared.cookie()).body, longer.body);
}

TEST_F(StickyTest, TheEndpointDoesNotSeeTheCookie) {
  serve(builder(false).build());
  const std::string cookie = get().cookie();
  get("a=1; " + cookie + "; b=2");
  EXPECT_NE(one_.requests().back().find("Cookie: a=1; b=2\r\n"), std::string::npos);
}

}  // namespace
}  // namespace limpet::testing
