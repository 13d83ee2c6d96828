#include "tests/unit/core/validate/support.h"

namespace limpet::test {
namespace {

std::string rule(const std::string& fields) {
  return "http_route { spec { rules { " + fields + " } } }";
}
std::string filter(const std::string& fields) { return rule("filters { " + fields + " }"); }
std::string modifier(const std::string& fields) {
  return filter("type: 'RequestHeaderModifier' request_header_modifier { " + fields + " }");
}
std::string redirect(const std::string& fields) {
  return filter("type: 'RequestRedirect' request_redirect { " + fields + " }");
}
std::string rewrite(const std::string& fields) {
  return filter("type: 'URLRewrite' url_rewrite { " + fields + " }");
}
const std::string kFilter = "spec.rules[0].filters[0].";

TEST(ValidateHttpFilter, TheFieldOfItsTypeAndNoOther) {
  expect_violations(
      kRouteWithoutRules,
      {{filter("type: 'URLRewrite'"), {kFilter + "urlRewrite: required with type URLRewrite"}},
       {filter("type: 'URLRewrite' url_rewrite {} request_redirect {}"),
        {kFilter + "requestRedirect: must be left out where type is not RequestRedirect"}},
       {filter("type: 'Teleport'"), {kFilter + "type: must be RequestHeaderModifier"}},
       {filter("url_rewrite {}"), {kFilter + "type: required"}},
       {filter("type: 'ExtensionRef' extension_ref { group: 'a.b' kind: 'X' name: 'x' }"), {}},
       {filter("type: 'CORS' cors {}"), {}}});
}

TEST(ValidateHttpFilter, Mirrors) {
  const auto mirror = [](const std::string& fields) {
    return filter("type: 'RequestMirror' request_mirror { backend_ref { name: 'a' port: 1 } " +
                  fields + " }");
  };
  const std::string field = kFilter + "requestMirror.";
  expect_violations(
      kRouteWithoutRules,
      {{mirror(""), {}},
       {mirror("percent: 100"), {}},
       {mirror("fraction { numerator: 1 denominator: 3 }"), {}},
       {rule("filters { type: 'RequestMirror' request_mirror { "
             "backend_ref { name: 'a' port: 1 } } } "
             "filters { type: 'RequestMirror' request_mirror { "
             "backend_ref { name: 'b' port: 1 } } }"),
        {}},
       {filter("type: 'RequestMirror' request_mirror {}"),
        {field + "backendRef.name: required", field + "backendRef.port: required"}},
       {mirror("percent: 101"), {field + "percent: must be "}},
       {mirror("percent: 1 fraction { numerator: 1 }"),
        {field + "fraction: must be left out where there is a percent"}},
       {mirror("fraction { numerator: 101 }"), {field + "fraction.numerator: must be "}},
       {mirror("fraction { numerator: 0 denominator: 0 }"),
        {field + "fraction.denominator: must be at least 1, not 0"}}});
}

TEST(ValidateHttpFilter, Headers) {
  const std::string field = kFilter + "requestHeaderModifier.";
  expect_violations(
      kRouteWithoutRules,
      {{modifier("set { name: 'x-a' value: 'b' } add { name: 'x-b' value: 'c' } remove: 'x-c'"),
        {}},
       {modifier("set { name: 'Host' value: 'b' }"),
        {field + "set[0].name: must not be Host; a URLRewrite filter's hostname changes that"}},
       {modifier("add { name: 'Content-Length' value: '0' }"),
        {field + "add[0].name: must not be Content-Length"}},
       {modifier("remove: 'transfer-encoding'"),
        {field + "remove[0]: must not be transfer-encoding"}},
       {modifier("set { name: 'x' value: 'a\\r\\nb: c' }"),
        {field + "set[0].value: must not have control characters"}},
       {modifier("set { name: 'a:b' value: 'c' }"), {field + "set[0].name: must consist of"}},
       {modifier("set { name: 'x' value: '1' } set { name: 'X' value: '2' }"),
        {field + "set[1].name: must be unique"}},
       {modifier("set { name: 'x' }"), {field + "set[0].value: required"}}});
}

TEST(ValidateHttpFilter, Redirects) {
  const std::string field = kFilter + "requestRedirect.";
  expect_violations(
      kRouteWithoutRules,
      {{redirect("scheme: 'https' hostname: 'a.example' port: 8443 status_code: 308"), {}},
       {redirect("scheme: 'ftp'"), {field + "scheme: must be http or https"}},
       {redirect("hostname: '*.example.com'"), {field + "hostname: must be one host name"}},
       {redirect("port: 0"), {field + "port: must be"}},
       {redirect("status_code: 200"), {field + "statusCode: must be 301, 302, 303, 307 or 308"}},
       {redirect("path { type: 'ReplaceFullPath' replace_full_path: '/new' }"), {}},
       {redirect("path { type: 'ReplaceFullPath' }"),
        {field + "path.replaceFullPath: required with type ReplaceFullPath"}},
       {redirect("path { type: 'ReplaceFullPath' replace_full_path: 'new' }"),
        {field + "path.replaceFullPath: must start with \"/\""}},
       {redirect("path { replace_full_path: '/' }"),
        {field + "path.type: required", field + "path.replaceFullPath: must be left out"}},
       {rule("filters { type: 'RequestRedirect' request_redirect {} } "
             "backend_refs { name: 'a' port: 1 }"),
        {"spec.rules[0].filters: must not have RequestRedirect where the rule has backendRefs"}},
       {rule("backend_refs { name: 'a' port: 1 "
             "filters { type: 'RequestRedirect' request_redirect {} } }"),
        {"spec.rules[0].backendRefs[0].filters: must not have RequestRedirect"}}});
}

TEST(ValidateHttpFilter, RewritesOfAPrefixNeedOnePrefix) {
  const std::string replaced =
      "filters { type: 'URLRewrite' url_rewrite { "
      "path { type: 'ReplacePrefixMatch' replace_prefix_match: '/b' } } } ";
  const std::string problem =
      kFilter + "urlRewrite.path.type: ReplacePrefixMatch needs a rule with exactly one match";
  const std::string prefix = "matches { path { type: 'PathPrefix' value: '/a' } } ";
  expect_violations(
      kRouteWithoutRules, {{rule(replaced + prefix), {}},
              {rule(replaced), {problem}},
              {rule(replaced + prefix + prefix), {problem}},
              {rule(replaced + "matches { path { type: 'Exact' value: '/a' } }"), {problem}}});
}

TEST(ValidateHttpFilter, WhatExcludesEachOther) {
  const std::string twice = "filters { type: 'URLRewrite' url_rewrite {} } ";
  expect_violations(
      kRouteWithoutRules,
      {{rule(twice + twice), {"spec.rules[0].filters[1].type: must be unique"}},
       {rule(twice + "filters { type: 'RequestRedirect' request_redirect {} }"),
        {"spec.rules[0].filters: must not have RequestRedirect and URLRewrite"}},
       {rewrite("hostname: 'a b'"), {kFilter + "urlRewrite.hostname: must be"}}});
}

}  // namespace
}  // namespace limpet::test
