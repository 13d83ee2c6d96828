#include "proxy/http/cors.h"

#include <gtest/gtest.h>

namespace limpet::http {
namespace {

RequestHead head_of(const std::string& text) {
  RequestHead head;
  EXPECT_EQ(parse_request_head(text, {}, head), ParseError::kNone) << text;
  return head;
}

TEST(Cors, APreflightIsOptionsWithBothFields) {
  const std::string origin = "Origin: https://a.example\r\n";
  const std::string method = "access-control-REQUEST-method: PUT\r\n";
  const auto is = [](const std::string& verb, const std::string& fields) {
    const std::string text = verb + " / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
    return is_preflight(head_of(text));
  };
  EXPECT_TRUE(is("OPTIONS", origin + method));
  EXPECT_FALSE(is("OPTIONS", origin));
  EXPECT_FALSE(is("OPTIONS", method));
  EXPECT_FALSE(is("GET", origin + method));
  EXPECT_FALSE(is("OPTIONS", origin + "Access-Control-Request-Method:\r\n"));
}

TEST(Cors, WithoutOriginItSaysOnlyThatOneMatters) {
  CorsFilter cors;
  cors.origins.push_back(OriginPattern::parse("https://a.example"));
  const std::string text = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  std::string out;
  append_cors(cors, head_of(text), out);
  EXPECT_EQ(out, "vary: Origin\r\n");
  cors.any_origin = true;
  out.clear();
  append_cors(cors, head_of(text), out);
  EXPECT_EQ(out, "access-control-allow-origin: *\r\n") << "a cache may give it to anybody";
}

TEST(Cors, EmptyListsAreNotSent) {
  CorsFilter cors;
  cors.any_origin = true;
  const std::string text =
      "OPTIONS / HTTP/1.1\r\nHost: h\r\nOrigin: https://a.example\r\n"
      "Access-Control-Request-Method: PUT\r\n\r\n";
  std::string out;
  append_cors(cors, head_of(text), out);
  append_preflight(cors, head_of(text), out);
  EXPECT_EQ(out, "access-control-allow-origin: *\r\naccess-control-max-age: 5\r\n");
}

TEST(Cors, FieldsOfItsOwn) {
  EXPECT_TRUE(is_cors_field("Access-Control-Allow-Origin"));
  EXPECT_TRUE(is_cors_field("access-control-max-age"));
  EXPECT_FALSE(is_cors_field("access-control-allow-private-network"));
  EXPECT_FALSE(is_cors_field("x-access-control-allow-origin"));
  EXPECT_FALSE(is_cors_field("accept"));
}

TEST(Cors, NamesOfAllFields) {
  std::string out;
  append_exposed("X-A: 1\r\nSet-Cookie: a\r\naccess-control-max-age: 5\r\nx-b: c: d\r\n", out);
  EXPECT_EQ(out, "access-control-expose-headers: X-A, x-b\r\n");
  out.clear();
  append_exposed("", out);
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace limpet::http
