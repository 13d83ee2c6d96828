// What pages of other origins are told, on the wire.
#include "tests/component/policy_fixture.h"

namespace limpet::testing {
namespace {

std::string cors(const std::string& fields) {
  return "filters { type: 'CORS' cors { " + fields + " } } ";
}
constexpr char kShop[] =
    "allow_origins: 'https://shop.example' allow_methods: ['PUT', 'DELETE'] "
    "allow_headers: ['x-a', 'x-b'] expose_headers: 'x-c' allow_credentials: true max_age: 60";

class CorsTest : public PolicyTest {
 protected:
  void serve_rule(const std::string& rule, const std::string& of_backend = "") {
    SnapshotBuilder builder = with_endpoints({web_.port()});
    add_rule(builder, rule, of_backend);
    serve(builder.build());
  }
  std::string preflight(const std::string& origin, const std::string& method = "PUT",
                        const std::string& headers = "x-a") {
    return ask(str_cat("OPTIONS /a HTTP/1.1\r\nHost: h\r\nOrigin: ", origin,
                       "\r\nAccess-Control-Request-Method: ", method,
                       "\r\nAccess-Control-Request-Headers: ", headers, "\r\n\r\n"));
  }
  std::string get(const std::string& origin) {
    return ask(str_cat("GET /a HTTP/1.1\r\nHost: h\r\n", origin.empty() ? "" : "Origin: ", origin,
                       origin.empty() ? "" : "\r\n", "\r\n"));
  }

