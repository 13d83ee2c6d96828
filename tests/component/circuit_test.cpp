// What a CircuitBreakingPolicy keeps from the endpoints: all requests while they fail, and those
// beyond its limits always.
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "tests/component/circuit_fixture.h"

namespace limpet::testing {
namespace {

ListenerSettings short_timeouts() {
  ListenerSettings settings;
  settings.timeouts.connect_ms = settings.timeouts.response_head_ms = 400;
  return settings;
}

TEST_F(CircuitTest, OpensAndClosesAgainByOneRequest) {
  std::atomic<bool> well{false};
  FakeUpstream upstream([&](const std::string&) {
    return well ? Answer{ok_response("well!")}
                : Answer{"HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\nbad!"};
  });
  serve_with("min_request_amount: 3 error_amount_threshold: 3 degraded_time_window: 1 "
             "degraded_status_code: 418 degraded_response_content: 'later!'",
             {upstream.port()});
  RawConnection one = client();
  for (int i = 0; i < 3; ++i) {
    one.send(kGet);
    EXPECT_TRUE(one.read_until("!").ends_with("bad!"));
  }
  for (int i = 0; i < 3; ++i) {
    one.send(kGet);
    const std::string answer = one.read_until("later!\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 418 "));
    EXPECT_EQ(answer.find("connection: close"), std::string::npos);
  }
  EXPECT_EQ(upstream.requests().size(), 3U);
  well = true;
  // Each on a connection of its own, which takes no more than so many.
  while (!ask(kGet).ends_with("well!")) {
  }
  EXPECT_EQ(upstream.requests().size(), 4U);
  one.send(kGet);
  EXPECT_EQ(one.read_until("well!"), ok_response("well!"));
}

TEST_F(CircuitTest, RequestsWithoutAnAnswerAreErrors) {
  serve_with("min_request_amount: 3 error_ratio_threshold: 1", {unused_port()});
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(ask(kGet).ends_with("no endpoint could be reached\n"));
  }
  EXPECT_TRUE(ask(kGet).ends_with("since it failed or was slow\n"));
}

TEST_F(CircuitTest, SlowAnswersOpenIt) {
  // By the worker's clock, whose ticks the test sees pass.
  FakeUpstream upstream([](const std::string&) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(30);
    while (std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return Answer{ok_response("slow!")};
  });
  serve_with("min_request_amount: 2 slow_time_threshold: 0.01 slow_ratio_threshold: 0.5",
             {upstream.port()});
  RawConnection one = client();
  for (int i = 0; i < 2; ++i) {
    one.send(kGet);
    EXPECT_EQ(one.read_until("slow!"), ok_response("slow!"));
  }
  one.send(kGet);
  EXPECT_TRUE(one.read_until("slow\n").starts_with("HTTP/1.1 503 "));
}

// Clients that go away say nothing of the service; a trial that one of them was makes way.
TEST_F(CircuitTest, AClientThatGoesAwayIsNoError) {
  Latch latch;
  FakeUpstream upstream([&](const std::string&) {
    latch.wait();
    return Answer{ok_response("well!")};
  });
  serve_with("min_request_amount: 1 error_amount_threshold: 1", {upstream.port()});
  for (size_t i = 1; i <= 3; ++i) {
    RawConnection gone = client();
    gone.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
    gone.reset();
  }
  await_worker();
  latch.open();
  EXPECT_TRUE(ask(kGet).ends_with("well!"));
}

TEST_F(CircuitTest, RequestsHaveALimit) {
  Latch latch;
  FakeUpstream upstream([&](const std::string&) {
    latch.wait();
    return Answer{ok_response("well!")};
  });
  serve_with("limits { requests: 2 pending: 9 }", {upstream.port()});
  std::vector<RawConnection> busy;
  for (size_t i = 1; i <= 2; ++i) {
    busy.push_back(client());
    busy.back().send(kGet);
    upstream.wait_for_requests(i);
  }
  RawConnection beyond = client();
  beyond.send(kGet);
  EXPECT_TRUE(beyond.read_until(kFull).starts_with("HTTP/1.1 503 "));
  busy.pop_back();
  latch.open();
  EXPECT_EQ(busy[0].read_until("well!"), ok_response("well!"));
  beyond.send(kGet);
  EXPECT_EQ(beyond.read_until("well!"), ok_response("well!"));
  await_nothing_counted();
}

