#include "core/routing/compile_filters.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace limpet {
namespace {

std::shared_ptr<const RouteFilters> filters_of(const std::string& text) {
  v1::HTTPRoute route;
  route.mutable_metadata()->set_namespace_("n");
  v1::HTTPRouteRule rule;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &rule)) << text;
  return compile_filters(rule.filters(), {route, rule, {}});
}

TEST(CompileFilters, NoneIsNull) {
  EXPECT_EQ(filters_of("matches { path { value: '/a' } }"), nullptr);
}

TEST(CompileFilters, HeaderChanges) {
  const auto filters = filters_of(
      "filters { type: 'RequestHeaderModifier' request_header_modifier { "
      "  set { name: 'X-A' value: '1' } add { name: 'x-b' value: '2' } remove: 'x-c' } } "
      "filters { type: 'ResponseHeaderModifier' response_header_modifier { remove: 'Server' } }");
  ASSERT_EQ(filters->request.set.size(), 1U);
  EXPECT_EQ(filters->request.set[0].name, "X-A");
  EXPECT_EQ(filters->request.add[0].value, "2");
  EXPECT_TRUE(filters->request.replaces("x-a"));
  EXPECT_TRUE(filters->request.replaces("X-C"));
  EXPECT_FALSE(filters->request.replaces("x-b")) << "it is added beside what is there";
  EXPECT_TRUE(filters->response.replaces("server"));
  EXPECT_FALSE(filters->broken);
}

TEST(CompileFilters, ThePrefixThatIsReplacedIsTheMatchs) {
  const auto filters = filters_of(
      "matches { path { type: 'PathPrefix' value: '/foo/' } } "
      "filters { type: 'URLRewrite' url_rewrite { hostname: 'In.Example' "
      "  path { type: 'ReplacePrefixMatch' replace_prefix_match: '/xyz' } } }");
  ASSERT_TRUE(filters->rewrite);
  EXPECT_EQ(filters->rewrite->hostname, "in.example");
  std::string path;
  filters->rewrite->path.apply("/foo/bar", path);
  EXPECT_EQ(path, "/xyz/bar");
}

TEST(CompileFilters, Redirects) {
  const auto filters = filters_of(
      "filters { type: 'RequestRedirect' request_redirect { scheme: 'https' port: 8443 "
      "  path { type: 'ReplaceFullPath' replace_full_path: '/new' } } }");
  ASSERT_TRUE(filters->redirect);
  EXPECT_EQ(filters->redirect->scheme, "https");
  EXPECT_EQ(filters->redirect->port, 8443);
  EXPECT_EQ(filters->redirect->status, 302);
  std::string path;
  filters->redirect->path.apply("/old", path);
  EXPECT_EQ(path, "/new");
}

// Gateway API, HTTPRouteFilter.extensionRef: the filter must not be skipped.
TEST(CompileFilters, WhatCannotBeAppliedBreaksTheRule) {
  EXPECT_TRUE(filters_of("filters { type: 'ExtensionRef' extension_ref { kind: 'X' name: 'x' } }")
                  ->broken);
}

TEST(CompileFilters, MirrorsAndTheirShares) {
  const auto mirror = [](const std::string& fields) {
    return "filters { type: 'RequestMirror' request_mirror { " + fields + " } } ";
  };
  const auto filters = filters_of(mirror("backend_ref { name: 'all' port: 1 }") +
                                  mirror("backend_ref { name: 'some' port: 2 } percent: 30") +
                                  mirror("backend_ref { name: 'few' port: 3 } "
                                         "fraction { numerator: 1 denominator: 1000 }"));
  ASSERT_EQ(filters->mirrors.size(), 3U);
  EXPECT_EQ(filters->mirrors[0].cluster.name, "n/all:1");
  EXPECT_EQ(filters->mirrors[0].numerator, filters->mirrors[0].denominator);
  EXPECT_EQ(filters->mirrors[1].numerator, 30U);
  EXPECT_EQ(filters->mirrors[1].denominator, 100U);
  EXPECT_EQ(filters->mirrors[2].numerator, 1U);
  EXPECT_EQ(filters->mirrors[2].denominator, 1000U);
  EXPECT_FALSE(filters->broken);
}

TEST(CompileFilters, AMirrorThatLeadsNowhereIsLeftOut) {
  const auto filters = filters_of(
      "filters { type: 'RequestMirror' request_mirror { backend_ref { name: 'a' port: 1 "
      "  namespace: 'other' } } } "
      "filters { type: 'RequestMirror' request_mirror { backend_ref { name: 'a' port: 1 "
      "  kind: 'Bucket' } } }");
  EXPECT_TRUE(filters->mirrors.empty());
  EXPECT_FALSE(filters->broken) << "the request goes on without it";
}

TEST(CompileFilters, Cors) {
  const auto filters = filters_of(
      "filters { type: 'CORS' cors { allow_origins: ['https://a.example', 'https://*.b.example'] "
      "  allow_credentials: true allow_methods: ['GET', 'PUT'] allow_headers: '*' "
      "  expose_headers: ['x-a', 'x-b'] max_age: 60 } }");
  ASSERT_TRUE(filters->cors);
  EXPECT_TRUE(filters->cors->credentials);
  EXPECT_EQ(filters->cors->methods, "GET, PUT");
  EXPECT_EQ(filters->cors->headers, "*");
  EXPECT_EQ(filters->cors->exposed, "x-a, x-b");
  EXPECT_EQ(filters->cors->max_age_s, 60);
  EXPECT_TRUE(filters->cors->allows("https://a.example"));
  EXPECT_TRUE(filters->cors->allows("https://x.y.b.example"));
  EXPECT_FALSE(filters->cors->allows("https://b.example"));
  EXPECT_FALSE(filters->cors->answers_all_alike());
  EXPECT_EQ(filters_of("filters { type: 'CORS' cors {} }")->cors->max_age_s, 5);
}

}  // namespace
}  // namespace limpet
