// Requests beyond a route's limit: what they are told, and that nothing else is touched.
#include "tests/component/worker_fixture.h"

namespace limpet::testing {
namespace {

class RateLimitTest : public WorkerTest {
 protected:
  void serve_limited(const std::string& limit) {
    SnapshotBuilder builder = web_snapshot(kPort, {"127.0.0.1"}, upstream_.port());
    builder.add<v1::RateLimitPolicy>(
        "metadata { name: 'limit' namespace: 'shop' } spec { target_ref { kind: 'HTTPRoute' "
        "name: 'web' } rate_limit { stat_time_window: 86400 " +
        limit + " } }");
    serve(builder.build());
  }
  FakeUpstream upstream_{[](const std::string&) {
    return FakeUpstream::Answer{ok_response("hello")};
  }};
};

TEST_F(RateLimitTest, WhatIsBeyondTheBurstIsTold429AndTheConnectionGoesOn) {
  serve_limited("requests: 2");
  RawConnection one = client();
  for (int i = 0; i < 2; ++i) {
    one.send(kGet);
    EXPECT_TRUE(one.read_until("hello").starts_with("HTTP/1.1 200 "));
  }
  for (int i = 0; i < 3; ++i) {
    one.send(kGet);
    const std::string answer = one.read_until("later\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n")) << answer;
    EXPECT_NE(answer.find("\r\nretry-after: 43"), std::string::npos) << answer;
    EXPECT_EQ(answer.find("connection: close"), std::string::npos) << answer;
  }
  EXPECT_EQ(upstream_.requests().size(), 2U);
  EXPECT_EQ(worker_.failures(http::Failure::kRateLimited), 3U);
}

TEST_F(RateLimitTest, ThePolicySaysWhatTheAnswerIs) {
  serve_limited(
      "requests: 1 response_status_code: 503 "
      "response_headers_to_add { key: 'X-Why' value: 'quota' }");
  ask(kGet);
  const std::string answer = ask(kGet);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << answer;
  EXPECT_NE(answer.find("\r\nX-Why: quota\r\n"), std::string::npos) << answer;
}

TEST_F(RateLimitTest, ClientsAreToldApartByWhatThePolicyNames) {
  serve_limited("requests: 1 client { source: 'Header' name: 'X-Key' }");
  const auto with_key = [&](const std::string& key) {
    return ask("GET /a HTTP/1.1\r\nHost: h\r\nX-Key: " + key + "\r\n\r\n").substr(9, 3);
  };
  EXPECT_EQ(with_key("ann"), "200");
  EXPECT_EQ(with_key("bob"), "200");
  EXPECT_EQ(with_key("ann"), "429");
  EXPECT_EQ(with_key("bob"), "429");
}

TEST_F(RateLimitTest, ATableSwapRefillsNothingAndANewLimitHoldsAtOnce) {
  serve_limited("requests: 1");
  EXPECT_EQ(ask(kGet).substr(9, 3), "200");
  serve_limited("requests: 1");
  EXPECT_EQ(ask(kGet).substr(9, 3), "429");
  serve_limited("requests: 2");
  EXPECT_EQ(ask(kGet).substr(9, 3), "200");
  EXPECT_EQ(ask(kGet).substr(9, 3), "200");
  EXPECT_EQ(ask(kGet).substr(9, 3), "429");
  serve(web_snapshot(kPort, {"127.0.0.1"}, upstream_.port())
            .remove({"RateLimitPolicy", "shop", "limit"})
            .build());
  EXPECT_EQ(ask(kGet).substr(9, 3), "200");
}

// Its body is not read into the next request.
TEST_F(RateLimitTest, ARefusedRequestsBodyIsLeftOut) {
  serve_limited("requests: 1");
  ask(kGet);
  RawConnection one = client();
  one.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nGET /" + std::string(kGet));
  EXPECT_TRUE(one.read_until("later\n").starts_with("HTTP/1.1 429 "));
  EXPECT_TRUE(one.read_until("later\n").starts_with("HTTP/1.1 429 "));
}

}  // namespace
}  // namespace limpet::testing