  std::string answer_ = ok_response("well!");
  FakeUpstream web_{[this](const std::string&) { return Answer{answer_}; }};
};

// The values of all fields of the name, which is in small letters here and there, in their order.
std::string values(const std::string& answer, const std::string& name) {
  std::string all;
  for (size_t at = answer.find("\r\n" + name + ": "); at != std::string::npos;
       at = answer.find("\r\n" + name + ": ", at + 1)) {
    const size_t begin = at + name.size() + 4;
    all += (all.empty() ? "" : " | ") + answer.substr(begin, answer.find("\r\n", begin) - begin);
  }
  return all;
}

TEST_F(CorsTest, APreflightIsAnsweredHere) {
  serve_rule(cors(kShop));
  const std::string answer = preflight("https://shop.example");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 204 No Content\r\n")) << answer;
  EXPECT_EQ(values(answer, "access-control-allow-origin"), "https://shop.example");
  EXPECT_EQ(values(answer, "access-control-allow-credentials"), "true");
  EXPECT_EQ(values(answer, "access-control-allow-methods"), "PUT, DELETE");
  EXPECT_EQ(values(answer, "access-control-allow-headers"), "x-a, x-b");
  EXPECT_EQ(values(answer, "access-control-expose-headers"), "x-c");
  EXPECT_EQ(values(answer, "access-control-max-age"), "60");
  EXPECT_EQ(values(answer, "vary"), "Origin");
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
  EXPECT_TRUE(web_.requests().empty());
}

TEST_F(CorsTest, AnotherOriginIsRefusedAPreflightAndToldNothingElse) {
  serve_rule(cors(kShop));
  const std::string refused = preflight("https://evil.example");
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 403 ")) << refused;
  EXPECT_FALSE(contains(refused, "access-control-")) << refused;
  const std::string got = get("https://evil.example");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200 ")) << "a browser keeps it from the page: " << got;
  EXPECT_FALSE(contains(got, "access-control-")) << got;
  EXPECT_EQ(values(got, "vary"), "Origin");
}

TEST_F(CorsTest, OptionsThatAreNoPreflightGoToTheEndpoint) {
  serve_rule(cors(kShop));
  const std::string answer =
      ask("OPTIONS /a HTTP/1.1\r\nHost: h\r\nOrigin: https://shop.example\r\n\r\n");
  EXPECT_TRUE(answer.ends_with("well!")) << answer;
  EXPECT_EQ(values(answer, "access-control-allow-origin"), "https://shop.example");
}

TEST_F(CorsTest, TheRoutesWordStandsInPlaceOfTheEndpoints) {
  answer_ = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nAccess-Control-Allow-Origin: *\r\n"
            "ACCESS-CONTROL-EXPOSE-HEADERS: x-own\r\nVary: Accept\r\n\r\nwell!";
  serve_rule(cors(kShop) + "filters { type: 'ResponseHeaderModifier' response_header_modifier { "
                           "set { name: 'access-control-allow-origin' value: 'null' } } }");
  const std::string allowed = get("https://shop.example");
  EXPECT_EQ(values(allowed, "access-control-allow-origin"), "https://shop.example");
  EXPECT_EQ(values(allowed, "access-control-expose-headers"), "x-c");
  EXPECT_FALSE(contains(allowed, "Access-Control-Allow-Origin: *")) << allowed;
  EXPECT_FALSE(contains(allowed, "x-own")) << allowed;
  EXPECT_TRUE(contains(allowed, "Vary: Accept")) << allowed;
  const std::string refused = get("https://evil.example");
  EXPECT_FALSE(contains(refused, "ccess-")) << refused;
  serve_rule(cors(kShop));
  const std::string same = get("");
  EXPECT_FALSE(contains(same, "Access-Control-Allow-Origin: *")) << "a cache would keep it";
  EXPECT_EQ(values(same, "vary"), "Origin") << "a cache must know that it matters";
}

TEST_F(CorsTest, AnyOriginWithAndWithoutCredentials) {
  const std::string lists = "allow_origins: '*' allow_methods: '*' allow_headers: '*' "
                            "expose_headers: '*'";
  serve_rule(cors(lists));
  std::string answer = preflight("https://any.example", "PATCH", "authorization, x-z");
  EXPECT_EQ(values(answer, "access-control-allow-origin"), "*");
  EXPECT_EQ(values(answer, "access-control-allow-methods"), "PATCH");
  EXPECT_EQ(values(answer, "access-control-allow-headers"), "authorization, x-z");
  EXPECT_EQ(values(answer, "access-control-expose-headers"), "*");
  EXPECT_EQ(values(answer, "access-control-max-age"), "5");
  EXPECT_EQ(values(answer, "vary"), "");
  EXPECT_EQ(values(get("https://any.example"), "access-control-allow-credentials"), "");

  answer_ = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nSet-Cookie: a=b\r\n\r\nwell!";
  serve_rule(cors(lists + " allow_credentials: true"));
  answer = get("https://any.example");
  EXPECT_EQ(values(answer, "access-control-allow-origin"), "https://any.example");
  EXPECT_EQ(values(answer, "access-control-allow-credentials"), "true");
  EXPECT_EQ(values(answer, "access-control-expose-headers"), "Content-Length, X-A");
}

TEST_F(CorsTest, PagesSeeWhatTheGatewayItselfAnswers) {
  SnapshotBuilder builder = with_endpoints({unused_port()});
  builder.add<v1::HTTPRoute>(
      "metadata { name: 'web' namespace: 'shop' } spec { parent_refs { name: 'edge' } "
      "rules { backend_refs { name: 'web' port: 80 } " + cors(kShop) + " } "
      "rules { matches { path { value: '/old' } } filters { type: 'RequestRedirect' "
      "request_redirect { path { type: 'ReplaceFullPath' replace_full_path: '/new' } } } " +
      cors(kShop) + " } }");
  builder.add<v1::RateLimitPolicy>(
      "metadata { name: 'limit' namespace: 'shop' } spec { target_ref { kind: 'HTTPRoute' "
      "name: 'web' } rate_limit { requests: 2 stat_time_window: 86400 } }");
  serve(builder.build());
  const std::string failed = get("https://shop.example");
  EXPECT_TRUE(failed.starts_with("HTTP/1.1 503 ")) << failed;
  EXPECT_EQ(values(failed, "access-control-allow-origin"), "https://shop.example");
  const std::string moved =
      ask("GET /old HTTP/1.1\r\nHost: h\r\nOrigin: https://shop.example\r\n\r\n");
  EXPECT_EQ(values(moved, "location"), "http://h:8000/new");
  EXPECT_EQ(values(moved, "access-control-allow-origin"), "https://shop.example");
  const std::string limited = get("https://shop.example");
  EXPECT_TRUE(limited.starts_with("HTTP/1.1 429 ")) << limited;
  EXPECT_EQ(values(limited, "access-control-allow-origin"), "https://shop.example");
  EXPECT_NE(values(limited, "retry-after"), "");
}

TEST_F(CorsTest, ABackendsFilterCountsWhereTheRuleHasNone) {
  const std::string other = "allow_origins: 'https://other.example' allow_methods: 'PUT'";
  serve_rule("", cors(other));
  EXPECT_EQ(values(get("https://other.example"), "access-control-allow-origin"),
            "https://other.example");
  EXPECT_TRUE(preflight("https://other.example").starts_with("HTTP/1.1 204 "));
  EXPECT_TRUE(preflight("https://shop.example").starts_with("HTTP/1.1 403 "));
  serve_rule(cors(kShop), cors(other));
  EXPECT_EQ(values(get("https://other.example"), "access-control-allow-origin"), "");
  EXPECT_EQ(values(get("https://shop.example"), "access-control-allow-origin"),
            "https://shop.example");
  EXPECT_TRUE(preflight("https://shop.example").starts_with("HTTP/1.1 204 "));
}

TEST_F(CorsTest, TheConnectionGoesOnBehindAPreflight) {
  serve_rule(cors(kShop));
  RawConnection one = client();
  one.send("OPTIONS /a HTTP/1.1\r\nHost: h\r\nOrigin: https://shop.example\r\n"
           "Access-Control-Request-Method: PUT\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_TRUE(one.read_until("\r\n\r\n").starts_with("HTTP/1.1 204 "));
  one.send("OPTIONS /a HTTP/1.1\r\nHost: h\r\nOrigin: https://evil.example\r\n"
           "Access-Control-Request-Method: PUT\r\n\r\n");
  EXPECT_TRUE(one.read_until("ask\n").starts_with("HTTP/1.1 403 "));
  one.send(kGet);
  EXPECT_TRUE(one.read_until("well!").starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace limpet::testing
