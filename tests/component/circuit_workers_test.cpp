// Two workers of a node under one CircuitBreakingPolicy: they count together, and wake each other.
#include <atomic>
#include <thread>
#include <vector>

#include "tests/component/circuit_fixture.h"

namespace limpet::testing {
namespace {

// A second worker beside the fixture's, which serves the same tables at a listener of its own.
class TwoWorkersTest : public CircuitTest {
 protected:
  TwoWorkersTest()
      : other_({8, std::make_shared<ConnectionLimits>(100, 0), size_t{1} << 30, 1'000,
                [](const std::shared_ptr<const RoutingTable>&) {}}) {
    other_.start();
  }
  void serve_with_both(const std::string& config, std::initializer_list<uint16_t> ports) {
    serve_with(config, ports);
    auto sockets = open_listeners(*SocketAddress::parse("127.0.0.1", 0), 1);
    ASSERT_TRUE(sockets.ok());
    sockaddr_storage bound;
    socklen_t size = sizeof(bound);
    ::getsockname((*sockets)[0].get(), reinterpret_cast<sockaddr*>(&bound), &size);
    other_listener_ = SocketAddress::from(bound);
    WorkerConfig config_of_other;
    config_of_other.table = changed(*table_);
    config_of_other.open.push_back({kPort, std::move((*sockets)[0])});
    std::promise<void> done;
    other_.configure(std::move(config_of_other), [&] { done.set_value(); });
    done.get_future().wait();
  }

  SocketAddress other_listener_;
  Worker other_;
};

TEST_F(TwoWorkersTest, WhoWaitsIsWokenByTheOtherWorker) {
  Latch latch;
  FakeUpstream upstream([&](const std::string& request) {
    if (request.starts_with("GET /busy")) latch.wait();
    return Answer{ok_response("well!")};
  });
  serve_with_both("limits { connections: 1 pending: 9 }", {upstream.port()});
  RawConnection busy = client();
  busy.send("GET /busy HTTP/1.1\r\nHost: h\r\n\r\n");
  upstream.wait_for_requests(1);
  std::vector<RawConnection> waiting;
  for (uint32_t i = 1; i <= 6; ++i) {
    waiting.push_back(i % 2 == 0 ? client() : RawConnection::to(other_listener_));
    waiting.back().send(kGet);
    await_pending(i);
  }
  waiting[2].reset();
  await_pending(5);
  latch.open();
  EXPECT_EQ(busy.read_until("well!"), ok_response("well!"));
  for (size_t i = 0; i < waiting.size(); ++i) {
    if (i == 2) continue;
    EXPECT_EQ(waiting[i].read_until("well!"), ok_response("well!")) << i;
  }
  while (gate().connections() != 0) std::this_thread::yield();
  EXPECT_EQ(gate().pending(), 0U);
}

TEST_F(TwoWorkersTest, AreHeldToOneLimitTogether) {
  Crowd crowd;
  FakeUpstream upstream([&](const std::string&) {
    crowd.pass();
    return Answer{ok_response("well!")};
  });
  serve_with_both("limits { connections: 2 pending: 100 }", {upstream.port()});
  std::vector<std::thread> threads;
  std::atomic<int> odd{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      RawConnection one = i % 2 == 0 ? client() : RawConnection::to(other_listener_);
      for (int round = 0; round < 100; ++round) {
        one.send(kGet);
        if (!one.read_until("well!").starts_with("HTTP/1.1 200 ")) ++odd;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(odd, 0);
  EXPECT_LE(crowd.most(), 2);
}

// A client that has its answer finds the place free, at whichever worker it asks next.
TEST_F(TwoWorkersTest, AnAnswerThatHasArrivedHoldsNoPlace) {
  FakeUpstream upstream([](const std::string&) { return Answer{ok_response("well!")}; });
  serve_with_both("limits { requests: 1 connections: 1 }", {upstream.port()});
  RawConnection here = client();
  RawConnection there = RawConnection::to(other_listener_);
  for (int round = 0; round < 2'000; ++round) {
    RawConnection& next = round % 2 == 0 ? here : there;
    next.send(kGet);
    ASSERT_TRUE(next.read_until("\n").starts_with("HTTP/1.1 200 ")) << round;
    next.read_until("well!");
  }
}

}  // namespace
}  // namespace limpet::testing
