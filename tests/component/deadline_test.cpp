// What takes too long: who is told what. The limits are short here; nothing is measured.
#include <memory>
#include <vector>

#include "tests/component/worker_fixture.h"

namespace limpet::testing {
namespace {

using Answer = FakeUpstream::Answer;

ListenerSettings short_timeouts() {
  ListenerSettings settings;
  Timeouts& timeouts = settings.timeouts;
  timeouts.head_ms = timeouts.connect_ms = timeouts.response_head_ms = 300;
  // Longer than a busy machine lets the test's own client wait for its turn.
  timeouts.idle_ms = timeouts.body_progress_ms = 2'000;
  return settings;
}

// Listens and never accepts, with a full backlog: connecting to it takes for ever.
class BlackHole {
 public:
  BlackHole() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    SocketAddress address = *SocketAddress::parse("127.0.0.1", 0);
    ::bind(listener_.get(), address.data(), address.size());
    ::listen(listener_.get(), 0);
    sockaddr_storage bound;
    socklen_t size = sizeof(bound);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&bound), &size);
    address = SocketAddress::from(bound);
    port_ = address.port();
    for (int i = 0; i < 4; ++i) {
      fill_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      ::connect(fill_.back().get(), address.data(), address.size());
    }
  }
  uint16_t port() const { return port_; }

 private:
  Fd listener_;
  std::vector<Fd> fill_;
  uint16_t port_ = 0;
};

class DeadlineTest : public WorkerTest {
 protected:
  DeadlineTest() : WorkerTest(short_timeouts()) {}
};

TEST_F(DeadlineTest, AnIdleConnectionIsClosedWithoutAWord) {
  serve(1);
  RawConnection one = client();
  EXPECT_EQ(one.read_all(), "");
  EXPECT_FALSE(one.was_reset());
}

TEST_F(DeadlineTest, AHeadMustComeInTime) {
  serve(1);
  RawConnection one = client();
  one.send("GET / HTTP/1.1\r\nHo");
  EXPECT_TRUE(one.read_all().starts_with("HTTP/1.1 408 "));
}

TEST_F(DeadlineTest, ABodyMustGoOn) {
  FakeUpstream upstream([](const std::string&) { return Answer{}; });
  serve(upstream.port());
  RawConnection one = client();
  one.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(one.read_all().starts_with("HTTP/1.1 408 "));
}

TEST_F(DeadlineTest, AnEndpointMustAnswer) {
  FakeUpstream upstream([](const std::string&) { return Answer{}; });
  serve(upstream.port());
  RawConnection one = client();
  one.send(kGet);
  EXPECT_TRUE(one.read_until("in time\n").starts_with("HTTP/1.1 504 "));
}

TEST_F(DeadlineTest, AnEndpointThatReadsNothingIsTheOneToBlame) {
  const Fd hole(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  SocketAddress address = *SocketAddress::parse("127.0.0.1", 0);
  ASSERT_EQ(::bind(hole.get(), address.data(), address.size()), 0);
  ASSERT_EQ(::listen(hole.get(), 8), 0);
  sockaddr_storage bound;
  socklen_t size = sizeof(bound);
  ::getsockname(hole.get(), reinterpret_cast<sockaddr*>(&bound), &size);
  serve(SocketAddress::from(bound).port());
  const std::string body(50'000'000, 'x');  // more than the sockets' buffers hold
  RawConnection one = client();
  std::thread upload([&] {
    one.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n");
    one.send(body);
  });
  EXPECT_TRUE(one.read_until("in time\n").starts_with("HTTP/1.1 504 "));
  upload.join();
}

TEST_F(DeadlineTest, AResponseMustGoOnAndIsCutOffOtherwise) {
  FakeUpstream upstream([](const std::string&) {
    return Answer{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"};
  });
  serve(upstream.port());
  RawConnection one = client();
  one.send(kGet);
  one.read_all();
  EXPECT_TRUE(one.was_reset());
}

TEST_F(DeadlineTest, ConnectingTakesTooLong) {
  const BlackHole hole;
  serve(hole.port());
  RawConnection one = client();
  one.send(kGet);
  EXPECT_TRUE(one.read_until("in time\n").starts_with("HTTP/1.1 504 "));
}

// Once it is known that nothing comes of it, nobody waits for the same again.
TEST_F(DeadlineTest, WhatTookTooLongIsNotWaitedForByEveryRequest) {
  const BlackHole hole;
  serve(hole.port());
  RawConnection one = client();
  std::string answer;
  do {
    one.send(kGet);
    answer = one.read_until("\r\n\r\n");
    one.read_until("\n");
  } while (answer.starts_with("HTTP/1.1 504 "));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
}

// The next candidate's connection may be in the pool, ready, without any event to come.
TEST_F(DeadlineTest, TheNextCandidateServesAtOnceAfterAConnectTimeout) {
  const BlackHole hole;
  FakeUpstream upstream([](const std::string&) { return Answer{ok_response("up")}; });
  SnapshotBuilder builder = web_snapshot(kPort, {}, 1);
  for (const uint16_t port : {hole.port(), upstream.port()}) {
    builder.add<v1::EndpointSlice>(str_cat(
        "metadata { name: 'web-", port, "' namespace: 'shop' "
        "labels { key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv4' "
        "endpoints { addresses: '127.0.0.1' } ports { port: ", port, " }"));
  }
  serve(builder.build());
  RawConnection one = client();
  for (int i = 0; i < 4; ++i) {
    one.send(kGet);
    EXPECT_EQ(one.read_until("up"), ok_response("up"));
  }
}

}  // namespace
}  // namespace limpet::testing
