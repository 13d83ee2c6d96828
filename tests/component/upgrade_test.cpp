// Connections that leave HTTP (RFC 9110 §7.8, RFC 6455): who may, what passes, and how they end.
#include <thread>

#include "tests/component/worker_fixture.h"

namespace limpet::testing {
namespace {

constexpr char kAsk[] =
    "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\n"
    "Upgrade: websocket\r\n\r\n";
constexpr char kSwitch[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

class UpgradeTest : public WorkerTest {
 protected:
  explicit UpgradeTest(const ListenerSettings& settings = {}) : WorkerTest(settings) {
    serve(upstream_.port());
  }

  struct Pair {
    RawConnection client;
    RawConnection endpoint;
  };
  // Two sides that have left HTTP.
  Pair upgraded() {
    Pair pair{client(), RawConnection(Fd())};
    pair.client.send(kAsk);
    pair.endpoint = upstream_.accept();
    pair.endpoint.read_until("\r\n\r\n");
    pair.endpoint.send(kSwitch);
    EXPECT_TRUE(pair.client.read_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    return pair;
  }
  // What the endpoint gets of a request.
  std::string passed_on(const std::string& request) {
    RawConnection one = client();
    one.send(request);
    return upstream_.accept().read_until("\r\n\r\n");
  }

  RawUpstream upstream_;
};

TEST_F(UpgradeTest, TheHandshakePassesBothWays) {
  RawConnection one = client();
  one.send(kAsk);
  RawConnection endpoint = upstream_.accept();
  const std::string request = endpoint.read_until("\r\n\r\n");
  EXPECT_NE(request.find("\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"), std::string::npos)
      << request;
  endpoint.send(kSwitch);
  EXPECT_EQ(one.read_until("\r\n\r\n"),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            "connection: upgrade\r\n\r\n");
}

TEST_F(UpgradeTest, BytesThatFollowTheHandshakeAtOnceAreNotLost) {
  RawConnection one = client();
  one.send(std::string(kAsk) + "early from the client");
  RawConnection endpoint = upstream_.accept();
  endpoint.read_until("\r\n\r\n");
  endpoint.send(std::string(kSwitch) + "early from the endpoint");
  one.read_until("\r\n\r\n");
  one.read_until("early from the endpoint");
  EXPECT_EQ(endpoint.read_until("client"), "early from the client");
  one.send("more");
  EXPECT_EQ(endpoint.read_until("more"), "more");
}

TEST_F(UpgradeTest, AnEndOfOneSideLeavesTheOtherItsWord) {
  Pair first = upgraded();
  first.client.send("the last");
  first.client.finish_sending();
  EXPECT_EQ(first.endpoint.read_all(), "the last");
  first.endpoint.send("and yet");
  EXPECT_EQ(first.client.read_until("and yet"), "and yet");
  first.endpoint.close();
  EXPECT_EQ(first.client.read_all(), "");
  EXPECT_FALSE(first.client.was_reset());

  Pair second = upgraded();
  second.endpoint.finish_sending();
  EXPECT_EQ(second.client.read_all(), "");
  second.client.send("still here");
  second.client.close();
  EXPECT_EQ(second.endpoint.read_all(), "still here");
  EXPECT_FALSE(second.endpoint.was_reset());
}

TEST_F(UpgradeTest, ABreakOfOneSideIsOneOfTheOther) {
  Pair first = upgraded();
  first.client.reset();
  EXPECT_EQ(first.endpoint.read_all(), "");
  EXPECT_TRUE(first.endpoint.was_reset());

  Pair second = upgraded();
  second.endpoint.reset();
  EXPECT_EQ(second.client.read_all(), "");
  EXPECT_TRUE(second.client.was_reset());
}

TEST_F(UpgradeTest, MuchPassesBothWaysAtTheSameTime) {
  Pair pair = upgraded();
  const std::string up(4'000'000, 'u');
  const std::string down(6'000'000, 'd');
  std::thread from_client([&] {
    pair.client.send(up);
    pair.client.finish_sending();
  });
  std::thread from_endpoint([&] {
    pair.endpoint.send(down);
    pair.endpoint.finish_sending();
  });
  std::string at_client;
  std::thread to_client([&] { at_client = pair.client.read_all(); });
  const std::string at_endpoint = pair.endpoint.read_all();
  to_client.join();
  from_client.join();
  from_endpoint.join();
  EXPECT_TRUE(at_endpoint == up) << at_endpoint.size();
  EXPECT_TRUE(at_client == down) << at_client.size();
}

TEST_F(UpgradeTest, AnEndpointThatRefusesAnswersAsEver) {
  RawConnection one = client();
  one.send(kAsk);
  RawConnection endpoint = upstream_.accept();
  endpoint.read_until("\r\n\r\n");
  endpoint.send(ok_response("no"));
  EXPECT_EQ(one.read_until("no"), ok_response("no"));
  one.send(kGet);
  EXPECT_TRUE(endpoint.read_until("\r\n\r\n").starts_with("GET /a ")) << "on the same connections";
  endpoint.send(ok_response("yes"));
  EXPECT_EQ(one.read_until("yes"), ok_response("yes"));
}

TEST_F(UpgradeTest, WhatIsNotAskedForSoundlyIsNotPassedOn) {
  for (const char* fields : {"Upgrade: websocket\r\n", "Connection: upgrade\r\n",
                             "Connection: upgrade\r\nUpgrade: a\r\nUpgrade: b\r\n",
                             "Connection: upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n",
                             "Connection: upgrade\r\nUpgrade: websocket, h2c\r\n",
                             "Connection: upgrade\r\nUpgrade: TLS/1.2\r\n"}) {
    const std::string request =
        passed_on(std::string("GET / HTTP/1.1\r\nHost: h\r\n") + fields + "\r\n");
    EXPECT_EQ(request.find("Upgrade"), std::string::npos) << request;
    EXPECT_EQ(request.find("Connection"), std::string::npos) << request;
  }
  const std::string old = passed_on(
      "GET / HTTP/1.0\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(old.find("Upgrade"), std::string::npos) << old;
}

TEST_F(UpgradeTest, ASwitchToWhatWasNotOfferedIsABadGateway) {
  for (const char* answer :
       {"HTTP/1.1 101 X\r\nUpgrade: other\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n", "HTTP/1.1 101 X\r\n\r\n",
        "HTTP/1.1 101 X\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 101 X\r\nUpgrade: websocket, other\r\nConnection: upgrade\r\n\r\n"}) {
    RawConnection one = client();
    one.send(kAsk);
    RawConnection endpoint = upstream_.accept();
    endpoint.read_until("\r\n\r\n");
    endpoint.send(answer);
    EXPECT_TRUE(one.read_until("\r\n\r\n").starts_with("HTTP/1.1 502 ")) << answer;
  }
}

TEST_F(UpgradeTest, ASwitchBeforeTheRequestIsWholeIsABadGateway) {
  RawConnection one = client();
  one.send("POST / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n"
           "Content-Length: 5\r\n\r\n12");
  RawConnection endpoint = upstream_.accept();
  endpoint.read_until("12");
  endpoint.send("HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
  EXPECT_TRUE(one.read_until("\r\n\r\n").starts_with("HTTP/1.1 502 "));
}

TEST_F(UpgradeTest, AHandshakeIsStickyAndATunnelOutlivesItsTable) {
  SnapshotBuilder builder = web_snapshot(kPort, {"127.0.0.1"}, upstream_.port());
  builder.add<v1::SessionStickyPolicy>(kStickyPolicyText);
  serve(builder.build());
  RawConnection one = client();
  one.send(kAsk);
  RawConnection endpoint = upstream_.accept();
  endpoint.read_until("\r\n\r\n");
  endpoint.send(kSwitch);
  EXPECT_NE(one.read_until("\r\n\r\n").find("\r\nset-cookie: sid="), std::string::npos);

  builder.remove({"HTTPRoute", "shop", "web"});
  builder.remove({"Service", "shop", "web"});
  serve(builder.build());
  one.send("still");
  EXPECT_EQ(endpoint.read_until("still"), "still");
  endpoint.send("here");
  EXPECT_EQ(one.read_until("here"), "here");
}

ListenerSettings short_tunnel() {
  ListenerSettings settings;
  settings.timeouts.tunnel_ms = 300;
  return settings;
}

class UpgradeDeadlineTest : public UpgradeTest {
 protected:
  UpgradeDeadlineTest() : UpgradeTest(short_tunnel()) {}
};

TEST_F(UpgradeDeadlineTest, AnIdleTunnelIsClosed) {
  Pair pair = upgraded();
  EXPECT_EQ(pair.client.read_all(), "");
  EXPECT_FALSE(pair.client.was_reset());
  EXPECT_EQ(pair.endpoint.read_all(), "");
  EXPECT_FALSE(pair.endpoint.was_reset());
}

}  // namespace
}  // namespace limpet::testing
