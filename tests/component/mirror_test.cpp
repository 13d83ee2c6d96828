// Copies of requests for another Service: what they are, and that nobody else notices them.
#include <poll.h>

#include <future>

#include "tests/component/policy_fixture.h"
#include "tests/component/recording_upstream.h"

namespace limpet::testing {
namespace {

std::string mirror_to(const std::string& service, const std::string& share = "") {
  return str_cat("filters { type: 'RequestMirror' request_mirror { backend_ref { name: '", service,
                 "' port: 80 } ", share, " } } ");
}

class MirrorTest : public PolicyTest {
 protected:
  using Services = std::map<std::string, uint16_t>;

  // shop/web by this rule, beside further Services with an endpoint each.
  SnapshotBuilder world(const Services& services, const std::string& rule,
                        const std::string& of_backend = "") {
    SnapshotBuilder builder = with_endpoints({web_port_});
    add_rule(builder, rule, of_backend);
    for (const auto& [name, port] : services) {
      builder.add<v1::Service>(str_cat("metadata { name: '", name,
                                       "' namespace: 'shop' } spec { ports { port: 80 } }"));
      builder.add<v1::EndpointSlice>(str_cat(
          "metadata { name: '", name, "-1' namespace: 'shop' ",
          "labels { key: 'kubernetes.io/service-name' value: '", name, "' } } ",
          "address_type: 'IPv4' endpoints { addresses: '127.0.0.1' } ports { port: ", port, " }"));
    }
    return builder;
  }
  void expect_well(const std::string& request) {
    const std::string answer = ask(request);
    EXPECT_TRUE(answer.ends_with("\r\n\r\nwell!")) << answer;
  }

