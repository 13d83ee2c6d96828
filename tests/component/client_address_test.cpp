// Whose a connection is: PROXY protocol headers, and the fields that name the hops before.
#include "tests/component/worker_fixture.h"

namespace limpet::testing {
namespace {

using Answer = FakeUpstream::Answer;

constexpr char kV1[] = "PROXY TCP4 192.0.2.1 198.51.100.2 4711 80\r\n";
const std::string kV2 = std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C", 16) +
                        std::string("\xC0\0\x02\x07\xC6\x33\x64\x02\x12\x67\0\x50", 12);
const std::string kV2Local("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16);

ListenerSettings proxied(const std::string& trusted) {
  ListenerSettings settings;
  settings.forwarding.trusted = CidrSet({*Cidr::parse(trusted)});
  settings.forwarding.proxy_protocol = true;
  return settings;
}

// The value of the field in the request that the upstream got last.
std::string last_field(FakeUpstream& upstream, const std::string& name) {
  const std::string request = upstream.requests().back();
  const size_t at = request.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "none";
  const size_t begin = at + name.size() + 4;
  return request.substr(begin, request.find("\r\n", begin) - begin);
}

class ProxyProtocolTest : public WorkerTest {
 protected:
  explicit ProxyProtocolTest(ListenerSettings settings = proxied("127.0.0.0/8"),
                             const NodeLimits& limits = {})
      : WorkerTest(std::move(settings), limits) {
    serve(upstream_.port());
  }

  // Sends the bytes in pieces of that size, each on its way before the next.
  std::string ask_in_pieces(const std::string& bytes, size_t size) {
    RawConnection connection = client();
    for (size_t at = 0; at < bytes.size(); at += size) connection.send(bytes.substr(at, size));
    return connection.read_until("hello");
  }

  FakeUpstream upstream_{[](const std::string&) { return Answer{ok_response("hello")}; }};
};

TEST_F(ProxyProtocolTest, TheHeaderTellsWhoseTheConnectionIs) {
  for (const size_t size : {1UL, 2UL, 7UL, 1000UL}) {
    EXPECT_EQ(ask_in_pieces(kV1 + std::string(kGet), size), ok_response("hello"));
    EXPECT_EQ(last_field(upstream_, "X-Forwarded-For"), "192.0.2.1");
    EXPECT_EQ(ask_in_pieces(kV2 + kGet, size), ok_response("hello"));
    EXPECT_EQ(last_field(upstream_, "X-Forwarded-For"), "192.0.2.7");
    EXPECT_EQ(ask_in_pieces(kV2Local + kGet, size), ok_response("hello"));
    EXPECT_EQ(last_field(upstream_, "X-Forwarded-For"), "127.0.0.1");
  }
}

TEST_F(ProxyProtocolTest, ItHoldsForEveryRequestOfTheConnection) {
  RawConnection connection = client();
  connection.send(kV1);
  for (int i = 0; i < 3; ++i) {
    connection.send(kGet);
    EXPECT_EQ(connection.read_until("hello"), ok_response("hello"));
    EXPECT_EQ(last_field(upstream_, "X-Forwarded-For"), "192.0.2.1");
  }
  // A second header is no request.
  connection.send(kV1);
  connection.finish_sending();
  EXPECT_TRUE(connection.read_all().starts_with("HTTP/1.1 400 "));
}

// The one that it names is the peer from then on, for trust, too.
TEST_F(ProxyProtocolTest, WhomItNamesIsNotTrustedForThat) {
  const std::string request = "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n";
  ask_in_pieces(kV1 + request, 1000);
  EXPECT_EQ(last_field(upstream_, "X-Forwarded-For"), "192.0.2.1");
  ask_in_pieces("PROXY TCP4 127.9.9.9 127.0.0.1 1 2\r\n" + request, 1000);
  EXPECT_EQ(last_field(upstream_, "X-Forwarded-For"), "6.6.6.6, 127.9.9.9");
  ask_in_pieces(kV2Local + request, 1000);
  EXPECT_EQ(last_field(upstream_, "X-Forwarded-For"), "6.6.6.6, 127.0.0.1");
}

TEST_F(ProxyProtocolTest, WithoutAHeaderItIsClosedWithoutAWord) {
  for (const std::string& bytes :
       {std::string(kGet), std::string("PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n") + kGet,
        kV2.substr(0, 15) + "\xFF" + kV2.substr(16), std::string("PROXY UNKNOWN"), std::string()}) {
    EXPECT_EQ(ask(bytes), "") << bytes;
  }
  EXPECT_TRUE(upstream_.requests().empty());
}

class LateProxyHeaderTest : public ProxyProtocolTest {
 protected:
  static ListenerSettings settings() {
    ListenerSettings settings = proxied("127.0.0.0/8");
    settings.timeouts.proxy_header_ms = 50;
    return settings;
  }
  LateProxyHeaderTest() : ProxyProtocolTest(settings()) {}
};

TEST_F(LateProxyHeaderTest, ItMustComeInTime) {
  RawConnection silent = client();
  EXPECT_EQ(silent.read_all(), "");
  RawConnection slow = client();
  slow.send("PROXY TCP4 ");
  EXPECT_EQ(slow.read_all(), "");
}

class OneEachTest : public ProxyProtocolTest {
 protected:
  OneEachTest() : ProxyProtocolTest(proxied("127.0.0.0/8"), {.max_connections_per_address = 1}) {}
};

TEST_F(OneEachTest, ConnectionsCountForWhomTheHeaderNames) {
  RawConnection waiting = client();  // nobody's yet
  RawConnection first = client();
  first.send(kV1 + std::string(kGet));
  EXPECT_EQ(first.read_until("hello"), ok_response("hello"));
  RawConnection other = client();
  other.send(kV2 + kGet);
  EXPECT_EQ(other.read_until("hello"), ok_response("hello"));
  RawConnection again = client();
  again.send(kV1);
  EXPECT_EQ(again.read_all(), "");
  EXPECT_EQ(worker_.refused_sessions(), 1U);
  waiting.send(kV2Local + kGet);
  EXPECT_EQ(waiting.read_until("hello"), ok_response("hello"));
}

class UntrustedPeerTest : public ProxyProtocolTest {
 protected:
  UntrustedPeerTest() : ProxyProtocolTest(proxied("10.0.0.0/8")) {}
};

TEST_F(UntrustedPeerTest, SpeaksHttpAtOnce) {
  RawConnection connection = client();
  connection.send(
      "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6\r\n"
      "Forwarded: for=6.6.6.6\r\n\r\n");
  EXPECT_EQ(connection.read_until("hello"), ok_response("hello"));
  EXPECT_EQ(last_field(upstream_, "X-Forwarded-For"), "127.0.0.1");
  EXPECT_EQ(last_field(upstream_, "Forwarded"), "none");
  EXPECT_TRUE(ask(kV1 + std::string(kGet)).starts_with("HTTP/1.1 400 "));
}

class AllFieldsTest : public WorkerTest {
 protected:
  static ListenerSettings settings() {
    ListenerSettings settings;
    settings.forwarding.trusted = CidrSet({*Cidr::parse("127.0.0.1")});
    settings.forwarding.forwarded = true;
    settings.forwarding.via = "edge";
    return settings;
  }
  AllFieldsTest() : WorkerTest(settings()) { serve(upstream_.port()); }

  FakeUpstream upstream_{[](const std::string&) { return Answer{ok_response("hello")}; }};
};

TEST_F(AllFieldsTest, EndpointAndClientAreToldAsThePortIsSet) {
  RawConnection connection = client();
  connection.send(
      "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6\r\n"
      "X-Forwarded-Proto: https\r\n\r\n");
  EXPECT_NE(connection.read_until("hello").find("\r\nvia: 1.1 edge\r\n"), std::string::npos);
  EXPECT_EQ(last_field(upstream_, "X-Forwarded-For"), "6.6.6.6, 127.0.0.1");
  EXPECT_EQ(last_field(upstream_, "X-Forwarded-Proto"), "https");
  EXPECT_EQ(last_field(upstream_, "X-Forwarded-Port"), "8000");
  EXPECT_EQ(last_field(upstream_, "Forwarded"), "for=127.0.0.1;host=h;proto=http");
  EXPECT_EQ(last_field(upstream_, "Via"), "1.1 edge");
}

}  // namespace
}  // namespace limpet::testing