TEST_F(CircuitTest, ConnectionsHaveALimitAndAQueue) {
  Latch latch;
  FakeUpstream upstream([&](const std::string& request) {
    latch.wait();
    return Answer{ok_response(request.substr(5, 1) + "!")};
  });
  serve_with("limits { connections: 1 pending: 2 }", {upstream.port()});
  const auto get = [](const std::string& path) {
    return "GET /" + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
  };
  RawConnection first = client();
  first.send(get("1"));
  upstream.wait_for_requests(1);
  RawConnection second = client();
  second.send(get("2"));
  await_pending(1);
  RawConnection third = client();
  third.send(get("3"));
  await_pending(2);
  RawConnection fourth = client();
  fourth.send(get("4"));
  EXPECT_TRUE(fourth.read_until(kFull).starts_with("HTTP/1.1 503 "));
  latch.open();
  EXPECT_EQ(first.read_until("!"), ok_response("1!"));
  EXPECT_EQ(second.read_until("!"), ok_response("2!"));
  EXPECT_EQ(third.read_until("!"), ok_response("3!"));
  const std::vector<std::string> requests = upstream.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_TRUE(requests[1].starts_with("GET /2 ")) << "in their order";
  EXPECT_EQ(upstream.connections(), 1) << "one after the other";
  await_nothing_counted();
}

TEST_F(CircuitTest, WhoLeavesTheQueueLeavesItsPlace) {
  Latch latch;
  FakeUpstream upstream([&](const std::string&) {
    latch.wait();
    return Answer{ok_response("well!")};
  });
  serve_with("limits { connections: 1 pending: 1 }", {upstream.port()});
  RawConnection busy = client();
  busy.send(kGet);
  upstream.wait_for_requests(1);
  RawConnection gone = client();
  gone.send(kGet);
  await_pending(1);
  gone.reset();
  await_pending(0);
  RawConnection next = client();
  next.send(kGet);
  await_pending(1);
  latch.open();
  EXPECT_EQ(next.read_until("well!"), ok_response("well!"));
  EXPECT_EQ(upstream.requests().size(), 2U);
}

TEST_F(CircuitTest, AHigherLimitLetsTheQueueIn) {
  Latch latch;
  FakeUpstream upstream([&](const std::string&) {
    latch.wait();
    return Answer{ok_response("well!")};
  });
  serve_with("limits { connections: 1 pending: 5 }", {upstream.port()});
  std::vector<RawConnection> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(client());
    clients.back().send(kGet);
    if (i == 0) {
      upstream.wait_for_requests(1);
    } else {
      await_pending(static_cast<uint32_t>(i));
    }
  }
  serve_with("limits { connections: 9 pending: 5 }", {upstream.port()});
  clients.push_back(client());
  clients.back().send(kGet);
  upstream.wait_for_requests(4);
  latch.open();
  for (RawConnection& each : clients) {
    EXPECT_EQ(each.read_until("well!"), ok_response("well!"));
  }
  await_nothing_counted();
}

// The endpoints of a port share its limit, and what idles is within it as well.
TEST_F(CircuitTest, IdleConnectionsMakeWay) {
  FakeUpstream one([](const std::string&) { return Answer{ok_response("well!")}; });
  FakeUpstream two([](const std::string&) { return Answer{ok_response("well!")}; });
  serve_with("limits { connections: 1 }", {one.port(), two.port()});
  RawConnection connection = client();
  for (size_t i = 1; i <= 4; ++i) {
    connection.send(kGet);
    connection.read_until("well!");
    await_worker();
    EXPECT_EQ(gate().open(), 1U);
  }
  EXPECT_EQ(one.requests().size(), 2U);
  EXPECT_EQ(one.connections(), 2) << "each has made way for the other's";
}