  FakeUpstream web_{[](const std::string&) { return Answer{ok_response("well!")}; }};
  uint16_t web_port_ = web_.port();
};

TEST_F(MirrorTest, TheCopyIsWhatTheBackendGets) {
  FakeUpstream copy([](const std::string&) { return Answer{ok_response("seen by nobody")}; });
  serve(world({{"copy", copy.port()}},
              mirror_to("copy") + "filters { type: 'RequestHeaderModifier' "
                                  "request_header_modifier { set { name: 'x-a' value: '1' } } }")
            .build());
  expect_well("GET /a?b HTTP/1.1\r\nHost: h\r\nx-b: 2\r\n\r\n");
  copy.wait_for_requests(1);
  EXPECT_EQ(copy.requests(), web_.requests());
  EXPECT_TRUE(contains(copy.requests()[0], "\r\nx-a: 1\r\n")) << copy.requests()[0];
}

TEST_F(MirrorTest, SeveralOfTheRuleAndOfTheBackend) {
  const auto script = [](const std::string&) { return Answer{ok_response("x")}; };
  FakeUpstream one(script), two(script), three(script);
  serve(world({{"one", one.port()}, {"two", two.port()}, {"three", three.port()}},
              mirror_to("one") + mirror_to("two"), mirror_to("three"))
            .build());
  expect_well(kGet);
  for (FakeUpstream* copy : {&one, &two, &three}) copy->wait_for_requests(1);
}

TEST_F(MirrorTest, AShareOfTheRequests) {
  const auto script = [](const std::string&) { return Answer{ok_response("x")}; };
  FakeUpstream all(script), half(script), none(script);
  serve(world({{"all", all.port()}, {"half", half.port()}, {"none", none.port()}},
              mirror_to("all", "percent: 100") +
                  mirror_to("half", "fraction { numerator: 5 denominator: 10 }") +
                  mirror_to("none", "percent: 0"))
            .build());
  constexpr size_t kRequests = 400;
  RawConnection client = this->client();
  for (size_t i = 0; i < kRequests; ++i) {
    client.send(kGet);
    client.read_until("well!");
  }
  all.wait_for_requests(kRequests);
  // The middle plus and minus eight standard deviations.
  half.wait_for_requests(kRequests / 2 - 80);
  EXPECT_LT(half.requests().size(), kRequests / 2 + 80);
  EXPECT_TRUE(none.requests().empty());
}

TEST_F(MirrorTest, ABodyGoesThereWhole) {
  constexpr size_t kSize = 500'000;
  std::promise<std::string> got;
  RecordingUpstream copy([&](const std::string& request, size_t) {
    got.set_value(request);
    return RecordingUpstream::Answer{ok_response("x")};
  });
  std::promise<std::string> expected;
  RecordingUpstream web([&](const std::string& request, size_t) {
    expected.set_value(request);
    return RecordingUpstream::Answer{ok_response("well!")};
  });
  web_port_ = web.port();
  serve(world({{"copy", copy.port()}}, mirror_to("copy")).build());
  RawConnection client = this->client();
  client.send(str_cat("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: ", kSize, "\r\n\r\n"));
  for (size_t sent = 0; sent < kSize; sent += 1000) client.send(std::string(1000, 'b'));
  client.read_until("well!");
  EXPECT_EQ(got.get_future().get(), expected.get_future().get());
}

TEST_F(MirrorTest, NobodyWaitsForACopy) {
  Latch latch;
  FakeUpstream copy([&](const std::string&) {
    latch.wait();
    return Answer{ok_response("late")};
  });
  serve(world({{"copy", copy.port()}}, mirror_to("copy")).build());
  for (size_t i = 1; i <= 3; ++i) {
    expect_well(kGet);
    copy.wait_for_requests(i);
  }
  latch.open();
}

TEST_F(MirrorTest, WhoeverCannotBeReachedOrSpeaksNonsenseHurtsNobody) {
  FakeUpstream nonsense([](const std::string&) { return Answer{"what?\r\n\r\n"}; });
  FakeUpstream resets([](const std::string&) { return Answer{.bytes = "", .reset = true}; });
  FakeUpstream switches([](const std::string&) {
    return Answer{"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"};
  });
  serve(world({{"nonsense", nonsense.port()}, {"resets", resets.port()},
               {"switches", switches.port()}, {"away", unused_port()}},
              mirror_to("nonsense") + mirror_to("resets") + mirror_to("switches") +
                  mirror_to("away") + mirror_to("missing"))
            .build());
  for (size_t i = 1; i <= 5; ++i) {
    expect_well(kGet);
    for (FakeUpstream* copy : {&nonsense, &resets, &switches}) copy->wait_for_closed(i);
  }
}

TEST_F(MirrorTest, ConnectionsAreUsedAgain) {
  int number = 0;
  FakeUpstream copy([&](const std::string&) {
    switch (number++ % 4) {
      case 0: return Answer{"HTTP/1.1 100 Continue\r\n\r\n" + ok_response("x")};
      case 1: return Answer{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"};
      case 2: return Answer{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"};  // to HEAD
      default:
        return Answer{str_cat("HTTP/1.1 200 OK\r\nX-Large: ", std::string(20'000, 'x'),
                              "\r\nContent-Length: 10000\r\n\r\n", std::string(10'000, 'x'))};
    }
  });
  serve(world({{"copy", copy.port()}}, mirror_to("copy")).build());
  for (size_t i = 0; i < 12; ++i) {
    const bool to_head = i % 4 == 2;
    const std::string answer = ask(to_head ? "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" : kGet);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
    copy.wait_for_answers(i + 1);
    await_worker();
  }
  // The worker has an answer a moment after it was given.
  EXPECT_LE(copy.connections(), 3) << "each of them is after every kind of answer";
}

TEST_F(MirrorTest, AClientThatLeavesEndsItsCopy) {
  FakeUpstream copy([](const std::string&) { return Answer{""}; });
  serve(world({{"copy", copy.port()}}, mirror_to("copy")).build());
  {
    RawConnection client = this->client();
    client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf");
    await_worker();
  }
  copy.wait_for_closed(1);
}

TEST_F(MirrorTest, ACopyThatIsTakenTooSlowlyIsGivenUp) {
  // Nobody reads there: the kernel takes connections, and what it can hold.
  auto sockets = open_listeners(*SocketAddress::parse("127.0.0.1", 0), 1);
  ASSERT_TRUE(sockets.ok());
  sockaddr_storage bound;
  socklen_t size = sizeof(bound);
  ::getsockname((*sockets)[0].get(), reinterpret_cast<sockaddr*>(&bound), &size);
  RecordingUpstream web([](const std::string&, size_t) {
    return RecordingUpstream::Answer{ok_response("well!")};
  });
  web_port_ = web.port();
  serve(world({{"copy", SocketAddress::from(bound).port()}}, mirror_to("copy")).build());
  // More than the kernel and the gateway hold for an endpoint together.
  constexpr size_t kPiece = 1 << 20;
  constexpr size_t kPieces = 40;
  RawConnection client = this->client();
  client.send(
      str_cat("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: ", kPiece * kPieces, "\r\n\r\n"));
  for (size_t i = 0; i < kPieces; ++i) client.send(std::string(kPiece, 'b'));
  client.read_until("well!");
  pollfd waiting{.fd = (*sockets)[0].get(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&waiting, 1, 20'000), 1);
  RawConnection copy(Fd(::accept4(waiting.fd, nullptr, nullptr, SOCK_CLOEXEC)));
  const std::string got = copy.read_all();
  EXPECT_TRUE(got.starts_with("POST /a HTTP/1.1\r\n"));
  EXPECT_LT(got.size(), kPiece * kPieces / 2) << "what the kernel holds";
  ASSERT_EQ(web.finish().size(), 1U);
}

TEST_F(MirrorTest, LimitsOfTheOtherServiceHold) {
  Latch latch;
  FakeUpstream copy([&](const std::string&) {
    latch.wait();
    return Answer{ok_response("late")};
  });
  SnapshotBuilder builder = world({{"copy", copy.port()}}, mirror_to("copy"));
  builder.add<v1::CircuitBreakingPolicy>(
      "metadata { name: 'policy' namespace: 'shop' } spec { target_ref { kind: 'Service' "
      "name: 'copy' } ports { port: 80 config { limits { requests: 2 } } } }");
  serve(builder.build());
  for (size_t i = 0; i < 5; ++i) expect_well(kGet);
  copy.wait_for_requests(2);
  latch.open();
  copy.wait_for_answers(2);
  await_worker();
  expect_well(kGet);
  copy.wait_for_requests(3);
  EXPECT_EQ(copy.requests().size(), 3U);
}

// Nobody has been found to serve it yet, and it may be refused.
TEST_F(MirrorTest, ARequestThatStandsInAQueueIsCopiedWhenItsTurnComes) {
  Latch latch;
  FakeUpstream slow([&](const std::string&) {
    latch.wait();
    return Answer{ok_response("well!")};
  });
  web_port_ = slow.port();
  FakeUpstream copy([](const std::string&) { return Answer{ok_response("x")}; });
  SnapshotBuilder builder = world({{"copy", copy.port()}}, mirror_to("copy"));
  add_policy<v1::CircuitBreakingPolicy>(builder, "limits { connections: 1 pending: 1 }");
  serve(builder.build());
  RawConnection first = client(), second = client(), third = client();
  first.send(kGet);
  copy.wait_for_requests(1);
  second.send(kGet);
  await_worker();
  third.send(kGet);
  EXPECT_TRUE(third.read_until("\r\n").starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(copy.requests().size(), 1U);
  latch.open();
  first.read_until("well!");
  second.read_until("well!");
  copy.wait_for_requests(2);
}

TEST_F(MirrorTest, AChunkedBodyAndAnAnswerUntilTheConnectionsEnd) {
  FakeUpstream copy([](const std::string&) { return Answer{"HTTP/1.1 200 OK\r\n\r\nx", true}; });
  serve(world({{"copy", copy.port()}}, mirror_to("copy")).build());
  for (size_t i = 1; i <= 3; ++i) {
    expect_well("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3\r\nabc\r\n0\r\n\r\n");
    copy.wait_for_closed(i);
    EXPECT_TRUE(copy.requests().back().ends_with("\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
  }
}

TEST_F(MirrorTest, WhatLeavesHttpIsNotCopied) {
  FakeUpstream copy([](const std::string&) { return Answer{ok_response("x")}; });
  serve(world({{"copy", copy.port()}}, mirror_to("copy")).build());
  expect_well("GET /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  expect_well(kGet);
  copy.wait_for_requests(1);
  EXPECT_FALSE(contains(copy.requests()[0], "websocket")) << copy.requests()[0];
}

}  // namespace
}  // namespace limpet::testing
