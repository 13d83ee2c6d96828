// TLS at a port: which certificate is shown, what is spoken, resumption, and how connections begin
// and end.
#include <thread>

#include "runtime/authority.h"
#include "tests/component/tls_connection.h"
#include "tests/component/worker_fixture.h"

namespace limpet::testing {
namespace {

constexpr Validity kForLong{1'000'000'000, 4'000'000'000};

class TlsTest : public WorkerTest {
 protected:
  explicit TlsTest(ListenerSettings settings = {})
      : WorkerTest(std::move(settings)), authority_(*Authority::create("tests", kForLong)) {}

  TlsCertificate certificate(const std::string& name, std::vector<std::string> hosts) const {
    const std::string pem = *authority_.issue({name, {}, std::move(hosts)}, kForLong);
    return {"shop/" + name, pem.substr(0, pem.find("-----BEGIN PRIVATE")), pem};
  }
  // For shop.example, of the listener for all hosts.
  void serve_tls(uint16_t endpoint_port) {
    serve_tls(endpoint_port, {{"", {{certificate("shop", {"shop.example"})}}}});
  }
  // `tls` by the listener's hostname. All of them have the route of web_snapshot().
  void serve_tls(uint16_t endpoint_port, const std::map<std::string, ListenerTls>& tls) {
    const Snapshot snapshot = web_snapshot(kPort, {"127.0.0.1"}, endpoint_port).build();
    tls_ = tls;
    serve(snapshot);
  }
  TlsConnection::Options options(const std::string& name = "shop.example") const {
    TlsConnection::Options options;
    options.name = name;
    options.authorities = authority_.certificate_pem();
    return options;
  }
  TlsConnection tls_client(const TlsConnection::Options& options) const {
    return TlsConnection(client(), options);
  }
  static std::string get(const std::string& host) {
    return "GET /a HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
  }

