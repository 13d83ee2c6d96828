#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

const std::string kBase = R"pb(
  health_check_policy {
    api_version: "gateway.flomesh.io/v1alpha1"
    kind: "HealthCheckPolicy"
    metadata { name: "policy" namespace: "server" }
    spec {
      target_ref { group: "" kind: "Service" name: "pipy" }
      ports { port: 8080 }
    }
  })pb";

std::string spec(const std::string& fields) {
  return "health_check_policy { spec { " + fields + " } }";
}
std::string config(const std::string& fields) { return spec("config { " + fields + " }"); }
std::string match(const std::string& fields) {
  return config("path: '/' matches { " + fields + " }");
}

TEST(ValidateHealthCheckPolicy, TargetAndPorts) {
  expect_violations(kBase,
                    {{"", {}},
                     {spec("target_ref { kind: 'HTTPRoute' }"), {"spec.targetRef.kind: must be"}},
                     {spec("ports { port: 8080 }"), {"spec.ports[1].port: must be unique, 8080"}},
                     {spec("ports { port: 1 config { interval: 0 } }"),
                      {"spec.ports[1].config.interval: must be between 1 and 3600"}}});
}

TEST(ValidateHealthCheckPolicy, NumbersAndTimes) {
  expect_violations(
      kBase,
      {{config("interval: 1 max_fails: 0 fail_timeout: 0 min_passes: 1 timeout: '10ms'"), {}},
       {config("interval: 3600 max_fails: 100 fail_timeout: 86400 min_passes: 100 timeout: '1h'"),
        {}},
       {config("interval: 3601"), {"spec.config.interval: must be between 1 and 3600"}},
       {config("max_fails: -1"), {"spec.config.maxFails: must be between 0 and 100"}},
       {config("max_fails: 101"), {"spec.config.maxFails: must be between 0 and 100"}},
       {config("fail_timeout: 86401"), {"spec.config.failTimeout: must be between 0 and 86400"}},
       {config("min_passes: 0"), {"spec.config.minPasses: must be between 1 and 100"}},
       {config("timeout: '9ms'"), {"spec.config.timeout: must be between 10ms"}},
       {config("timeout: '1'"), {"spec.config.timeout: must be a duration"}}});
}

TEST(ValidateHealthCheckPolicy, ATryIsOverBeforeTheNext) {
  expect_violations(
      kBase,
      {{config("timeout: '5s'"), {}},
       {config("timeout: '5001ms'"),
        {"spec.ports[0].config.timeout: must be at most the interval, 5s"}},
       {config("timeout: '6s' interval: 6"), {}},
       {spec("ports { port: 1 config { interval: 2 } } config { timeout: '3s' }"),
        {"spec.ports[1].config.timeout: must be at most the interval, 2s"}}});
}

TEST(ValidateHealthCheckPolicy, Path) {
  expect_violations(kBase, {{config("path: '/healthz?full=1'"), {}},
                            {config("path: ''"), {"spec.config.path: must begin with \"/\""}},
                            {config("path: 'healthz'"), {"spec.config.path: must begin with"}},
                            {config("path: '/a b'"), {"spec.config.path: must have no spaces"}},
                            {config("path: '/a\\r\\nx: y'"), {"spec.config.path: must have no"}},
                            {config("path: '/a#b'"), {"spec.config.path: must have no spaces"}}});
}

TEST(ValidateHealthCheckPolicy, Host) {
  for (const char* good : {"example.com", "example.com:8080", "10.0.0.1", "10.0.0.1:1", "[::1]",
                           "[2001:db8::1]:443", "a_b"}) {
    expect_violations(kBase, {{config("path: '/' host: '" + std::string(good) + "'"), {}}});
  }
  for (const char* bad : {"::1", "[::1", "[10.0.0.1]", "[::1]x", "a b", "a/b", ":80", "a:", "a:x",
                          "a\\r\\nx", "a:+80", "a: 80", "a:80\\n", "a:\\r\\n80"}) {
    expect_violations(kBase, {{config("path: '/' host: '" + std::string(bad) + "'"),
                               {"spec.config.host: must be a host name or an IP address"}}});
  }
  expect_violations(kBase, {{config("path: '/' host: 'a:65536'"), {"spec.config.host: port must"}},
                            {config("host: 'a'"),
                             {"spec.ports[0].config.path: required where a host is asked"}}});
}

TEST(ValidateHealthCheckPolicy, Matches) {
  const std::string at = "spec.config.matches[0].";
  expect_violations(
      kBase,
      {{match("status_codes: 100 status_codes: 599 body: 'ok' headers { name: 'X' value: 'y' }"),
        {}},
       {config("path: '/' " + times(16, "matches {} ")), {}},
       {config("path: '/' " + times(17, "matches {} ")),
        {"spec.config.matches: must have at most 16"}},
       {match(times(17, "status_codes: 200 ")), {at + "statusCodes: must have at most 16"}},
       {match("status_codes: 99"), {at + "statusCodes[0]: must be between 100 and 599"}},
       {match("status_codes: 600"), {at + "statusCodes[0]: must be between 100 and 599"}},
       {match("body: '" + std::string(4096, 'a') + "'"), {}},
       {match("body: '" + std::string(4097, 'a') + "'"), {at + "body: must have at most 4096"}},
       {match(times(17, "headers { name: 'X' } ")), {at + "headers: must have at most 16"}},
       {match("headers { value: 'y' }"), {at + "headers[0].name: required"}},
       {match("headers { name: 'a b' }"), {at + "headers[0].name: must"}},
       {match("headers { name: 'a' value: ' b' }"), {at + "headers[0].value: must not begin"}},
       {match("headers { name: 'a' value: 'b\\n' }"), {at + "headers[0].value: must not have"}},
       {config("matches {}"),
        {"spec.ports[0].config.path: required where answers are told apart"}}});
}

}  // namespace
}  // namespace limpet::test
