// A worker between a raw client and a fake endpoint: what is passed on, and what is not.
#include "tests/component/worker_fixture.h"

namespace limpet::testing {
namespace {

using Answer = FakeUpstream::Answer;

const Answer kReset{"", false, true};

TEST_F(WorkerTest, PassesRequestsAndResponsesOverOneConnectionEach) {
  FakeUpstream upstream([](const std::string&) { return Answer{ok_response("hello")}; });
  serve(upstream.port());
  RawConnection one = client();
  for (int i = 0; i < 5; ++i) {
    one.send(kGet);
    EXPECT_EQ(one.read_until("hello"), ok_response("hello"));
  }
  EXPECT_EQ(upstream.connections(), 1);
  EXPECT_EQ(upstream.requests()[0],
            "GET /a HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 127.0.0.1\r\n"
            "X-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\nX-Forwarded-Port: 8000\r\n\r\n");
}

TEST_F(WorkerTest, AnswersPipelinedRequestsInOrder) {
  FakeUpstream upstream([](const std::string& request) {
    return Answer{ok_response(request.substr(4, 2))};
  });
  serve(upstream.port());
  RawConnection one = client();
  one.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n"
           "GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const std::string all = one.read_all();
  EXPECT_LT(all.find("/1"), all.find("/2"));
  EXPECT_LT(all.find("/2"), all.find("/3"));
  EXPECT_NE(all.find("connection: close"), std::string::npos);
}

TEST_F(WorkerTest, TakesRequestsInAnyPieces) {
  FakeUpstream upstream([](const std::string& request) {
    return Answer{ok_response(request.substr(request.size() - 3))};
  });
  serve(upstream.port());
  const std::string text = "\r\nPOST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz";
  RawConnection one = client();
  for (const char c : text) one.send(std::string(1, c));
  EXPECT_EQ(one.read_until("xyz"), ok_response("xyz"));
}

TEST_F(WorkerTest, StreamsLargeBodiesBothWays) {
  const std::string body(3'000'000, 'b');
  FakeUpstream upstream([&](const std::string& request) {
    EXPECT_GT(request.size(), body.size());
    return Answer{ok_response(body)};
  });
  serve(upstream.port());
  RawConnection one = client();
  one.send("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body);
  one.finish_sending();
  EXPECT_EQ(one.read_all().size(), ok_response(body).size());
}

TEST_F(WorkerTest, PassesChunksOnAsTheyAre) {
  const std::string chunks = "5;x=y\r\nhello\r\n0\r\nTrailer: t\r\n\r\n";
  FakeUpstream upstream([&](const std::string& request) {
    EXPECT_TRUE(request.ends_with("2\r\nab\r\n0\r\n\r\n"));
    return Answer{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks};
  });
  serve(upstream.port());
  RawConnection one = client();
  one.send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n");
  EXPECT_TRUE(one.read_until("Trailer: t\r\n\r\n").ends_with(chunks));
}

TEST_F(WorkerTest, AResponseWithoutLengthEndsWithTheConnection) {
  FakeUpstream upstream([](const std::string&) {
    return Answer{"HTTP/1.1 200 OK\r\n\r\nuntil the end", true};
  });
  serve(upstream.port());
  RawConnection one = client();
  one.send(kGet);
  const std::string all = one.read_all();
  EXPECT_TRUE(all.ends_with("connection: close\r\n\r\nuntil the end")) << all;
  EXPECT_FALSE(one.was_reset());
}

TEST_F(WorkerTest, InterimResponsesArePassedOn) {
  FakeUpstream upstream([](const std::string&) {
    return Answer{"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok_response("then")};
  });
  serve(upstream.port());
  RawConnection one = client();
  one.send(kGet);
  EXPECT_EQ(one.read_until("then"),
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok_response("then"));
}

TEST_F(WorkerTest, AnOldClientGetsAnOldAnswer) {
  FakeUpstream upstream([](const std::string& request) {
    EXPECT_NE(request.find("GET /a HTTP/1.0\r\n"), std::string::npos);
    return Answer{ok_response("old"), true};
  });
  serve(upstream.port());
  EXPECT_NE(ask("GET /a HTTP/1.0\r\n\r\n").find("connection: close"), std::string::npos);
  RawConnection one = client();
  one.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_NE(one.read_until("old").find("connection: keep-alive"), std::string::npos);
}

TEST_F(WorkerTest, WhatIsNotHttpIsRefusedAndTheConnectionClosed) {
  FakeUpstream upstream([](const std::string&) { return Answer{ok_response("")}; });
  serve(upstream.port());
  for (const char* bad : {"nonsense\r\n\r\n", "GET / HTTP/1.1\n\n", "GET / HTTP/1.1\r\n\r\n",
                          "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n",
                          "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "zz\r\n"}) {
    RawConnection one = client();
    one.send(bad);
    const std::string answer = one.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << bad << answer;
    EXPECT_NE(answer.find("connection: close"), std::string::npos);
  }
  EXPECT_TRUE(upstream.requests().empty());
}

TEST_F(WorkerTest, LimitsHaveTheirStatus) {
  serve(1);
  EXPECT_TRUE(ask("GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n")
                  .starts_with("HTTP/1.1 414 "));
  EXPECT_TRUE(ask("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(70'000, 'a') + "\r\n\r\n")
                  .starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(ask("GET / HTTP/2.0\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 505 "));
  EXPECT_TRUE(ask("GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n")
                  .starts_with("HTTP/1.1 501 "));
}

TEST_F(WorkerTest, ALargeHeadIsPassedOn) {
  const std::string large(50'000, 'a');
  FakeUpstream upstream([&](const std::string& request) {
    return Answer{ok_response(request.find(large) != std::string::npos ? "all" : "cut")};
  });
  serve(upstream.port());
  RawConnection one = client();
  one.send("GET / HTTP/1.1\r\nHost: h\r\nX: " + large + "\r\n\r\n");
  EXPECT_EQ(one.read_until("all"), ok_response("all"));
}

TEST_F(WorkerTest, TheEndpointsNonsenseIsABadGateway) {
  FakeUpstream upstream([](const std::string& request) {
    if (request.find("/early") != std::string::npos) return Answer{"HTTP/1.1 200 O", true};
    return Answer{"SMTP ready\r\n\r\n"};
  });
  serve(upstream.port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 502 "));
  EXPECT_TRUE(ask("GET /early HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 502 "));
}

// RFC 9112 §2.2: old clients send an empty line behind a body. Not to read it must not cost the
// answer.
TEST_F(WorkerTest, BytesBehindTheLastRequestDoNotMakeItsAnswerAReset) {
  RawUpstream upstream;
  serve(upstream.port());
  RawConnection one = client();
  one.send("POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 1\r\n\r\na");
  RawConnection endpoint = upstream.accept();
  endpoint.read_until("\r\n\r\na");
  one.send("\r\n");
  endpoint.send(ok_response("whole"));
  EXPECT_TRUE(one.read_all().ends_with("whole"));
  EXPECT_FALSE(one.was_reset());
}

TEST_F(WorkerTest, ABodyCutShortReachesTheClientAsAnError) {
  FakeUpstream upstream([](const std::string&) {
    return Answer{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", true};
  });
  serve(upstream.port());
  RawConnection one = client();
  one.send(kGet);
  one.read_all();
  EXPECT_TRUE(one.was_reset());
}

TEST_F(WorkerTest, WithoutRouteOrEndpointsTheAnswerSaysSo) {
  SnapshotBuilder builder = web_snapshot(kPort, {}, 1);
  serve(builder.build());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 503 "));
  builder.remove({"Service", "shop", "web"});
  serve(builder.build());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 500 "));
  builder.remove({"HTTPRoute", "shop", "web"});
  serve(builder.build());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 404 "));
}

TEST_F(WorkerTest, AnUnreachableEndpointIsUnavailable) {
  uint16_t port = 0;
  {
    const FakeUpstream gone([](const std::string&) { return Answer{}; });
    port = gone.port();
  }
  serve(port);
  RawConnection one = client();
  one.send(kGet);
  EXPECT_TRUE(one.read_until("could be reached\n").starts_with("HTTP/1.1 503 "));
  one.send(kGet);
  EXPECT_TRUE(one.read_until("could be reached\n").starts_with("HTTP/1.1 503 "))
      << "the client's connection goes on";
}

TEST_F(WorkerTest, APooledConnectionThatWasClosedIsReplacedUnnoticed) {
  FakeUpstream upstream([](const std::string&) { return Answer{ok_response("x"), true}; });
  serve(upstream.port());
  RawConnection one = client();
  for (int i = 0; i < 50; ++i) {
    one.send(kGet);
    EXPECT_EQ(one.read_until("\r\n\r\nx"), ok_response("x"));
  }
}

TEST_F(WorkerTest, AResetBeforeTheAnswerIsTriedOnceMoreForIdempotentMethodsOnly) {
  std::atomic<int> gets{0};
  FakeUpstream upstream([&](const std::string& request) {
    if (request.starts_with("POST")) return kReset;
    if (request.starts_with("GET /first")) return Answer{ok_response("warm")};
    return ++gets == 1 ? kReset : Answer{ok_response("second")};
  });
  serve(upstream.port());
  RawConnection one = client();
  one.send("GET /first HTTP/1.1\r\nHost: h\r\n\r\n");
  one.read_until("warm");
  one.send(kGet);
  EXPECT_EQ(one.read_until("second"), ok_response("second"));
  EXPECT_EQ(gets.load(), 2);
  const size_t before = upstream.requests().size();
  one.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab");
  EXPECT_TRUE(one.read_until("answered\n").starts_with("HTTP/1.1 502 "));
  EXPECT_EQ(upstream.requests().size(), before + 1) << "a POST is never sent twice";
}

TEST_F(WorkerTest, TheNextCandidateServesWhenOneCannotBeReached) {
  FakeUpstream upstream([](const std::string&) { return Answer{ok_response("up")}; });
  // Nobody listens on 127.0.0.2 at that port.
  serve(web_snapshot(kPort, {"127.0.0.1", "127.0.0.2"}, upstream.port()).build());
  RawConnection one = client();
  for (int i = 0; i < 6; ++i) {
    one.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab");
    EXPECT_EQ(one.read_until("up"), ok_response("up"));
  }
}

TEST_F(WorkerTest, AnEarlyAnswerEndsTheUpload) {
  FakeUpstream upstream([](const std::string&) {
    return Answer{"HTTP/1.1 413 Too Much\r\nContent-Length: 0\r\n\r\n", true};
  });
  serve(upstream.port());
  RawConnection one = client();
  // The fake takes a head that announces nothing as whole, so the answer comes at once.
  one.send("POST /a HTTP/1.1\r\nHost: h\r\ncontent-length: 1000000\r\n\r\n" +
           std::string(1'000, 'x'));
  const std::string answer = one.read_until("\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
  EXPECT_NE(answer.find("connection: close"), std::string::npos);
}

TEST_F(WorkerTest, TheTableIsSwappedUnderOpenConnections) {
  FakeUpstream first([](const std::string&) { return Answer{ok_response("first")}; });
  FakeUpstream second([](const std::string&) { return Answer{ok_response("second")}; });
  serve(first.port());
  RawConnection one = client();
  one.send(kGet);
  one.read_until("first");
  serve(web_snapshot(kPort, {"127.0.0.1"}, second.port()).build());
  one.send(kGet);
  EXPECT_EQ(one.read_until("second"), ok_response("second"));
}

TEST_F(WorkerTest, DrainingEndsIdleConnectionsAndFinishesRunningRequests) {
  std::promise<void> go_on;
  std::shared_future<void> gate = go_on.get_future().share();
  FakeUpstream upstream([gate](const std::string&) {
    gate.wait();
    return Answer{ok_response("late")};
  });
  serve(upstream.port());
  RawConnection idle = client();
  RawConnection busy = client();
  busy.send(kGet);
  upstream.wait_for_requests(1);
  std::promise<void> drained;
  worker_.drain([&] { drained.set_value(); });
  EXPECT_EQ(idle.read_all(), "");
  go_on.set_value();
  const std::string answer = busy.read_all();
  EXPECT_TRUE(answer.ends_with("late")) << answer;
  EXPECT_NE(answer.find("connection: close"), std::string::npos);
  drained.get_future().wait();
}

TEST_F(WorkerTest, DrainingAnswersWhatHasArrived) {
  FakeUpstream upstream([](const std::string&) { return Answer{ok_response("served")}; });
  serve(upstream.port());
  for (int i = 0; i < 20; ++i) {
    RawConnection early = client();
    early.send(kGet);
    if (i < 19) {
      EXPECT_EQ(early.read_until("served"), ok_response("served"));
      continue;
    }
    worker_.drain([] {});
    const std::string answer = early.read_all();
    EXPECT_TRUE(answer.ends_with("served")) << answer;
  }
}

TEST_F(WorkerTest, APostIsNotSentToAnEndpointThatHasHungUp) {
  FakeUpstream upstream([](const std::string&) { return Answer{ok_response("ok"), true}; });
  serve(upstream.port());
  RawConnection one = client();
  for (size_t i = 1; i <= 50; ++i) {
    one.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab");
    EXPECT_EQ(one.read_until("\r\n\r\nok"), ok_response("ok"));
    // While it is about to hang up, nobody can know.
    upstream.wait_for_closed(i);
  }
}

TEST_F(WorkerTest, ALoneEndpointIsAskedOnceMore) {
  std::atomic<int> asked{0};
  FakeUpstream upstream(
      [&](const std::string&) { return ++asked == 1 ? kReset : Answer{ok_response("again")}; });
  serve(upstream.port());
  RawConnection one = client();
  one.send(kGet);
  EXPECT_EQ(one.read_until("again"), ok_response("again"));
}

TEST_F(WorkerTest, AFloodOfEmptyLinesIsNoRequest) {
  serve(1);
  RawConnection one = client();
  one.send("\r\n\r\n\r\n\r\n");
  EXPECT_TRUE(one.read_all().starts_with("HTTP/1.1 400 "));
}

TEST_F(WorkerTest, AnOldClientMayNameTheHostInItsTarget) {
  FakeUpstream upstream([](const std::string&) { return Answer{ok_response("x"), true}; });
  serve(upstream.port());
  ask("GET http://a.b:1/c HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(upstream.requests().at(0).starts_with("GET /c HTTP/1.0\r\nHost: a.b:1\r\n"))
      << upstream.requests()[0];
}

}  // namespace
}  // namespace limpet::testing
