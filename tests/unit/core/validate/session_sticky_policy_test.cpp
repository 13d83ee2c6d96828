#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

const std::string kBase = R"pb(
  session_sticky_policy {
    api_version: "gateway.flomesh.io/v1alpha1"
    kind: "SessionStickyPolicy"
    metadata { name: "policy" namespace: "server" }
    spec {
      target_ref { group: "" kind: "Service" name: "pipy" }
      ports {
        port: 8080
        config { cookie_name: "_srv_id" expires: 600 }
      }
    }
  })pb";

std::string spec(const std::string& fields) {
  return "session_sticky_policy { spec { " + fields + " } }";
}

TEST(ValidateSessionStickyPolicy, Target) {
  expect_violations(
      kBase, {{spec("target_ref { namespace: 'other' }"), {}},
              {spec("target_ref { group: 'apps' }"), {"spec.targetRef.group: must be \"\""}},
              {spec("target_ref { kind: 'Gateway' }"), {"spec.targetRef.kind: must be Service"}},
              {spec("target_ref { kind: '' }"), {"spec.targetRef.kind: required"}},
              {spec("target_ref { name: '' }"), {"spec.targetRef.name: required"}}});
  v1::Resource policy = resource_of({kBase});
  policy.mutable_session_sticky_policy()->clear_spec();
  EXPECT_EQ(
      violations_of(policy),
      (std::vector<std::string>{"spec.targetRef: required: the Service that the policy is for",
                                "spec.ports: required: at least one port of the Service"}));
}

TEST(ValidateSessionStickyPolicy, Ports) {
  std::string many;
  for (int i = 1; i <= 16; ++i) many += "ports { port: " + std::to_string(i) + " } ";
  expect_violations(kBase,
                    {{spec("ports { port: 1 }"), {}},
                     {spec("ports { port: 8080 }"), {"spec.ports[1].port: must be unique, 8080"}},
                     {spec("ports { port: 0 }"), {"spec.ports[1].port: must be between"}},
                     {spec("ports {}"), {"spec.ports[1].port: required"}},
                     {spec(many), {"spec.ports: must have at most 16 entries, not 17"}}});
}

TEST(ValidateSessionStickyPolicy, Config) {
  const auto port = [](const std::string& config) {
    return spec("ports { port: 1 config { " + config + " } }");
  };
  const std::string field = "spec.ports[1].config.";
  expect_violations(
      kBase,
      {{port("expires: 1"), {}},
       {port("expires: 0"), {field + "expires: must be a number of seconds, at least 1, not 0"}},
       {port("expires: -5"), {field + "expires: must be"}},
       {port("cookie_name: 'a;b'"), {field + "cookieName: must consist of letters"}},
       {port("cookie_name: ''"), {field + "cookieName: must not be empty"}},
       {port("cookie_name: '" + std::string(128, 'a') + "'"), {}},
       {port("cookie_name: '" + std::string(129, 'a') + "'"),
        {field + "cookieName: must have at most 128"}},
       {spec("config { cookie_name: 'a b' expires: 0 }"),
        {"spec.config.cookieName: must consist", "spec.config.expires: must be"}}});
}

TEST(ValidateSessionStickyPolicy, IdleTimeAndUnavailability) {
  const auto config = [](const std::string& fields) { return spec("config { " + fields + " }"); };
  expect_violations(
      kBase, {{config("idle_timeout: 1 forward_cookie: true"), {}},
              {config("on_unavailable: 'RebindTemporarily'"), {}},
              {config("idle_timeout: 0"), {"spec.config.idleTimeout: must be a number of seconds"}},
              {config("on_unavailable: 'Retry'"), {"spec.config.onUnavailable: must be Rebind"}},
              {config("type: 'cookie'"),
               {"spec.config.type: must be Cookie, Header or LearnedCookie"}},
              {config("type: 'Header' cookie_name: 'X-Session'"), {}},
              {config("type: 'Header' cookie_name: 'Host'"),
               {"spec.config.cookieName: must not be Host"}}});
}

TEST(ValidateSessionStickyPolicy, TheApplicationsOwnCookie) {
  const std::string learned = "type: 'LearnedCookie' cookie_name: 'JSESSIONID' ";
  const auto port = [](const std::string& config) {
    return spec("ports { port: 1 config { " + config + " } }");
  };
  const std::string of_port = "spec.ports[1].config.";
  expect_violations(
      kBase,
      {{port(learned), {}},
       {port(learned + "path: '/app' same_site: 'Strict' lifetime: 'Session' idle_timeout: 60 "
                       "on_unavailable: 'Reject'"),
        {}},
       {port("type: 'LearnedCookie'"),
        {of_port + "cookieName: required with type LearnedCookie: the application's cookie"}},
       {port("type: 'LearnedCookie' cookie_name: 'a b'"), {of_port + "cookieName: must consist"}},
       {port(learned + "forward_cookie: true"),
        {of_port + "forwardCookie: must be left out with type LearnedCookie: endpoints see the "
                   "cookie as they set it"}},
       {port(learned + "forward_cookie: false"), {of_port + "forwardCookie: must be left out"}}});
}

// Ports and the policy's config say it together.
TEST(ValidateSessionStickyPolicy, TheApplicationsOwnCookieInParts) {
  const auto both = [](const std::string& port, const std::string& config) {
    return spec("ports { port: 1 config { " + port + " } } config { " + config + " }");
  };
  expect_violations(
      kBase, {{both("type: 'LearnedCookie'", "cookie_name: 'JSESSIONID'"), {}},
              {both("cookie_name: 'JSESSIONID'", "type: 'LearnedCookie'"), {}},
              {both("type: 'Cookie' forward_cookie: true", "type: 'LearnedCookie'"), {}},
              {both("", "type: 'LearnedCookie'"),
               {"spec.ports[1].config.cookieName: required with type LearnedCookie"}},
              {both("type: 'LearnedCookie' cookie_name: 'a'", "forward_cookie: true"),
               {"spec.ports[1].config.forwardCookie: must be left out"}}});
}

TEST(ValidateSessionStickyPolicy, AttributesOfTheCookie) {
  const auto config = [](const std::string& fields) { return spec("config { " + fields + " }"); };
  expect_violations(
      kBase,
      {{config("path: '/app' domain: 'example.com' same_site: 'None' secure: true "
               "http_only: false partitioned: true lifetime: 'Session'"),
        {}},
       {config("path: 'app'"), {"spec.config.path: must begin with \"/\""}},
       {config("path: '/a;b'"), {"spec.config.path: must have no spaces"}},
       {config("domain: '.example.com'"), {"spec.config.domain: must not begin with \".\""}},
       {config("domain: 'a b'"), {"spec.config.domain: "}},
       {config("same_site: 'lax'"), {"spec.config.sameSite: must be Lax"}},
       {config("lifetime: 'Forever'"), {"spec.config.lifetime: must be Permanent"}},
       {config("same_site: 'None' secure: false"),
        {"spec.config.secure: must not be false with sameSite None"}},
       {config("partitioned: true secure: false"),
        {"spec.config.secure: must not be false with partitioned"}},
       {config("cookie_name: '__Secure-id' secure: false"),
        {"spec.config.secure: must not be false with such a cookieName"}},
       {config("cookie_name: '__Host-id' domain: 'a.b' path: '/x'"),
        {"spec.config.path: must be \"/\"", "spec.config.domain: must be left out"}}});
}

}  // namespace
}  // namespace limpet::test
