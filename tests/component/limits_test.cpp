// What a node takes on, and what it does at its limits.
#include "tests/component/worker_fixture.h"

namespace limpet::testing {
namespace {

using Answer = FakeUpstream::Answer;

Answer hello(const std::string&) { return Answer{ok_response("hello")}; }

ListenerSettings low_limits() {
  ListenerSettings settings;
  settings.limits = {.head_bytes = 1'000, .target_bytes = 100, .fields = 5,
                     .requests_per_connection = 3};
  return settings;
}

class RequestLimitsTest : public WorkerTest {
 protected:
  RequestLimitsTest() : WorkerTest(low_limits()) { serve(upstream_.port()); }

  FakeUpstream upstream_{hello};
};

TEST_F(RequestLimitsTest, HeadsAreHeldToTheSettingsOfTheirPort) {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_TRUE(ask(head + "A: b\r\nA: b\r\nA: b\r\nA: b\r\n\r\n").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(ask(head + "A: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n\r\n")
                  .starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(ask(head + "A: " + std::string(1'000, 'a') + "\r\n\r\n")
                  .starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(ask("GET /" + std::string(100, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n")
                  .starts_with("HTTP/1.1 414 "));
  // Before it is whole: nobody waits for what is too long already.
  RawConnection one = client();
  one.send(head + "A: " + std::string(2'000, 'a'));
  EXPECT_TRUE(one.read_all().starts_with("HTTP/1.1 431 "));
}

TEST_F(RequestLimitsTest, AConnectionEndsWithItsLastRequest) {
  RawConnection one = client();
  for (int i = 0; i < 2; ++i) {
    one.send(kGet);
    EXPECT_EQ(one.read_until("hello"), ok_response("hello"));
  }
  one.send(kGet);
  EXPECT_NE(one.read_all().find("\r\nconnection: close\r\n"), std::string::npos);
}

class NodeLimitsTest : public WorkerTest {
 protected:
  explicit NodeLimitsTest(const NodeLimits& limits = {.max_connections = 2})
      : WorkerTest({}, limits) {}

  // A connection that has had an answer.
  RawConnection busy_client() {
    RawConnection one = client();
    one.send(kGet);
    EXPECT_EQ(one.read_until("hello"), ok_response("hello"));
    return one;
  }
};

TEST_F(NodeLimitsTest, AtItsLimitANodeAcceptsWhenAnotherConnectionHasEnded) {
  FakeUpstream upstream(hello);
  serve(upstream.port());
  RawConnection first = busy_client();
  RawConnection second = busy_client();
  RawConnection third = client();
  third.send(kGet);
  first.send(kGet);
  first.read_until("hello");
  EXPECT_EQ(upstream.requests().size(), 3U) << "the third waits";
  first.close();
  EXPECT_EQ(third.read_until("hello"), ok_response("hello"));
}

TEST_F(NodeLimitsTest, WhoWaitsOnAPortThatIsClosedIsServedFirst) {
  FakeUpstream upstream(hello);
  serve(upstream.port());
  RawConnection first = busy_client();
  RawConnection second = busy_client();
  RawConnection third = client();
  third.send(kGet);
  close_port();
  const std::string answer = third.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_NE(answer.find("\r\nconnection: close\r\n"), std::string::npos);
}

class AddressLimitsTest : public NodeLimitsTest {
 protected:
  AddressLimitsTest() : NodeLimitsTest({.max_connections_per_address = 2}) {}
};

TEST_F(AddressLimitsTest, FurtherConnectionsOfAnAddressAreClosed) {
  FakeUpstream upstream(hello);
  serve(upstream.port());
  RawConnection first = busy_client();
  RawConnection second = busy_client();
  EXPECT_EQ(client().read_all(), "");
  EXPECT_EQ(worker_.refused_sessions(), 1U);
  second.send(kGet);
  second.read_until("hello");
}

class HeadBufferLimitsTest : public NodeLimitsTest {
 protected:
  HeadBufferLimitsTest() : NodeLimitsTest({.max_buffer_bytes = BufferPool::kSmall + 1}) {}
};

TEST_F(HeadBufferLimitsTest, AHeadThatGrowsIsTurnedAwayWhileBuffersAreFull) {
  serve(1);
  const std::string begin = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
  RawConnection grows = client();
  grows.send(begin);
  await_worker();
  RawConnection other = client();
  other.send(begin);
  await_worker();
  grows.send(std::string(2 * BufferPool::kSmall, 'x'));
  EXPECT_TRUE(grows.read_all().starts_with("HTTP/1.1 503 "));
}

class BufferLimitsTest : public NodeLimitsTest {
 protected:
  BufferLimitsTest() : NodeLimitsTest({.max_buffer_bytes = 1}) {}
};

TEST_F(BufferLimitsTest, NewRequestsAreTurnedAwayWhileBuffersAreFull) {
  RawUpstream upstream;
  serve(upstream.port());
  RawConnection first = client();
  first.send(kGet);
  RawConnection endpoint = upstream.accept();
  endpoint.read_until("\r\n\r\n");
  const std::string refused = ask(kGet);
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
  EXPECT_NE(refused.find("connection: close"), std::string::npos);
  endpoint.send(ok_response("hello"));
  EXPECT_EQ(first.read_until("hello"), ok_response("hello")) << "what runs goes on";
  first.send(kGet);
  endpoint.read_until("\r\n\r\n");
}

using ClosedPortTest = WorkerTest;

TEST_F(ClosedPortTest, EndsIdleConnectionsAndLetsRequestsBeTheLastOfTheirs) {
  RawUpstream upstream;
  serve(upstream.port());
  RawConnection idle = client();
  RawConnection busy = client();
  busy.send(kGet);
  RawConnection endpoint = upstream.accept();
  endpoint.read_until("\r\n\r\n");
  close_port();
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_FALSE(idle.was_reset());
  endpoint.send(ok_response("hello"));
  const std::string answer = busy.read_all();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 "));
  EXPECT_NE(answer.find("\r\nconnection: close\r\n"), std::string::npos);
}

TEST_F(ClosedPortTest, LeavesTunnels) {
  RawUpstream upstream;
  serve(upstream.port());
  RawConnection one = client();
  one.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  RawConnection endpoint = upstream.accept();
  endpoint.read_until("\r\n\r\n");
  endpoint.send("HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
  one.read_until("\r\n\r\n");
  close_port();
  one.send("ping");
  EXPECT_EQ(endpoint.read_until("ping"), "ping");
}

}  // namespace
}  // namespace limpet::testing
