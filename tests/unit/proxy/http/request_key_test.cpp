#include "proxy/http/request_key.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace limpet::http {
namespace {

class RequestKeyTest : public ::testing::Test {
 protected:
  // The key's value in a request with those lines behind its request line.
  std::string key(HashKey::Source source, const std::string& name, const std::string& lines,
                  const std::string& target = "/") {
    text_ = "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n";
    EXPECT_EQ(parse_request_head(text_, RequestLimits{}, head_), ParseError::kNone);
    return std::string(request_key({source, name}, head_, {peer_, ip_, trusted_}));
  }
  std::string header(const std::string& lines) {
    return key(HashKey::Source::kHeader, "X-Key", lines);
  }
  std::string cookie(const std::string& lines) {
    return key(HashKey::Source::kCookie, "id", lines);
  }
  std::string query(const std::string& target) {
    return key(HashKey::Source::kQuery, "id", "", target);
  }
  std::string client(const std::string& lines) {
    return key(HashKey::Source::kClientAddress, "", lines);
  }
  void trust(const std::vector<std::string>& ranges) {
    std::vector<Cidr> cidrs;
    for (const std::string& range : ranges) cidrs.push_back(*Cidr::parse(range));
    trusted_ = CidrSet(cidrs);
  }

  const std::string ip_ = "10.0.0.1";
  const SocketAddress peer_ = *SocketAddress::parse(ip_, 4711);
  CidrSet trusted_;
  std::string text_;
  RequestHead head_;
};

TEST_F(RequestKeyTest, OfAHeader) {
  EXPECT_EQ(header(""), "");
  EXPECT_EQ(header("x-key: one\r\nX-Key: two\r\n"), "one");
  EXPECT_EQ(header("X-Keys: one\r\n"), "");
  EXPECT_EQ(header("X-Key:\r\nX-Key: two\r\n"), "");
}

TEST_F(RequestKeyTest, OfACookie) {
  EXPECT_EQ(cookie(""), "");
  EXPECT_EQ(cookie("Cookie: a=1; id=x; id=y\r\n"), "x");
  EXPECT_EQ(cookie("Cookie: ID=x\r\nCookie: id=z\r\n"), "z");
}

TEST_F(RequestKeyTest, OfAQueryParameter) {
  EXPECT_EQ(query("/"), "");
  EXPECT_EQ(query("/?"), "");
  EXPECT_EQ(query("/id=1"), "");
  EXPECT_EQ(query("/?id=1&id=2"), "1");
  EXPECT_EQ(query("/?xid=1&id2=2&ID=3"), "");
  EXPECT_EQ(query("/a?b&id&id=2"), "");
  EXPECT_EQ(query("/a?b=1&id=c=d&e"), "c=d");
  EXPECT_EQ(query("/?id=%31?x"), "%31?x");
}

TEST_F(RequestKeyTest, OfTheClientsAddressAsFarAsItIsBelieved) {
  EXPECT_EQ(client("X-Forwarded-For: 192.0.2.1\r\n"), ip_);
  trust({"10.0.0.0/8"});
  EXPECT_EQ(client(""), ip_);
  EXPECT_EQ(client("X-Forwarded-For: 192.0.2.1\r\n"), "192.0.2.1");
  EXPECT_EQ(client("X-Forwarded-For: 6.6.6.6, 192.0.2.1, 10.0.0.9\r\n"), "192.0.2.1");
  EXPECT_EQ(client("X-Forwarded-For: 6.6.6.6, 2001:db8::1\r\nX-Forwarded-For: 10.0.0.9\r\n"),
            "2001:db8::1");
  EXPECT_EQ(client("X-Forwarded-For: 10.0.0.7, ,10.0.0.8,\r\n"), "10.0.0.7");
  EXPECT_EQ(client("X-Forwarded-For: 6.6.6.6, nonsense, 10.0.0.8\r\n"), "10.0.0.8");
}

}  // namespace
}  // namespace limpet::http
