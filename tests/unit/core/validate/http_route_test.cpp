#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

const std::string kBase = R"pb(
  http_route {
    api_version: "gateway.networking.k8s.io/v1"
    kind: "HTTPRoute"
    metadata { name: "route" namespace: "server" }
    spec {
      parent_refs { name: "gateway" port: 8000 }
      rules {
        matches { path { type: "PathPrefix" value: "/" } }
        backend_refs { name: "pipy" port: 8080 }
      }
    }
  })pb";

std::string spec(const std::string& fields) { return "http_route { spec { " + fields + " } }"; }
std::string rule(const std::string& fields) { return spec("rules { " + fields + " }"); }
std::string path(const std::string& fields) { return rule("matches { path { " + fields + " } }"); }
std::string backend(const std::string& fields) { return rule("backend_refs { " + fields + " }"); }

TEST(ValidateHttpRoute, Limits) {
  expect_violations(
      kBase, {{spec(times(16, "rules {}")), {"spec.rules: must have at most 16 entries, not 17"}},
              {spec(times(15, "rules {}")), {}},
              {rule(times(64, "matches {}")), {}},
              {rule(times(65, "matches {}")), {"spec.rules[1].matches: must have at most 64"}},
              {spec(times(2, "rules { " + times(64, "matches {}") + "}")),
               {"spec.rules: must have at most 128 matches in all, not 129"}},
              {rule(times(17, "backend_refs { name: \"a\" port: 1 }")),
               {"spec.rules[1].backendRefs: must have at most 16"}},
              {spec(times(17, "hostnames: \"a\"")), {"spec.hostnames: must have at most 16"}}});
}

TEST(ValidateHttpRoute, Timeouts) {
  const std::string field = "spec.rules[1].timeouts.";
  const auto timeouts = [](const std::string& fields) {
    return rule("timeouts { " + fields + " }");
  };
  expect_violations(
      kBase,
      {{timeouts("request: '10s' backend_request: '2500ms'"), {}},
       {timeouts("request: '0s' backend_request: '2s'"), {}},
       {timeouts("request: '10'"), {field + "request: must be a duration such as"}},
       {timeouts("request: '1s' backend_request: '2s'"),
        {field + "backendRequest: must not be longer than request, 1s"}}});
}

TEST(ValidateHttpRoute, Retries) {
  const std::string field = "spec.rules[1].retry.";
  const auto retry = [](const std::string& fields) { return rule("retry { " + fields + " }"); };
  expect_violations(kBase,
                    {{retry("codes: [500, 503] attempts: 3 backoff: '100ms'"), {}},
                     {retry(""), {}},
                     {retry("codes: [200]"), {field + "codes[0]: must be between 400 and 599"}},
                     {retry("attempts: -1"), {field + "attempts: must be"}},
                     {retry("backoff: 'soon'"), {field + "backoff: must be a duration"}}});
}

TEST(ValidateHttpRoute, SessionPersistence) {
  const std::string field = "spec.rules[1].sessionPersistence.";
  const auto persistence = [](const std::string& fields) {
    return rule("session_persistence { " + fields + " }");
  };
  expect_violations(
      kBase,
      {{persistence("session_name: 'sid' absolute_timeout: '1h' type: 'Cookie'"), {}},
       {persistence("absolute_timeout: '1h' cookie_config { lifetime_type: 'Permanent' }"), {}},
       {persistence("cookie_config { lifetime_type: 'Permanent' }"),
        {field + "cookieConfig.lifetimeType: Permanent needs absoluteTimeout"}},
       {persistence("session_name: 'a b'"), {field + "sessionName: must consist of"}},
       {persistence("absolute_timeout: '500ms'"), {field + "absoluteTimeout: must be between 1s"}},
       {persistence("type: 'Header' session_name: 'x-session'"), {}},
       {persistence("type: 'Header' session_name: 'Set-Cookie'"),
        {field + "sessionName: must not be Set-Cookie"}},
       {persistence("type: 'Header' cookie_config {}"),
        {field + "cookieConfig: must be left out with type Header"}},
       {persistence("type: 'Header'"), {}},
       {persistence("type: 'Query'"), {field + "type: must be Cookie or Header"}},
       {persistence("idle_timeout: '1m'"), {}},
       {persistence("idle_timeout: '500ms'"), {field + "idleTimeout: must be"}}});
}

