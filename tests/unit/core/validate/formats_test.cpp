#include "core/validate/formats.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

struct Examples {
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

void expect(std::string (*check)(std::string_view), const Examples& examples) {
  for (const std::string& value : examples.good) EXPECT_EQ(check(value), "") << value;
  for (const std::string& value : examples.bad) EXPECT_NE(check(value), "") << value;
}

TEST(Formats, Dns1123Label) {
  expect(check_dns1123_label,
         {{"a", "0", "a-b", "1a", std::string(63, 'a')},
          {"", "-a", "a-", "A", "a.b", "a_b", "\xc3\xa9", std::string(64, 'a')}});
}

TEST(Formats, Dns1123Subdomain) {
  expect(check_dns1123_subdomain,
         {{"a", "a.b", "a-b.c-d", "1.2", std::string(253, 'a')},
          {"", ".", "a.", ".a", "a..b", "a-.b", "a.-b", "A", "a/b", "*.a", std::string(254, 'a')}});
}

TEST(Formats, Dns1035Label) {
  expect(check_dns1035_label, {{"a", "a1", "a-1"}, {"", "1a", "a-", "a.b", "A"}});
}

TEST(Formats, WildcardHostname) {
  expect(check_wildcard_hostname,
         {{"example.com", "*.example.com", "localhost", "*.com"},
          {"", "*", "*.", "a.*.com", "*a.com", "**.com", "Example.com", "10.0.0.1", "::1",
           "a.com:80", "http://a.com", "a.com.", "[::1]"}});
  EXPECT_EQ(check_wildcard_hostname("Example.COM"), "must be in lower case: \"example.com\"");
  EXPECT_EQ(check_wildcard_hostname("10.0.0.1"),
            "must be a host name, not the IP address \"10.0.0.1\"");
}

TEST(Formats, QualifiedName) {
  expect(
      check_qualified_name,
      {{"a", "A_b.c-d", "example.com/a", "kubernetes.io/service-name", std::string(63, 'a')},
       {"", "/", "a/", "/a", "-a", "a-", "a b", "Example.com/a", "a/b/c", std::string(64, 'a')}});
}

TEST(Formats, LabelValue) {
  expect(check_label_value,
         {{"", "a", "1.10", "A_b"}, {"-", "a b", ".a", "a/b", std::string(64, 'a')}});
}

TEST(Formats, Token) {
  const auto check = [](std::string_view value) { return check_token(value, 8); };
  EXPECT_EQ(check("_srv_id"), "");
  EXPECT_EQ(check("!#$%&'*+"), "");
  EXPECT_EQ(check("-.^_`|~"), "");
  for (const char* bad : {"", "a b", "a;b", "a=b", "a,b", "a\"", "a\tb", "(a)", "\xc3\xa9"}) {
    EXPECT_NE(check(bad), "") << bad;
  }
  EXPECT_EQ(check("123456789"), "must have at most 8 characters, not 9");
}

TEST(Formats, PortName) {
  expect(check_port_name,
         {{"http", "a", "http-2", "1a"}, {"", "80", "a--b", "-a", "HTTP", "sixteen-letters-"}});
}

TEST(Formats, Port) {
  EXPECT_EQ(check_port(1), "");
  EXPECT_EQ(check_port(65535), "");
  EXPECT_EQ(check_port(0), "must be between 1 and 65535, not 0");
  EXPECT_NE(check_port(65536), "");
  EXPECT_NE(check_port(-1), "");
}

TEST(Formats, Ip) {
  EXPECT_TRUE(is_ip("10.0.0.1", IpFamily::kV4));
  EXPECT_TRUE(is_ip("fd00::1", IpFamily::kV6));
  EXPECT_TRUE(is_ip("::ffff:10.0.0.1", IpFamily::kV6));
  for (const char* bad : {"", "10.0.0", "010.0.0.1", "10.0.0.256", "10.0.0.1 ", "::1"}) {
    EXPECT_FALSE(is_ip(bad, IpFamily::kV4)) << bad;
  }
  for (const char* bad : {"", "fe80::1%eth0", "[::1]", "1::2::3", "10.0.0.1"}) {
    EXPECT_FALSE(is_ip(bad, IpFamily::kV6)) << bad;
  }
  EXPECT_FALSE(is_ip(std::string_view("10.0.0.1\0x", 10), IpFamily::kV4));
}

TEST(Formats, OneOfNamesTheChoices) {
  EXPECT_EQ(check_one_of("b", {"a", "b"}), "");
  EXPECT_EQ(check_one_of("x", {"a", "b", "c"}), "must be a, b or c, not \"x\"");
  EXPECT_EQ(check_one_of("x", {"a"}), "must be a, not \"x\"");
}

TEST(Formats, LongValuesAreCutInMessages) {
  EXPECT_LT(check_dns1123_label(std::string(100000, 'A')).size(), 400U);
}

}  // namespace
}  // namespace limpet
