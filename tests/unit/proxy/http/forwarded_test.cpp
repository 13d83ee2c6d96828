#include "proxy/http/forwarded.h"

#include <gtest/gtest.h>

#include "core/base/text.h"

namespace limpet::http {
namespace {

std::string ip_of_node(std::string_view text) {
  const auto address = parse_node(text);
  return address ? address->ip() : "-";
}

TEST(ParseNode, AddressesWithAndWithoutPorts) {
  EXPECT_EQ(ip_of_node("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(ip_of_node("192.0.2.1:80"), "192.0.2.1");
  EXPECT_EQ(ip_of_node("192.0.2.1:_port"), "192.0.2.1");
  EXPECT_EQ(ip_of_node("2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(ip_of_node("[2001:db8::1]"), "2001:db8::1");
  EXPECT_EQ(ip_of_node("[2001:db8::1]:4711"), "2001:db8::1");
  EXPECT_EQ(ip_of_node("::ffff:192.0.2.1"), "192.0.2.1");
  for (const char* wrong :
       {"", "unknown", "_hidden", "192.0.2", "192.0.2.256", "192.0.2.1:", "[192.0.2.1]", "[::1",
        "[::1]80", "[::1]:", "[]", "host:80", "1.2.3.4 ", "192.0.2.1:8\"0"}) {
    EXPECT_EQ(ip_of_node(wrong), "-") << wrong;
  }
}

// The nodes joined by "|", or "bad".
std::string nodes_of(std::string_view value) {
  Nodes nodes;
  return read_forwarded(value, nodes) ? join(nodes, "|") : "bad";
}

TEST(ReadForwarded, ByTheGrammarOfRfc7239Section4) {
  EXPECT_EQ(nodes_of("for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60");
  EXPECT_EQ(nodes_of("for=192.0.2.43, for=198.51.100.17"), "192.0.2.43|198.51.100.17");
  EXPECT_EQ(nodes_of("For=\"[2001:db8:cafe::17]:4711\""), "[2001:db8:cafe::17]:4711");
  EXPECT_EQ(nodes_of("for=_hidden, proto=https;FOR=unknown"), "_hidden|unknown");
  EXPECT_EQ(nodes_of("host=\"a, for=1.1.1.1\";for=2.2.2.2"), "2.2.2.2");
  EXPECT_EQ(nodes_of("host=\"a\\\", for=1.1.1.1\";for=2.2.2.2"), "2.2.2.2");
  EXPECT_EQ(nodes_of("by=x,for=1.1.1.1"), "|1.1.1.1");
  EXPECT_EQ(nodes_of(", for=1.1.1.1 ,\t"), "1.1.1.1") << "empty elements of a list";
  EXPECT_EQ(nodes_of("for=1.1.1.1;;proto=http;"), "1.1.1.1") << "empty pairs";
  EXPECT_EQ(nodes_of(""), "");
  for (const char* wrong :
       {"for", "for=", "for=1.1.1.1 x", "for=[::1]", "for=\"1.1.1.1", "for=\"1.1.1.1\\", "=x",
        "for=1;for=2", "for = 1", "a@b=c", "for=a\"b\""}) {
    EXPECT_EQ(nodes_of(wrong), "bad") << wrong;
  }
}

std::string client_of(const std::string& fields, const std::string& peer = "10.0.0.1") {
  RequestHead head;
  const std::string text = "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
  EXPECT_EQ(parse_request_head(text, {}, head), ParseError::kNone) << text;
  const CidrSet trusted({*Cidr::parse("10.0.0.0/8"), *Cidr::parse("fd00::/8")});
  return client_address(head, *SocketAddress::parse(peer, 1), trusted).ip();
}

TEST(ClientAddress, IsThePeerUnlessThatIsTrusted) {
  EXPECT_EQ(client_of("X-Forwarded-For: 1.1.1.1\r\n", "9.9.9.9"), "9.9.9.9");
  EXPECT_EQ(client_of("Forwarded: for=1.1.1.1\r\n", "9.9.9.9"), "9.9.9.9");
  EXPECT_EQ(client_of("X-Forwarded-For: 1.1.1.1\r\n"), "1.1.1.1");
  EXPECT_EQ(client_of(""), "10.0.0.1");
  EXPECT_EQ(client_of("X-Forwarded-For: 1.1.1.1\r\n", "::ffff:10.0.0.1"), "1.1.1.1");
  RequestHead head;
  ASSERT_EQ(
      parse_request_head("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 1.1.1.1\r\n\r\n", {}, head),
      ParseError::kNone);
  EXPECT_EQ(client_address(head, *SocketAddress::parse("10.0.0.1", 1), {}).ip(), "10.0.0.1");
}

TEST(ClientAddress, WalksFromTheRightOverTrustedHops) {
  EXPECT_EQ(client_of("X-Forwarded-For: 6.6.6.6, 1.1.1.1\r\n"), "1.1.1.1") << "6.6.6.6 is forged";
  EXPECT_EQ(client_of("X-Forwarded-For: 6.6.6.6, 1.1.1.1, 10.0.0.3,10.0.0.2\r\n"), "1.1.1.1");
  EXPECT_EQ(client_of("X-Forwarded-For: 1.1.1.1\r\nAccept: x\r\nX-Forwarded-For: fd00::2\r\n"),
            "1.1.1.1");
  EXPECT_EQ(client_of("X-Forwarded-For: 10.0.0.4, 10.0.0.3\r\n"), "10.0.0.4") << "all are trusted";
  EXPECT_EQ(client_of("X-Forwarded-For: 1.1.1.1, unknown, 10.0.0.2\r\n"), "10.0.0.2")
      << "behind what is no address, nobody can be told";
  EXPECT_EQ(client_of("X-Forwarded-For: 1.1.1.1, evil.example\r\n"), "10.0.0.1");
  EXPECT_EQ(client_of("X-Forwarded-For: , ,\r\n"), "10.0.0.1");
}

TEST(ClientAddress, ForwardedCountsWhereOnlyThatIsThere) {
  EXPECT_EQ(client_of("Forwarded: for=1.1.1.1;proto=https, for=\"[fd00::1]:80\"\r\n"), "1.1.1.1");
  EXPECT_EQ(client_of("Forwarded: for=1.1.1.1\r\nForwarded: for=10.0.0.2\r\n"), "1.1.1.1");
  EXPECT_EQ(client_of("Forwarded: for=1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n"), "2.2.2.2");
  EXPECT_EQ(client_of("Forwarded: for=1.1.1.1, by=10.0.0.2\r\n"), "10.0.0.1");
  EXPECT_EQ(client_of("Forwarded: for=1.1.1.1, for=\"\r\n"), "10.0.0.1") << "malformed";
}

std::string element(std::string_view ip, std::string_view host) {
  std::string out;
  append_forwarded_element(ip, host, "http", out);
  return out;
}

TEST(ForwardedElement, QuotesWhatIsNoToken) {
  EXPECT_EQ(element("192.0.2.60", "example.com"), "for=192.0.2.60;host=example.com;proto=http");
  EXPECT_EQ(element("192.0.2.60", "example.com:80"),
            "for=192.0.2.60;host=\"example.com:80\";proto=http");
  EXPECT_EQ(element("2001:db8::1", ""), "for=\"[2001:db8::1]\";proto=http");
  for (const char* host : {"a(b)", "[::1]:8", "a", "a,b", "a;b"}) {
    EXPECT_EQ(nodes_of(element("::1", host)), "[::1]") << host;
  }
}

}  // namespace
}  // namespace limpet::http