TEST(ValidateHttpRoute, SessionPersistenceOfTheNewerShape) {
  const std::string field = "spec.rules[1].sessionPersistence.";
  const auto persistence = [](const std::string& fields) {
    return rule("session_persistence { " + fields + " }");
  };
  expect_violations(
      kBase,
      {{persistence("type: 'Cookie' cookie { name: 'sid' lifetime_type: 'Session' }"), {}},
       {persistence("cookie {}"), {}},
       {persistence("absolute_timeout: '1h' cookie { lifetime_type: 'Permanent' }"), {}},
       {persistence("cookie { lifetime_type: 'Permanent' }"),
        {field + "cookie.lifetimeType: Permanent needs absoluteTimeout"}},
       {persistence("cookie { lifetime_type: 'Forever' }"),
        {field + "cookie.lifetimeType: must be Session or Permanent"}},
       {persistence("cookie { name: 'a b' }"), {field + "cookie.name: must consist of"}},
       {persistence("cookie { name: '" + std::string(129, 'a') + "' }"),
        {field + "cookie.name: must have at most 128 characters, not 129"}},
       {persistence("type: 'Header' cookie {}"),
        {field + "cookie: must be left out with type Header"}},
       {persistence("type: 'Header' header { name: 'X-Session' }"), {}},
       {persistence("type: 'Header' header {}"), {field + "header.name: required"}},
       {persistence("type: 'Header' header { name: 'Set-Cookie' }"),
        {field + "header.name: must not be Set-Cookie"}},
       {persistence("type: 'Header' header { name: 'a:b' }"),
        {field + "header.name: must consist of"}},
       {persistence("header { name: 'X-Session' }"), {field + "header: needs type Header"}},
       {persistence("type: 'Cookie' header { name: 'X-Session' }"),
        {field + "header: needs type Header"}}});
}

TEST(ValidateHttpRoute, SessionPersistenceHasOneShape) {
  const std::string field = "spec.rules[1].sessionPersistence.";
  const auto persistence = [](const std::string& fields) {
    return rule("session_persistence { " + fields + " }");
  };
  expect_violations(
      kBase,
      {{persistence("session_name: 'sid' cookie {}"),
        {field + "sessionName: must be left out beside cookie: keep cookie.name"}},
       {persistence("cookie_config {} cookie { name: 'sid' }"),
        {field + "cookieConfig: must be left out beside cookie: keep cookie.lifetimeType"}},
       {persistence("type: 'Header' session_name: 'x-sid' header { name: 'x-sid' }"),
        {field + "sessionName: must be left out beside header: keep header.name"}},
       {persistence("type: 'Header' cookie_config {} header { name: 'x-sid' }"),
        {field + "cookieConfig: must be left out with type Header"}},
       {persistence("type: 'Header' cookie {} header { name: 'x-sid' }"),
        {field + "cookie: must be left out with type Header"}}});
}

TEST(ValidateHttpRoute, Paths) {
  const std::string field = "spec.rules[1].matches[0].path.";
  expect_violations(
      kBase,
      {{path("value: '/a-b/c.d/~e;f=g:@!$&()*+,%20'"), {}},
       {path("type: 'Exact' value: '/a'"), {}},
       {path("type: 'Prefix' value: '/a'"), {field + "type: must be Exact, PathPrefix or"}},
       {path("type: 'RegularExpression' value: '['"),
        {field + "value: must be a regular expression as RE2 reads it: missing ]"}},
       {path("type: 'RegularExpression' value: '/(cart|order)/[0-9]+'"), {}},
       {path("value: 'a'"), {field + "value: must start with \"/\""}},
       {path("value: ''"), {field + "value: must start with \"/\""}},
       {path("value: '/a//b'"), {field + "value: must not contain \"//\""}},
       {path("value: '/./a'"), {field + "value: must not contain \"/./\""}},
       {path("value: '/a/../b'"), {field + "value: must not contain \"/../\""}},
       {path("value: '/a%2Fb'"), {field + "value: must not contain \"%2F\""}},
       {path("value: '/a%2fb'"), {field + "value: must not contain \"%2f\""}},
       {path("value: '/a#b'"), {field + "value: must not contain \"#\""}},
       {path("value: '/a/..'"), {field + "value: must not end with \"/..\""}},
       {path("value: '/a/.'"), {field + "value: must not end with \"/.\""}},
       {path("value: '/a b'"), {field + "value: must consist of"}},
       {path("value: '/a%zz'"), {field + "value: must consist of"}},
       {path("value: '/a%2'"), {field + "value: must consist of"}},
       {path("value: '/a?b'"), {field + "value: must consist of"}},
       {path("value: '/" + std::string(1023, 'a') + "'"), {}},
       {path("value: '/" + std::string(1024, 'a') + "'"),
        {field + "value: must have at most 1024 characters, not 1025"}}});
}