  const Authority authority_;
  FakeUpstream upstream_{[](const std::string&) {
    return FakeUpstream::Answer{ok_response("hello")};
  }};
};

TEST_F(TlsTest, RequestsOfAConnectionAreServedAndToldToBeOfHttps) {
  serve_tls(upstream_.port());
  TlsConnection one = tls_client(options());
  ASSERT_TRUE(one.is_open()) << one.error();
  EXPECT_EQ(one.version(), "TLSv1.3");
  for (int i = 0; i < 3; ++i) {
    one.send(get("shop.example"));
    EXPECT_TRUE(one.read_until("hello").starts_with("HTTP/1.1 200 "));
  }
  for (const std::string& request : upstream_.requests()) {
    EXPECT_NE(request.find("X-Forwarded-Proto: https\r\n"), std::string::npos) << request;
  }
}

TEST_F(TlsTest, AllOfALargeBodyPassesBothWays) {
  const std::string large(3'000'000, 'x');
  FakeUpstream upstream([&](const std::string&) {
    return FakeUpstream::Answer{ok_response(large)};
  });
  serve_tls(upstream.port());
  TlsConnection one = tls_client(options());
  one.send("POST /a HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 40000\r\n\r\n" +
           std::string(40'000, 'y'));
  const std::string answer = one.read_until(large);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer.substr(0, 200);
}

TEST_F(TlsTest, OldVersionsAreRefusedAndTls12IsServed) {
  serve_tls(upstream_.port());
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    TlsConnection::Options old = options();
    old.max_version = version;
    EXPECT_FALSE(tls_client(old).is_open());
  }
  TlsConnection::Options tls12 = options();
  tls12.max_version = TLS1_2_VERSION;
  TlsConnection one = tls_client(tls12);
  ASSERT_TRUE(one.is_open()) << one.error();
  EXPECT_EQ(one.version(), "TLSv1.2");
  one.send(get("shop.example"));
  EXPECT_TRUE(one.read_until("hello").starts_with("HTTP/1.1 200 "));
}

TEST_F(TlsTest, TheProtocolIsHttp11) {
  serve_tls(upstream_.port());
  TlsConnection::Options both = options();
  both.protocols = "\x02h2\x08http/1.1";
  EXPECT_EQ(tls_client(both).protocol(), "http/1.1");
  TlsConnection::Options other = options();
  other.protocols = "\x02h2";
  TlsConnection refused = tls_client(other);
  EXPECT_FALSE(refused.is_open());
  EXPECT_NE(refused.error().find("no application protocol"), std::string::npos)
      << refused.error();
}

TEST_F(TlsTest, TheNameChoosesListenerAndCertificate) {
  const ListenerTls shop{{certificate("shop", {"shop.example"})}};
  const ListenerTls wild{{certificate("first", {"first.example"}),
                          certificate("wild", {"*.wild.example"}),
                          certificate("exact", {"exact.wild.example"})}};
  serve_tls(upstream_.port(), {{"shop.example", shop}, {"*.wild.example", wild}});
  EXPECT_NE(tls_client(options("shop.example")).subject().find("CN=shop"), std::string::npos);
  EXPECT_NE(tls_client(options("SHOP.example")).subject().find("CN=shop"), std::string::npos);
  EXPECT_NE(tls_client(options("a.wild.example")).subject().find("CN=wild"), std::string::npos);
  EXPECT_NE(tls_client(options("exact.wild.example")).subject().find("CN=exact"),
            std::string::npos);
  // No certificate is for a name two labels deep: the listener's first is shown.
  TlsConnection::Options deep = options("a.b.wild.example");
  deep.authorities.clear();
  EXPECT_NE(tls_client(deep).subject().find("CN=first"), std::string::npos);
  // No listener takes these.
  for (const std::string name : {"other.example", ""}) {
    TlsConnection refused = tls_client(options(name));
    EXPECT_FALSE(refused.is_open());
    EXPECT_NE(refused.error().find("unrecognized name"), std::string::npos) << refused.error();
  }
}

TEST_F(TlsTest, AHostOfAnotherListenerIsMisdirected) {
  serve_tls(upstream_.port(), {{"shop.example", {{certificate("shop", {"shop.example"})}}},
                               {"pay.example", {{certificate("pay", {"pay.example"})}}}});
  TlsConnection one = tls_client(options("shop.example"));
  one.send(get("pay.example"));
  EXPECT_TRUE(one.read_until("this host\n").starts_with("HTTP/1.1 421 "));
}

TEST_F(TlsTest, SessionsAreResumedAlsoAfterTheTableWasSwapped) {
  serve_tls(upstream_.port());
  std::shared_ptr<SSL_SESSION> session;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsConnection::Options first = options();
    first.max_version = version;
    {
      TlsConnection one = tls_client(first);
      one.send(get("shop.example"));
      one.read_until("hello");
      EXPECT_FALSE(one.resumed());
      session = one.session();
      one.finish_sending();  // without an end OpenSSL takes the session for broken
    }
    serve_tls(upstream_.port());
    TlsConnection::Options again = first;
    again.resume = session.get();
    TlsConnection two = tls_client(again);
    EXPECT_TRUE(two.resumed()) << two.version();
    two.send(get("shop.example"));
    EXPECT_TRUE(two.read_until("hello").starts_with("HTTP/1.1 200 "));
    // And once more, by a ticket that came with that.
    const std::shared_ptr<SSL_SESSION> next = two.session();
    two.finish_sending();
    again.resume = next.get();
    EXPECT_TRUE(tls_client(again).resumed()) << version;
  }
}

TEST_F(TlsTest, ANewCertificateIsForNewConnectionsAndOldOnesGoOn) {
  serve_tls(upstream_.port());
  TlsConnection old = tls_client(options());
  old.send(get("shop.example"));
  old.read_until("hello");
  serve_tls(upstream_.port(), {{"", {{certificate("renewed", {"shop.example"})}}}});
  EXPECT_NE(tls_client(options()).subject().find("CN=renewed"), std::string::npos);
  old.send(get("shop.example"));
  EXPECT_TRUE(old.read_until("hello").starts_with("HTTP/1.1 200 "));
}

class TlsPortTest : public TlsTest {
 protected:
  std::shared_ptr<const RoutingTable> changed(const RoutingTable& table) const override {
    auto made = TlsTest::changed(table);
    ports_.push_back(made->ports.at(kPort));
    return made;
  }

