#include "proxy/http/redirect.h"

#include <gtest/gtest.h>

namespace limpet::http {
namespace {

std::string location(const Redirect& redirect, const std::string& text, bool https = false,
                     uint16_t port = 80) {
  RequestHead head;
  EXPECT_EQ(parse_request_head(text, {}, head), ParseError::kNone) << text;
  return redirect_location(redirect, head, https, port);
}

constexpr char kGet[] = "GET /a/b?q=1&r HTTP/1.1\r\nHost: shop.example:81\r\n\r\n";

TEST(RedirectLocation, NothingSaidIsTheRequestsOwnAtTheListenersPort) {
  EXPECT_EQ(location({}, kGet), "http://shop.example/a/b?q=1&r");
  EXPECT_EQ(location({}, kGet, false, 8080), "http://shop.example:8080/a/b?q=1&r");
  EXPECT_EQ(location({}, kGet, true, 443), "https://shop.example/a/b?q=1&r");
  EXPECT_EQ(location({}, kGet, true, 80), "https://shop.example:80/a/b?q=1&r");
}

// Gateway API, HTTPRequestRedirectFilter.port.
TEST(RedirectLocation, APortIsThatOfTheSchemeThatIsGiven) {
  constexpr struct {
    std::string_view scheme;
    uint16_t port;
    std::string_view expected;
  } kCases[] = {
      {"https", 0, "https://shop.example/"},       {"http", 0, "http://shop.example/"},
      {"https", 443, "https://shop.example/"},     {"http", 80, "http://shop.example/"},
      {"https", 80, "https://shop.example:80/"},   {"http", 443, "http://shop.example:443/"},
      {"https", 9000, "https://shop.example:9000/"}, {"", 80, "http://shop.example/"},
      {"", 9000, "http://shop.example:9000/"},
  };
  for (const auto& [scheme, port, expected] : kCases) {
    Redirect redirect;
    redirect.scheme = scheme;
    redirect.port = port;
    EXPECT_EQ(location(redirect, "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n", false, 8080),
              expected);
  }
}

TEST(RedirectLocation, HostsAreWrittenAsTheyWere) {
  EXPECT_EQ(location({}, "GET / HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n"),
            "http://[2001:db8::1]/");
  EXPECT_EQ(location({}, "GET http://target.example:1/x?y HTTP/1.1\r\nHost: other\r\n\r\n"),
            "http://target.example/x?y");
  Redirect redirect;
  redirect.hostname = "new.example";
  EXPECT_EQ(location(redirect, kGet), "http://new.example/a/b?q=1&r");
}

TEST(RedirectLocation, PathsAreChangedAndQueriesStay) {
  Redirect redirect;
  redirect.path = {PathChange::Type::kPrefix, "/new", "/a"};
  EXPECT_EQ(location(redirect, kGet), "http://shop.example/new/b?q=1&r");
  redirect.path = {PathChange::Type::kFull, "", ""};
  EXPECT_EQ(location(redirect, kGet), "http://shop.example/?q=1&r");
  EXPECT_EQ(location({}, "GET http://h?q HTTP/1.1\r\nHost: h\r\n\r\n"), "http://h/?q");
  EXPECT_EQ(location({}, "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), "http://h/");
}

// It must not come to name another host: "//other" would (RFC 3986 §4.2).
TEST(RedirectLocation, WithoutAHostItIsAPathOnThisOne) {
  EXPECT_EQ(location({}, "GET /a?b HTTP/1.0\r\n\r\n"), "/a?b");
  EXPECT_EQ(location({}, "GET //other.example/a HTTP/1.0\r\n\r\n"), "/.//other.example/a");
  EXPECT_EQ(location({}, "GET //other.example/a HTTP/1.1\r\nHost: h\r\n\r\n"),
            "http://h//other.example/a");
  Redirect redirect;
  redirect.path = {PathChange::Type::kPrefix, "", "/old"};
  EXPECT_EQ(location(redirect, "GET /old//other.example HTTP/1.0\r\n\r\n"),
            "/.//other.example");
}

// What ends a line or a field is refused before.
TEST(RedirectLocation, NothingOfAClientEndsTheField) {
  for (const char* target : {"/a\rb", "/a\nb", "/a b", "/a\tb", "/a\x01", "/\xC3\xA9", "/a#b"}) {
    RequestHead head;
    EXPECT_NE(parse_request_head("GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n", {},
                                 head),
              ParseError::kNone)
        << target;
  }
  EXPECT_EQ(location({}, "GET /a%0d%0aSet-Cookie:x=1 HTTP/1.1\r\nHost: h\r\n\r\n"),
            "http://h/a%0d%0aSet-Cookie:x=1")
      << "as it came: nothing is decoded";
}

}  // namespace
}  // namespace limpet::http
