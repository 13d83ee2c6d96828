#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

std::string cors(const std::string& fields) {
  return "http_route { spec { rules { filters { type: 'CORS' cors { " + fields + " } } } } }";
}
const std::string kCors = "spec.rules[0].filters[0].cors.";

TEST(ValidateHttpCors, Origins) {
  const std::string form = "must be SCHEME://HOST or SCHEME://HOST:PORT, or \"*\"";
  const auto origin = [](const std::string& value) {
    return cors("allow_origins: '" + value + "'");
  };
  for (const char* good : {"*", "https://a.example", "http://A.example:8080", "https://*.a.example",
                           "https://*", "https://*:8443", "capacitor://localhost"}) {
    EXPECT_TRUE(violations_of(resource_of({kRouteWithoutRules, origin(good)})).empty()) << good;
  }
  for (const char* bad : {"", "a.example", "https://", "https://:80", "https://a.example:",
                          "https://a.example/", "https://a.example:x", "1s://a", "https://a b",
                          "https://a:b:80", "https://a:+80", "http://[::1]"}) {
    expect_violations(kRouteWithoutRules, {{origin(bad), {kCors + "allowOrigins[0]: " + form}}});
  }
  expect_violations(
      kRouteWithoutRules,
      {{origin("https://a.example:0"), {kCors + "allowOrigins[0]: port must be "}},
       {origin("https://a.*.example"), {kCors + "allowOrigins[0]: must have \"*\" in place"}},
       {origin("https://*example.com"), {kCors + "allowOrigins[0]: must have \"*\" in place"}}});
}

TEST(ValidateHttpCors, Lists) {
  expect_violations(
      kRouteWithoutRules,
      {{cors("allow_methods: ['GET', 'PUT'] allow_headers: ['X-A'] expose_headers: '*'"), {}},
       {cors("allow_methods: 'get'"), {kCors + "allowMethods[0]: must be GET"}},
       {cors("allow_methods: ['*', 'GET']"), {kCors + "allowMethods: must have nothing beside"}},
       {cors("allow_headers: ['a', 'a']"), {kCors + "allowHeaders[1]: must be unique"}},
       {cors("allow_headers: ''"), {kCors + "allowHeaders[0]: "}},
       {cors("expose_headers: 'a b'"), {kCors + "exposeHeaders[0]: "}},
       {cors("max_age: 0"), {kCors + "maxAge: must be at least 1, in seconds, not 0"}},
       {cors("max_age: 1"), {}}});
}

}  // namespace
}  // namespace limpet::test
