// Which endpoint of a Service gets a request, as its LoadBalancerPolicy says.
#include <thread>

#include "tests/component/balance_fixture.h"

namespace limpet::testing {
namespace {

using Answer = FakeUpstream::Answer;

// ---- Round robin.

TEST_F(BalanceTest, RequestsAreSharedByWeight) {
  SnapshotBuilder made = builder();
  add_balancer(made, "", "weights { endpoint: 'one' weight: 3 }");
  serve(made.build());
  const auto count = shares(80);
  EXPECT_NEAR(count.at("one"), 60, 2);
  EXPECT_NEAR(count.at("two"), 20, 2);
}

TEST_F(BalanceTest, WeightZeroServesWhenNoOtherCan) {
  SnapshotBuilder made = builder();
  add_balancer(made, "", "weights { endpoint: 'two' weight: 0 }");
  serve(made.build());
  EXPECT_EQ(shares(20).at("one"), 20);
  add_endpoint(made, "one", 1);  // nobody listens there
  serve(made.build());
  EXPECT_EQ(shares(20).at("two"), 20);
}

// ---- Least request.

TEST_F(BalanceTest, WhoIsBusyGetsNothingMore) {
  SnapshotBuilder made = builder();
  add_balancer(made, "LeastConnectionLoadBalancer");
  serve(made.build());
  std::vector<RawConnection> waiting;
  while (one_.requests().empty()) {
    waiting.push_back(client());
    waiting.back().send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    const size_t both = waiting.size();
    while (one_.requests().size() + two_.requests().size() < both) await_worker();
  }
  EXPECT_EQ(in_flight("one"), 1U);
  EXPECT_EQ(shares(20).at("two"), 20);
  latch_.open();
  EXPECT_NE(waiting.back().read_until("one").find("200"), std::string::npos);
  await_worker();
  EXPECT_EQ(in_flight("one"), 0U);
  EXPECT_EQ(in_flight("two"), 0U);
  const auto count = shares(20);
  EXPECT_EQ(count.at("one"), 10) << "equals have their turns";
}

TEST_F(BalanceTest, WhateverEndsARequestEndsItsCount) {
  std::atomic<int> broken{0};
  FakeUpstream breaks([&](const std::string& request) {
    ++broken;
    if (request.find("/part") != std::string::npos) {
      return Answer{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", .close = true};
    }
    if (request.find("/nonsense") != std::string::npos) return Answer{.bytes = "nonsense\n\n"};
    return Answer{.bytes = {}, .reset = true};
  });
  SnapshotBuilder made = web_snapshot(kPort, {}, 1);
  add_endpoint(made, "one", breaks.port());
  add_endpoint(made, "two", 1);  // nobody listens there
  add_balancer(made, "LeastConnectionLoadBalancer");
  serve(made.build());
  for (const char* target : {"/reset", "/part", "/nonsense", "/reset"}) get("", target);
  EXPECT_GE(broken, 4);
  add_endpoint(made, "one", one_.port());
  serve(made.build());
  // A client that goes away before its answer.
  RawConnection gone = client();
  gone.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  one_.wait_for_requests(1);
  EXPECT_EQ(in_flight("one"), 1U);
  gone.reset();
  latch_.open();
  while (in_flight("one") != 0) await_worker();
  EXPECT_EQ(in_flight("two"), 0U);
}

TEST_F(BalanceTest, ATunnelIsARequestAsLongAsItLasts) {
  FakeUpstream chat([](const std::string&) {
    return Answer{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                  "Connection: Upgrade\r\n\r\n"};
  });
  SnapshotBuilder made = web_snapshot(kPort, {}, 1);
  add_endpoint(made, "one", chat.port());
  add_balancer(made, "LeastConnectionLoadBalancer");
  serve(made.build());
  RawConnection one = client();
  one.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_NE(one.read_until("\r\n\r\n").find(" 101 "), std::string::npos);
  await_worker();
  EXPECT_EQ(in_flight("one"), 1U);
  add_endpoint(made, "two", two_.port());
  serve(made.build());
  EXPECT_EQ(in_flight("one"), 1U) << "also in the next table";
  EXPECT_EQ(shares(10).at("two"), 10);
  one.reset();
  while (in_flight("one") != 0) await_worker();
}

// ---- Hash.

TEST_F(BalanceTest, RequestsAlikeGoToOneEndpoint) {
  SnapshotBuilder made = builder();
  add_endpoint(made, "three", three_.port());
  const auto serve_hash = [&](const std::string& key) {
    add_balancer(made, "HashingLoadBalancer", "hash { " + key + " }");
    serve(made.build());
  };
  const auto spread = [&](const auto& fields_of, const auto& target_of) {
    std::map<std::string, int> count;
    for (int user = 0; user < 12; ++user) {
      const std::string home = get(fields_of(user), target_of(user)).body;
      for (int again = 0; again < 3; ++again) {
        EXPECT_EQ(get(fields_of(user), target_of(user)).body, home) << user;
      }
      ++count[home];
    }
    return count.size();
  };
  const auto nothing = [](int) { return std::string(); };
  const auto root = [](int) { return std::string("/"); };
  serve_hash("source: 'Header' name: 'X-User'");
  EXPECT_EQ(spread([](int user) { return str_cat("x-user: u", user, "\r\n"); }, root), 3U);
  for (const auto& [name, count] : shares(9)) EXPECT_EQ(count, 3) << "in turn: " << name;
  serve_hash("source: 'Cookie' name: 'user'");
  EXPECT_EQ(spread([](int user) { return str_cat("Cookie: user=u", user, "\r\n"); }, root), 3U);
  serve_hash("source: 'Query' name: 'user'");
  EXPECT_EQ(spread(nothing, [](int user) { return str_cat("/?user=u", user); }), 3U);
  serve_hash("source: 'ClientAddress'");
  EXPECT_EQ(spread(nothing, root), 1U) << "all are one client";
}

// ---- Slow start.

TEST_F(BalanceTest, AnEndpointThatIsNewTakesLessAtFirst) {
  SnapshotBuilder made = builder();
  add_balancer(made, "", "slow_start: '15m'");
  serve(made.build());
  auto count = shares(10);
  EXPECT_EQ(count["one"], 5) << "at the node's start all are as they will be";
  add_endpoint(made, "three", three_.port());
  serve(made.build());
  count = shares(120);
  EXPECT_LE(count["three"], 8);
  EXPECT_EQ(count["one"] + count["two"] + count["three"], 120);
  EXPECT_NEAR(count["one"], count["two"], 12);
}

TEST_F(BalanceTest, AnEndpointThatHasRecoveredTakesLessAtFirst) {
  SnapshotBuilder made = builder();
  add_balancer(made, "", "slow_start: '15m'");
  add_endpoint(made, "one", one_.port(), false);
  serve(made.build());
  EXPECT_EQ(shares(10).at("two"), 10);
  add_endpoint(made, "one", one_.port(), true);
  serve(made.build());
  EXPECT_LE(shares(120)["one"], 8);
  // A policy without it: at once.
  add_balancer(made, "");
  serve(made.build());
  EXPECT_EQ(shares(10)["one"], 5);
}

// ---- Sessions.

TEST_F(BalanceTest, SessionsStayWhateverIsChangedAboutBalancing) {
  SnapshotBuilder made = builder();
  made.add<v1::SessionStickyPolicy>(kStickyPolicyText);
  serve(made.build());
  std::map<std::string, std::string> home;  // by cookie
  for (int i = 0; i < 8; ++i) {
    const Reply first = get();
    home[first.cookie()] = first.body;
  }
  const std::pair<std::string, std::string> balancers[] = {
      {"LeastConnectionLoadBalancer", ""},
      {"HashingLoadBalancer", "hash { source: 'ClientAddress' }"},
      {"", "weights { endpoint: 'one' weight: 0 }"},
      {"", "weights { endpoint: 'two' weight: 0 } slow_start: '15m'"}};
  for (const auto& [type, config] : balancers) {
    add_balancer(made, type, config);
    serve(made.build());
    for (const auto& [cookie, body] : home) {
      const Reply reply = get("Cookie: " + cookie + "\r\n");
      EXPECT_EQ(reply.body, body) << type << config;
      EXPECT_EQ(reply.cookie(), "");
    }
  }
  for (int i = 0; i < 8; ++i) EXPECT_EQ(get().body, "one") << "new sessions go by the weights";
}

// ---- Changes while requests run.

TEST_F(BalanceTest, ChangesUnderLoadCostNoRequest) {
  SnapshotBuilder made = builder();
  serve(made.build());
  std::atomic<bool> stop{false};
  std::atomic<int> served{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < 3; ++c) {
    clients.emplace_back([&] {
      while (!stop) {
        const Reply reply = get("X-User: u\r\n");
        EXPECT_TRUE(reply.ok()) << reply.head;
        ++served;
      }
    });
  }
  const std::pair<std::string, std::string> balancers[] = {
      {"LeastConnectionLoadBalancer", "slow_start: '1s'"},
      {"HashingLoadBalancer", "hash { source: 'Header' name: 'X-User' }"},
      {"", "weights { endpoint: 'one' weight: 0 }"},
      {"LeastConnectionLoadBalancer", "weights { endpoint: 'two' weight: 7 }"},
      {"", ""}};
  for (int round = 0; round < 10; ++round) {
    for (const auto& [type, config] : balancers) {
      const int before = served;
      add_balancer(made, type, config);
      add_endpoint(made, "three", three_.port(), round % 2 == 0);
      add_policy<v1::CircuitBreakingPolicy>(made, round % 2 == 0 ? "outlier_ejection {}" : "");
      serve(made.build());
      while (served < before + 10) await_worker();
    }
  }
  stop = true;
  for (std::thread& client : clients) client.join();
}

TEST_F(BalanceTest, WhoWaitsBeforeARetryIsNowhere) {
  SnapshotBuilder made = builder();
  add_balancer(made, "LeastConnectionLoadBalancer");
  add_policy<v1::RetryPolicy>(made, "retry_on: '503' backoff_base_interval: 60");
  serve(made.build());
  status_of_one_ = 503;
  std::vector<RawConnection> waiting;
  while (one_.requests().empty()) {
    waiting.push_back(client());
    waiting.back().send(kGet);
    while (one_.requests().size() + two_.requests().size() < waiting.size()) {
      std::this_thread::yield();
    }
  }
  while (in_flight("one") + in_flight("two") != 0) await_worker();
  EXPECT_EQ(two_.requests().size(), waiting.size() - 1) << "it waits";
}

}  // namespace
}  // namespace limpet::testing