TEST(ValidateHttpRoute, Backends) {
  const std::string field = "spec.rules[1].backendRefs[0].";
  expect_violations(
      kBase,
      {{backend("name: 'a' port: 0"), {field + "port: must be between 1 and 65535, not 0"}},
       {backend("name: 'a'"), {field + "port: required"}},
       {backend("name: 'a' kind: 'Bucket' group: 'example.com'"), {}},
       {backend("name: 'a' kind: 'no kind' port: 1"), {field + "kind: must be the name of a kind"}},
       {backend("port: 1"), {field + "name: required"}},
       {backend("name: 'a' port: 1 weight: 0"), {}},
       {backend("name: 'a' port: 1 weight: 1000000"), {}},
       {backend("name: 'a' port: 1 weight: -1"), {field + "weight: must be between 0"}},
       {backend("name: 'a' port: 1 weight: 1000001"), {field + "weight: must be between 0"}},
       {backend("name: 'a' port: 1 namespace: 'A'"), {field + "namespace: must be a DNS label"}}});
}

TEST(ValidateHttpRoute, ParentsOfOneNameAreDistinct) {
  expect_violations(
      kBase,
      {{spec("parent_refs { name: 'gateway' port: 8001 }"), {}},
       {spec("parent_refs { name: 'gateway' port: 8000 }"), {"spec.parentRefs[1]: must be unique"}},
       {spec("parent_refs { name: 'gateway' }"), {"spec.parentRefs[1].sectionName: required"}},
       {spec("parent_refs { name: 'gateway' namespace: 'other' }"), {}},
       {spec("parent_refs { name: 'b' port: 65536 }"), {"spec.parentRefs[1].port: must be"}}});
}

TEST(ValidateHttpRoute, Hostnames) {
  expect_violations(kBase, {{spec("hostnames: ['a.com', '*.a.com']"), {}},
                            {spec("hostnames: ['a.com', '10.0.0.1', 'a.*']"),
                             {"spec.hostnames[1]: must be a host name, not the IP address",
                              "spec.hostnames[2]: may have \"*\" only"}}});
}

TEST(ValidateHttpRoute, RuleNamesAreUnique) {
  expect_violations(kBase, {{spec("rules { name: 'a' } rules { name: 'b' }"), {}},
                            {spec("rules { name: 'a' } rules { name: 'a' }"),
                             {"spec.rules[2].name: must be unique"}}});
}

TEST(ValidateHttpRoute, NeedsASpecButNoRule) {
  v1::Resource route = resource_of({kBase});
  route.mutable_http_route()->mutable_spec()->clear_rules();
  EXPECT_TRUE(violations_of(route).empty());
  route.mutable_http_route()->clear_spec();
  EXPECT_EQ(violations_of(route), std::vector<std::string>{"spec: required"});
}

// Each field with the option (unsupported), wherever it stands.
TEST(ValidateHttpRoute, UnsupportedFields) {
  const std::string message = ": not supported by this version of Limpet; remove it";
  expect_violations(kBase,
                    {{"http_route { spec { use_default_gateways { string_value: 'All' } } }",
                      {"spec.useDefaultGateways" + message}},
                     {"http_route { metadata { generate_name { string_value: 'a' } } }",
                      {"metadata.generateName" + message}}});
}

}  // namespace
}  // namespace limpet::test
