#include "proxy/http/forwarded.h"

#include <string>

#include <gtest/gtest.h>

namespace limpet::http {
namespace {

TEST(Forwarded, IsReadByTheGrammarOfRfc7239Section4) {
  for (const char* right :
       {"for=192.0.2.60;proto=http;by=203.0.113.43", "for=192.0.2.43, for=198.51.100.17",
        "For=\"[2001:db8:cafe::17]:4711\"", "for=_hidden, proto=https;FOR=unknown",
        "host=\"a, for=1.1.1.1\";for=2.2.2.2", "host=\"a\\\", for=1.1.1.1\";for=2.2.2.2",
        "by=x,for=1.1.1.1", ", for=1.1.1.1 ,\t", "for=1.1.1.1;;proto=http;", ""}) {
    EXPECT_TRUE(is_forwarded(right)) << right;
  }
  for (const char* wrong :
       {"for", "for=", "for=1.1.1.1 x", "for=[::1]", "for=\"1.1.1.1", "for=\"1.1.1.1\\", "=x",
        "for=1;for=2", "for = 1", "a@b=c", "for=a\"b\""}) {
    EXPECT_FALSE(is_forwarded(wrong)) << wrong;
  }
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
    EXPECT_TRUE(is_forwarded(element("::1", host))) << host;
  }
}

}  // namespace
}  // namespace limpet::http