  mutable std::vector<std::weak_ptr<const RoutingPort>> ports_;  // of each table
};

TEST_F(TlsPortTest, AConnectionKeepsNoOldTableAlive) {
  serve_tls(upstream_.port());
  TlsConnection old = tls_client(options());
  old.send(get("shop.example"));
  old.read_until("hello");
  serve_tls(upstream_.port());
  await_worker();
  EXPECT_TRUE(ports_.front().expired());
  old.send(get("shop.example"));
  EXPECT_TRUE(old.read_until("hello").starts_with("HTTP/1.1 200 "));
}

TEST_F(TlsPortTest, WhatHasNotChangedIsNotMadeAnew) {
  serve_tls(upstream_.port());
  const auto port = ports_.front().lock();
  ASSERT_NE(port, nullptr);
  const KeyRing ring{{{1, {}}}, 1};
  const auto made = *tls::Server::make(port, ring, nullptr);
  EXPECT_EQ(*tls::Server::make(port, ring, made.get()), made);
  EXPECT_NE(*tls::Server::make(port, KeyRing{{{2, {1}}}, 2}, made.get()), made);
  EXPECT_NE(*tls::Server::make(std::make_shared<RoutingPort>(*port), ring, made.get()), made);
}

TEST_F(TlsTest, PlainHttpIsToldToSpeakHttps) {
  serve_tls(upstream_.port());
  const std::string answer = ask("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
  EXPECT_NE(answer.find("https://"), std::string::npos) << answer;
}

// Never in plain text: neither a connection from before, nor a port that could not be opened with
// its table.
TEST_F(TlsTest, APortThatBecomesOneForHttpsServesNoPlainConnectionOn) {
  serve(web_snapshot(kPort, {"127.0.0.1"}, upstream_.port()).build());
  RawConnection plain = client();
  plain.send(get("shop.example"));
  plain.read_until("hello");
  serve_tls(upstream_.port());
  plain.send(get("shop.example"));
  EXPECT_TRUE(plain.read_all().starts_with("HTTP/1.1 400 "));
}

TEST_F(TlsTest, APortThatOpensLaterThanItsTableEndsTls) {
  open_later_ = true;
  serve_tls(upstream_.port());
  open_port();
  EXPECT_TRUE(ask(get("shop.example")).starts_with("HTTP/1.1 400 "));
  TlsConnection one = tls_client(options());
  ASSERT_TRUE(one.is_open()) << one.error();
  one.send(get("shop.example"));
  EXPECT_TRUE(one.read_until("hello").starts_with("HTTP/1.1 200 "));
}

TEST_F(TlsTest, GarbageEndsTheConnectionAndNoOther) {
  serve_tls(upstream_.port());
  TlsConnection good = tls_client(options());
  ask(std::string(1000, '\x16'));
  ask(std::string("\x16\x03\x01\x40\x00", 5) + std::string(1000, 'x'));
  good.send(get("shop.example"));
  EXPECT_TRUE(good.read_until("hello").starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(worker_.failed_handshakes(), 2U);
}

TEST_F(TlsTest, TheEndIsSaidWithinTls) {
  serve_tls(upstream_.port());
  TlsConnection one = tls_client(options());
  one.send("GET /a HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(one.read_all().ends_with("hello"));
  EXPECT_TRUE(one.ended_cleanly());
}

TEST_F(TlsTest, PipelinedRequestsInOneRecordAreAllAnswered) {
  serve_tls(upstream_.port());
  TlsConnection one = tls_client(options());
  one.send(get("shop.example") + get("shop.example") + get("shop.example"));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(one.read_until("hello").starts_with("HTTP/1.1 200 "));
}

class TlsHandshakeTest : public TlsTest {
 protected:
  TlsHandshakeTest() : TlsTest(impatient()) {}
  static ListenerSettings impatient() {
    ListenerSettings settings;
    settings.timeouts.tls_handshake_ms = 10;
    return settings;
  }
};

TEST_F(TlsHandshakeTest, WhoDoesNotFinishItIsClosed) {
  serve_tls(upstream_.port());
  RawConnection slow = client();
  slow.send("\x16\x03\x01");
  EXPECT_EQ(slow.read_all(), "");
}

}  // namespace
}  // namespace limpet::testing
