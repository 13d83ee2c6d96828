// Requests that are sent again because of how they were answered, or because they were not.
#include <atomic>

#include "tests/component/policy_fixture.h"

namespace limpet::testing {
namespace {

constexpr char kQuick[] = "retry_on: '503' backoff_base_interval: 0.005";

class RetryTest : public PolicyTest {
 protected:
  explicit RetryTest(const ListenerSettings& settings = {}) : PolicyTest(settings) {}

  void serve_with(const std::string& config, std::initializer_list<uint16_t> ports) {
    SnapshotBuilder builder = with_endpoints(ports);
    add_policy<v1::RetryPolicy>(builder, config);
    serve(builder.build());
  }
};

Answer unavailable(const std::string& body) {
  return {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: " + std::to_string(body.size()) +
          "\r\n\r\n" + body};
}

TEST_F(RetryTest, AListedAnswerIsNotPassedOnWhileAnotherEndpointIsThere) {
  FakeUpstream bad([](const std::string&) { return unavailable("bad!"); });
  FakeUpstream good([](const std::string&) { return Answer{ok_response("good!")}; });
  serve_with(kQuick, {bad.port(), good.port()});
  RawConnection one = client();
  for (int i = 0; i < 20; ++i) {
    one.send(kGet);
    EXPECT_EQ(one.read_until("good!"), ok_response("good!"));
  }
  EXPECT_EQ(good.requests().size(), 20U);
  EXPECT_EQ(bad.requests().size(), 10U) << "in turn, and without being tried twice";
  EXPECT_EQ(bad.connections(), 1) << "an answer that was read to its end spoils no connection";
}

TEST_F(RetryTest, TheLastAnswerIsPassedOnWhenNobodyIsLeft) {
  const std::string long_body(300'000, 'x');
  FakeUpstream one([&](const std::string&) { return unavailable(long_body + "one!"); });
  FakeUpstream two([&](const std::string&) { return unavailable(long_body + "two!"); });
  serve_with(kQuick, {one.port(), two.port()});
  RawConnection connection = client();
  std::string last;
  for (int i = 0; i < 4; ++i) {
    connection.send(kGet);
    const std::string answer = connection.read_until("!");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 "));
    EXPECT_GT(answer.size(), long_body.size());
    EXPECT_NE(answer.substr(answer.size() - 4), last) << "they begin in turn, and so they end";
    last = answer.substr(answer.size() - 4);
  }
  EXPECT_EQ(one.requests().size() + two.requests().size(), 8U);
}

TEST_F(RetryTest, AnAnswerThatWasHeldBackIsPassedOnWhenTheNextCannotBeReached) {
  FakeUpstream bad([](const std::string&) { return unavailable("bad!"); });
  serve_with(kQuick, {bad.port(), unused_port()});
  RawConnection one = client();
  for (int i = 0; i < 6; ++i) {
    one.send(kGet);
    EXPECT_EQ(one.read_until("bad!"), unavailable("bad!").bytes);
  }
}

TEST_F(RetryTest, AnEndpointIsNotAskedAgainAtItsOtherAddress) {
  FakeUpstream bad([](const std::string&) { return unavailable("bad!"); });
  FakeUpstream same([](const std::string&) { return unavailable("same!"); }, &bad);
  FakeUpstream good([](const std::string&) { return Answer{ok_response("good!")}; });
  SnapshotBuilder builder = with_endpoints({good.port()});
  for (const char* address : {"127.0.0.1", "127.0.0.2"}) {
    builder.add<v1::EndpointSlice>(str_cat(
        "metadata { name: 'two-", address, "' namespace: 'shop' "
        "labels { key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv4' "
        "endpoints { addresses: '", address, "' hostname: 'two' } ports { port: ", bad.port(),
        " }"));
  }
  add_policy<v1::RetryPolicy>(builder, str_cat(kQuick, " num_retries: 1"));
  serve(builder.build());
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(ask(kGet).ends_with("good!"));
  EXPECT_EQ(bad.requests().size() + same.requests().size(), 3U);
}

TEST_F(RetryTest, OtherAnswersArePassedOn) {
  FakeUpstream bad([](const std::string&) {
    return Answer{"HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\nbad!"};
  });
  FakeUpstream good([](const std::string&) { return Answer{ok_response("good!")}; });
  serve_with(kQuick, {bad.port(), good.port()});
  RawConnection one = client();
  for (int i = 0; i < 4; ++i) {
    one.send(kGet);
    one.read_until("!");
  }
  EXPECT_EQ(bad.requests().size(), 2U);
  EXPECT_EQ(good.requests().size(), 2U);
}

TEST_F(RetryTest, OnlyWhatMayBeSentTwiceIs) {
  FakeUpstream bad([](const std::string&) { return unavailable("bad!"); });
  FakeUpstream good([](const std::string&) { return Answer{ok_response("good!")}; });
  serve_with(kQuick, {bad.port(), good.port()});
  int refused = 0;
  for (int i = 0; i < 4; ++i) {
    RawConnection one = client();
    one.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    refused += one.read_until("!").ends_with("bad!") ? 1 : 0;
  }
  EXPECT_EQ(refused, 2);
  for (int i = 0; i < 4; ++i) {
    RawConnection one = client();
    one.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_TRUE(one.read_until("!").ends_with("good!"));
  }
  for (const std::string& request : good.requests()) EXPECT_TRUE(request.ends_with("\r\n\r\nabc"));
}

TEST_F(RetryTest, ABodyThatIsNotKeptWholeIsNotSentAgain) {
  FakeUpstream bad([](const std::string&) { return unavailable("bad!"); });
  FakeUpstream other([](const std::string&) { return unavailable("other!"); });
  serve_with(kQuick, {bad.port(), other.port()});
  RawConnection one = client();
  one.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 400000\r\n\r\n");
  one.send(std::string(400'000, 'x'));
  EXPECT_TRUE(one.read_until("!").starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(bad.requests().size() + other.requests().size(), 1U);
}

TEST_F(RetryTest, AreNoMoreThanTheirNumber) {
  FakeUpstream a([](const std::string&) { return unavailable("a!"); });
  FakeUpstream b([](const std::string&) { return unavailable("b!"); });
  FakeUpstream c([](const std::string&) { return unavailable("c!"); });
  const std::initializer_list<uint16_t> all = {a.port(), b.port(), c.port()};
  const auto sent = [&] { return a.requests().size() + b.requests().size() + c.requests().size(); };
  serve_with(str_cat(kQuick, " num_retries: 1"), all);
  RawConnection one = client();
  one.send(kGet);
  one.read_until("!");
  EXPECT_EQ(sent(), 2U);
  serve_with(str_cat(kQuick, " num_retries: 0"), all);
  one.send(kGet);
  one.read_until("!");
  EXPECT_EQ(sent(), 3U);
}

TEST_F(RetryTest, TheirNumberBoundsThoseAfterLostConnectionsToo) {
  const Answer reset{.bytes = {}, .close = false, .reset = true};
  FakeUpstream a([&](const std::string&) { return reset; });
  FakeUpstream b([&](const std::string&) { return reset; });
  FakeUpstream c([&](const std::string&) { return reset; });
  const std::initializer_list<uint16_t> all = {a.port(), b.port(), c.port()};
  const auto sent = [&] { return a.requests().size() + b.requests().size() + c.requests().size(); };
  serve_with("num_retries: 0", all);
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 502 "));
  EXPECT_EQ(sent(), 1U);
  serve_with("num_retries: 2", all);
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 502 "));
  EXPECT_EQ(sent(), 4U);
}

// While one waits, the worker serves others; and whoever goes away takes the wait with it.
TEST_F(RetryTest, AWaitHoldsUpNobody) {
  FakeUpstream bad([](const std::string&) { return unavailable("bad!"); });
  FakeUpstream good([](const std::string&) { return Answer{ok_response("good!")}; });
  serve(with_endpoints({bad.port(), good.port()}).build());
  while (!ask(kGet).ends_with("good!")) {
  }
  const size_t bad_before = bad.requests().size();
  const size_t good_before = good.requests().size();
  serve_with("retry_on: '503' backoff_base_interval: 60", {bad.port(), good.port()});
  RawConnection waiting = client();
  RawConnection other = client();
  waiting.send(kGet);
  bad.wait_for_answers(bad_before + 1);
  await_worker();
  other.send(kGet);
  EXPECT_EQ(other.read_until("good!"), ok_response("good!"));
  waiting.reset();
  await_worker();
  other.send(kGet);
  bad.wait_for_requests(bad_before + 2);
  other.reset();
  await_worker();
  EXPECT_EQ(good.requests().size(), good_before + 1);
  EXPECT_EQ(bad.connections(), 1) << "the first one's was there for the second";
}

TEST_F(RetryTest, HaveABudget) {
  FakeUpstream one([](const std::string&) { return unavailable("one!"); });
  FakeUpstream two([](const std::string&) { return unavailable("two!"); });
  serve_with("retry_on: '503' backoff_base_interval: 0", {one.port(), two.port()});
  RawConnection connection = client();
  constexpr size_t kRequests = 400;
  for (size_t i = 0; i < kRequests; ++i) {
    connection.send(kGet);
    EXPECT_TRUE(connection.read_until("!").starts_with("HTTP/1.1 503 "));
  }
  const size_t sent = one.requests().size() + two.requests().size();
  EXPECT_GT(sent, kRequests);
  EXPECT_LT(sent, 2 * kRequests - 20) << "not every one was sent twice";
}

TEST_F(RetryTest, AnAnswerThatDoesNotComeInTimeIsAskedForElsewhere) {
  FakeUpstream silent([](const std::string&) { return Answer{}; });
  FakeUpstream good([](const std::string&) { return Answer{ok_response("good!")}; });
  serve_with("per_try_timeout: '50ms'", {silent.port(), good.port()});
  RawConnection one = client();
  for (int i = 0; i < 4; ++i) {
    one.send(kGet);
    EXPECT_EQ(one.read_until("good!"), ok_response("good!"));
  }
  EXPECT_EQ(silent.requests().size(), 2U);
  // It may have been done already, and is not sent again.
  int late = 0;
  for (int i = 0; i < 2; ++i) {
    RawConnection post = client();
    post.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    late += post.read_all().starts_with("HTTP/1.1 504 ") ? 1 : 0;
  }
  EXPECT_EQ(late, 1);
}

TEST_F(RetryTest, NobodyAnswersInTime) {
  FakeUpstream silent([](const std::string&) { return Answer{}; });
  serve_with("per_try_timeout: '50ms'", {silent.port()});
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 504 "));
}

TEST_F(RetryTest, KeepTheSession) {
  std::atomic<bool> fails{false};
  FakeUpstream one([&](const std::string&) {
    return fails ? unavailable("one!") : Answer{ok_response("one!")};
  });
  FakeUpstream two([](const std::string&) { return Answer{ok_response("two!")}; });
  SnapshotBuilder builder = with_endpoints({one.port(), two.port()});
  add_policy<v1::RetryPolicy>(builder, kQuick);
  builder.add<v1::SessionStickyPolicy>(kStickyPolicyText);
  serve(builder.build());
  RawConnection connection = client();
  std::string cookie;
  for (std::string answer; !answer.ends_with("one!");) {
    connection.send(kGet);
    answer = connection.read_until("!");
    const size_t at = answer.find("set-cookie: ") + 12;
    cookie = answer.substr(at, answer.find(';', at) - at);
  }
  const std::string get = "GET / HTTP/1.1\r\nHost: h\r\nCookie: " + cookie + "\r\n\r\n";
  fails = true;
  connection.send(get);
  EXPECT_EQ(connection.read_until("!"), ok_response("two!")) << "elsewhere, without a cookie";
  fails = false;
  connection.send(get);
  EXPECT_EQ(connection.read_until("!"), ok_response("one!"));
}

}  // namespace
}  // namespace limpet::testing
