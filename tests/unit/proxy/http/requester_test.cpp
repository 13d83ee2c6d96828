#include "proxy/http/requester.h"

#include <vector>

#include <gtest/gtest.h>

namespace limpet::http {
namespace {

using Source = RequestKey::Source;

class RequesterTest : public ::testing::Test {
 protected:
  RequesterTest() {
    forwarding_.trusted = CidrSet({*Cidr::parse("10.0.0.0/8"), *Cidr::parse("fd00::/8")});
  }

  using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

  // The request has these fields.
  void with(const Fields& fields) {
    head_.field_count = 0;
    for (const auto& [name, value] : fields) {
      head_.fields[head_.field_count++] = {name, value, identify(name)};
    }
  }
  std::string client(const Fields& fields, const std::string& peer_ip = "10.0.0.1") {
    with(fields);
    const SocketAddress peer = *SocketAddress::parse(peer_ip, 4711);
    return std::string(Requester{head_, peer, peer_ip, forwarding_}.client_ip());
  }
  std::string value(Source source, const std::string& name) const {
    const SocketAddress peer = *SocketAddress::parse("192.0.2.1", 4711);
    return std::string(
        Requester{head_, peer, "192.0.2.1", forwarding_}.value_of({source, name}));
  }

  RequestHead head_;
  Forwarding forwarding_;
};

TEST_F(RequesterTest, APeerThatIsNotTrustedIsTheClient) {
  EXPECT_EQ(client({{"X-Forwarded-For", "198.51.100.1"}}, "192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(value(Source::kClientAddress, ""), "192.0.2.1");
}

TEST_F(RequesterTest, BehindTrustedPeersTheLastStrangerIs) {
  EXPECT_EQ(client({}), "10.0.0.1") << "who says nothing speaks for itself";
  const auto told = [&](std::string_view list) {
    return client({{"X-Forwarded-For", list}});
  };
  EXPECT_EQ(told("198.51.100.1"), "198.51.100.1");
  EXPECT_EQ(told("6.6.6.6, 198.51.100.1 ,10.0.0.9, 10.0.0.8"), "198.51.100.1") << "not the first";
  EXPECT_EQ(told("10.0.0.9,10.0.0.8"), "10.0.0.9") << "all are trusted";
  EXPECT_EQ(told("198.51.100.1:4711"), "198.51.100.1");
  EXPECT_EQ(told("[2001:db8::1]:4711"), "2001:db8::1");
  EXPECT_EQ(told("2001:db8::1, fd00::7"), "2001:db8::1");
}

TEST_F(RequesterTest, WhatIsNoAddressEndsTheSearch) {
  const auto told = [&](std::string_view list) {
    return client({{"X-Forwarded-For", list}});
  };
  EXPECT_EQ(told("198.51.100.1, unknown, 10.0.0.8"), "10.0.0.8");
  EXPECT_EQ(told("198.51.100.1, unknown"), "10.0.0.1");
  EXPECT_EQ(told(""), "10.0.0.1");
  EXPECT_EQ(told(","), "10.0.0.1");
  EXPECT_EQ(told("[::1"), "10.0.0.1");
}

TEST_F(RequesterTest, SeveralLinesAreOneList) {
  EXPECT_EQ(client({{"X-Forwarded-For", "6.6.6.6"},
                    {"Host", "h"},
                    {"X-Forwarded-For", "198.51.100.1, 10.0.0.8"},
                    {"X-Forwarded-For", "10.0.0.9"}}),
            "198.51.100.1");
}

TEST_F(RequesterTest, HeadersByAnyCase) {
  with({{"Host", "h"}, {"x-user", "ada"}, {"X-User", "bob"}});
  EXPECT_EQ(value(Source::kHeader, "X-USER"), "ada") << "the first";
  EXPECT_EQ(value(Source::kHeader, "X-Use"), "");
}

TEST_F(RequesterTest, CookiesByTheirExactName) {
  with({{"Cookie", "a=1; user=ada; user=bob"}});
  EXPECT_EQ(value(Source::kCookie, "user"), "ada");
  EXPECT_EQ(value(Source::kCookie, "User"), "");
  EXPECT_EQ(value(Source::kCookie, "b"), "");
}

TEST_F(RequesterTest, QueryParametersAsTheyWereSent) {
  head_.path_query = "/p?a=1&user=ada%20l&user=bob&user2=c&flag";
  EXPECT_EQ(value(Source::kQuery, "user"), "ada%20l");
  EXPECT_EQ(value(Source::kQuery, "user2"), "c");
  EXPECT_EQ(value(Source::kQuery, "use"), "");
  EXPECT_EQ(value(Source::kQuery, "flag"), "") << "has no value";
  head_.path_query = "/user=x";
  EXPECT_EQ(value(Source::kQuery, "user"), "") << "no query";
  head_.path_query = "/p?";
  EXPECT_EQ(value(Source::kQuery, "user"), "");
}

}  // namespace
}  // namespace limpet::http