TEST_F(CircuitTest, ATunnelKeepsItsConnection) {
  FakeUpstream upstream([](const std::string& request) {
    if (request.find("Upgrade") == std::string::npos) return Answer{ok_response("well!")};
    return Answer{"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n"};
  });
  serve_with("limits { connections: 1 requests: 1 }", {upstream.port()});
  RawConnection tunnel = client();
  tunnel.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  EXPECT_TRUE(tunnel.read_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  await_worker();
  EXPECT_EQ(gate().requests(), 0U);
  EXPECT_TRUE(ask(kGet).ends_with(kFull));
  tunnel.reset();
  while (gate().connections() != 0) std::this_thread::yield();
  EXPECT_TRUE(ask(kGet).ends_with("well!"));
}

// Sessions are not moved because their service is full.
TEST_F(CircuitTest, AFullServiceMovesNoSession) {
  Latch latch;
  FakeUpstream upstream([&](const std::string& request) {
    if (request.starts_with("GET /busy")) latch.wait();
    return Answer{ok_response("well!")};
  });
  SnapshotBuilder builder = with_endpoints({upstream.port()});
  add_policy<v1::CircuitBreakingPolicy>(builder, "limits { requests: 1 }");
  builder.add<v1::SessionStickyPolicy>(kStickyPolicyText);
  serve(builder.build());
  RawConnection busy = client();
  busy.send("GET /busy HTTP/1.1\r\nHost: h\r\n\r\n");
  upstream.wait_for_requests(1);
  const std::string answer = ask(kGet);
  EXPECT_TRUE(answer.ends_with(kFull));
  EXPECT_EQ(answer.find("set-cookie"), std::string::npos);
  latch.open();
  EXPECT_NE(busy.read_until("well!").find("set-cookie"), std::string::npos);
}

class QueueTimeTest : public CircuitTest {
 protected:
  QueueTimeTest() : CircuitTest(short_timeouts()) {}
};

TEST_F(QueueTimeTest, NobodyWaitsForEver) {
  FakeUpstream upstream([&](const std::string&) { return Answer{ok_response("well!")}; });
  serve_with("limits { connections: 1 pending: 5 }", {upstream.port()});
  // A request whose body does not come keeps the connection for longer than others wait.
  RawConnection busy = client();
  busy.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
  while (gate().connections() != 1) std::this_thread::yield();
  RawConnection waiting = client();
  waiting.send(kGet);
  EXPECT_TRUE(waiting.read_until(kFull).starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(gate().pending(), 0U);
}

// Clients of all manners while the policy changes all the time: nobody is let through beyond what
// was ever allowed, everybody is answered, and nothing stays counted.
TEST_F(CircuitTest, IsChangedUnderLoad) {
  Crowd crowd;
  FakeUpstream upstream([&](const std::string& request) {
    // Of a client that leaves, the gateway lets go while the endpoint is still at it.
    if (request.starts_with("GET /a ")) crowd.pass();
    return Answer{ok_response("well!")};
  });
  serve_with("limits { connections: 3 pending: 2 }", {upstream.port()});
  std::atomic<int> odd{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 60; ++round) {
        RawConnection one = client();
        if (i == 0) {
          one.send("GET /left HTTP/1.1\r\nHost: h\r\n\r\n");
          one.reset();
          continue;
        }
        one.send(kGet);
        one.finish_sending();
        const std::string answer = one.read_all();
        if (!answer.ends_with("well!") && !answer.ends_with(kFull)) ++odd;
      }
    });
  }
  for (int i = 0; i < 40; ++i) {
    serve_with(str_cat("limits { connections: ", 1 + i % 3, " pending: ", i % 4, " }"),
               {upstream.port()});
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(odd, 0);
  EXPECT_LE(crowd.most(), 3);
  await_nothing_counted();
}

}  // namespace
}  // namespace limpet::testing
