// How many requests of a route a RateLimitPolicy lets through, and what the others are told.
#include <atomic>
#include <thread>
#include <vector>

#include "tests/component/policy_fixture.h"

namespace limpet::testing {
namespace {

constexpr char kTold[] = "try again later\n";

class RateLimitTest : public PolicyTest {
 protected:
  // Of shop/web's route; of /free there is another route, which has none.
  SnapshotBuilder with_limit(const std::string& limit) {
    SnapshotBuilder builder = with_endpoints({upstream_.port()});
    builder.add<v1::HTTPRoute>(
        "metadata { name: 'free' namespace: 'shop' } spec { parent_refs { name: 'edge' } "
        "rules { matches { path { value: '/free' } } backend_refs { name: 'web' port: 80 } } }");
    builder.add<v1::RateLimitPolicy>(str_cat(
        "metadata { name: 'limit' namespace: 'shop' } spec { target_ref { kind: 'HTTPRoute' "
        "name: 'web' } rate_limit { ", limit, " } }"));
    return builder;
  }
  void serve_with(const std::string& limit) { serve(with_limit(limit).build()); }
  static std::string get(const std::string& path, const std::string& lines = "") {
    return "GET " + path + " HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n";
  }
  bool passes(const std::string& request) { return ask(request).ends_with("well!"); }

  FakeUpstream upstream_{[](const std::string&) { return Answer{ok_response("well!")}; }};
};

TEST_F(RateLimitTest, LetsSoManyThrough) {
  serve_with("requests: 2 stat_time_window: 3600 "
             "response_headers_to_add { key: 'X-Limit' value: '2 an hour' }");
  RawConnection one = client();
  for (int i = 0; i < 2; ++i) {
    one.send(kGet);
    EXPECT_EQ(one.read_until("well!"), ok_response("well!"));
  }
  for (int i = 0; i < 2; ++i) {
    one.send(kGet);
    const std::string answer = one.read_until(kTold);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
    EXPECT_NE(answer.find("\r\nretry-after: 1800\r\n"), std::string::npos);
    EXPECT_NE(answer.find("\r\nX-Limit: 2 an hour\r\n"), std::string::npos);
    EXPECT_EQ(answer.find("connection: close"), std::string::npos) << "it may go on";
  }
  one.send(get("/free"));
  EXPECT_EQ(one.read_until("well!"), ok_response("well!")) << "another route's";
  EXPECT_EQ(upstream_.requests().size(), 3U);
}

TEST_F(RateLimitTest, TokensComeBack) {
  serve_with("requests: 50 burst: 1");
  RawConnection one = client();
  int passed = 0;
  int refused = 0;
  while (passed < 3 || refused < 3) {
    one.send(kGet);
    const std::string answer = one.read_until("\r\n\r\n");
    if (answer.starts_with("HTTP/1.1 429 ")) {
      EXPECT_NE(answer.find("\r\nretry-after: 1\r\n"), std::string::npos);
      one.read_until(kTold);
      ++refused;
    } else {
      one.read_until("well!");
      ++passed;
    }
  }
}

TEST_F(RateLimitTest, AnotherStatusMaySaySo) {
  serve_with("requests: 1 stat_time_window: 3600 response_status_code: 503");
  EXPECT_TRUE(passes(kGet));
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_TRUE(ask("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").ends_with("\r\n\r\n"));
}

TEST_F(RateLimitTest, ABodyThatHasStillToComeEndsTheConnection) {
  serve_with("requests: 1 stat_time_window: 3600");
  EXPECT_TRUE(passes(kGet));
  RawConnection small = client();
  small.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(small.read_until(kTold).find("connection: close"), std::string::npos);
  RawConnection large = client();
  large.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 300\r\n\r\nabc");
  EXPECT_NE(large.read_all().find("\r\nconnection: close\r\n"), std::string::npos);
}

TEST_F(RateLimitTest, ClientsHaveABucketEach) {
  serve_with("requests: 1 stat_time_window: 3600 client { source: 'Header' name: 'X-Key' }");
  EXPECT_TRUE(passes(get("/", "X-Key: a\r\n")));
  EXPECT_FALSE(passes(get("/", "x-key: a\r\n")));
  EXPECT_TRUE(passes(get("/", "X-Key: b\r\n")));
  EXPECT_TRUE(passes(get("/"))) << "those without one are one client";
  EXPECT_FALSE(passes(get("/")));
}

TEST_F(RateLimitTest, ClientsAreKnownByTheirAddress) {
  serve_with("requests: 1 stat_time_window: 3600 client { source: 'ClientAddress' }");
  EXPECT_TRUE(passes(get("/", "X-Forwarded-For: 192.0.2.1\r\n")));
  EXPECT_FALSE(passes(get("/", "X-Forwarded-For: 192.0.2.2\r\n"))) << "nobody is trusted";
}

TEST_F(RateLimitTest, AChangeOfOtherThingsFillsNoBucket) {
  SnapshotBuilder builder = with_limit("requests: 1 stat_time_window: 3600");
  serve(builder.build());
  EXPECT_TRUE(passes(kGet));
  builder.add<v1::HTTPRoute>(
      "metadata { name: 'web' namespace: 'shop' } spec { parent_refs { name: 'edge' } "
      "rules { matches { path { value: '/' } } "
      "backend_refs { name: 'web' port: 80 weight: 7 } } }");
  serve(builder.build());
  EXPECT_FALSE(passes(kGet));
  builder.add<v1::RateLimitPolicy>(
      "metadata { name: 'limit' namespace: 'shop' } spec { target_ref { kind: 'HTTPRoute' "
      "name: 'web' } rate_limit { requests: 2 stat_time_window: 3600 } }");
  serve(builder.build());
  EXPECT_TRUE(passes(kGet));
  EXPECT_TRUE(passes(kGet));
  EXPECT_FALSE(passes(kGet));
  builder.remove({"RateLimitPolicy", "shop", "limit"});
  serve(builder.build());
  EXPECT_TRUE(passes(kGet));
}

TEST_F(RateLimitTest, IsChangedUnderLoad) {
  SnapshotBuilder builder = with_limit("requests: 20 stat_time_window: 3600");
  serve(builder.build());
  std::atomic<int> passed{0};
  std::atomic<int> odd{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        const std::string answer = ask(kGet);
        if (answer.ends_with("well!")) {
          ++passed;
        } else if (!answer.ends_with(kTold)) {
          ++odd;
        }
      }
    });
  }
  for (int i = 0; i < 30; ++i) {
    builder.add<v1::Service>(str_cat(
        "metadata { name: 'other' namespace: 'shop' labels { key: 'n' value: '", i,
        "' } } spec { ports { port: 80 } }"));
    serve(builder.build());
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(odd, 0);
  EXPECT_EQ(passed, 20);
}

}  // namespace
}  // namespace limpet::testing
