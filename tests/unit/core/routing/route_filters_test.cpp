#include "core/routing/route_filters.h"

#include <array>

#include <gtest/gtest.h>

namespace limpet {
namespace {

std::string changed(const PathChange& change, std::string_view path) {
  std::string out = "before";
  change.apply(path, out);
  EXPECT_TRUE(out.starts_with("before")) << "it is appended";
  return out.substr(6);
}

// The table of Gateway API, HTTPPathModifier.replacePrefixMatch. The prefix is that of the match
// as it is looked up: "/foo/" there is "/foo" here.
TEST(PathChange, ReplacesAPrefixAsTheSpecificationHasIt) {
  constexpr struct {
    std::string_view path, prefix, value, expected;
  } kCases[] = {
      {"/foo/bar", "/foo", "/xyz", "/xyz/bar"},  // also where the match is "/foo/"
      {"/foo/bar", "/foo", "/xyz/", "/xyz/bar"},
      {"/foo", "/foo", "/xyz", "/xyz"},
      {"/foo/", "/foo", "/xyz", "/xyz/"},
      {"/foo/bar", "/foo", "", "/bar"},
      {"/foo/", "/foo", "", "/"},
      {"/foo", "/foo", "", "/"},
      {"/foo/", "/foo", "/", "/"},
      {"/foo", "/foo", "/", "/"},
      // Not in the table.
      {"/foo", "/foo", "/xyz/", "/xyz/"},
      {"/foo/", "/foo", "/xyz/", "/xyz/"},
      {"/foo/bar/", "/foo", "/", "/bar/"},
      {"/foo//bar", "/foo", "/xyz", "/xyz//bar"},
      {"/foo/foo", "/foo", "/xyz", "/xyz/foo"},
  };
  for (const auto& [path, prefix, value, expected] : kCases) {
    const PathChange change{PathChange::Type::kPrefix, std::string(value), std::string(prefix)};
    EXPECT_EQ(changed(change, path), expected) << path << " by " << value;
  }
}

TEST(PathChange, APrefixOfEverythingIsPutBefore) {
  for (const auto& [value, path, expected] :
       {std::array{"/v2", "/a", "/v2/a"}, std::array{"/v2/", "/a", "/v2/a"},
        std::array{"/v2", "/", "/v2/"}, std::array{"/", "/a", "/a"}, std::array{"", "/a", "/a"},
        std::array{"", "/", "/"}}) {
    EXPECT_EQ(changed({PathChange::Type::kPrefix, value, ""}, path), expected) << value;
  }
}

TEST(PathChange, ReplacesAWholePath) {
  EXPECT_EQ(changed({PathChange::Type::kFull, "/all", ""}, "/foo/bar"), "/all");
  EXPECT_EQ(changed({PathChange::Type::kFull, "/all/", ""}, "/"), "/all/");
  EXPECT_EQ(changed({PathChange::Type::kFull, "", ""}, "/foo"), "/");
}

TEST(PathChange, NoneKeepsThePath) { EXPECT_EQ(changed({}, "/foo/bar/"), "/foo/bar/"); }

TEST(HeaderChanges, WhatIsSetOrRemovedReplacesFieldsInAnyCase) {
  HeaderChanges changes;
  EXPECT_TRUE(changes.empty());
  EXPECT_FALSE(changes.replaces("x-a"));
  changes.add.push_back({"X-A", "1"});
  EXPECT_FALSE(changes.empty());
  EXPECT_FALSE(changes.replaces("X-A")) << "it stands beside what is there";
  changes.set.push_back({"X-B", "1"});
  changes.remove.emplace_back("x-C");
  EXPECT_TRUE(changes.replaces("x-b"));
  EXPECT_TRUE(changes.replaces("X-c"));
  EXPECT_FALSE(changes.replaces("X-")) << "a whole name";
}

TEST(CorsFilter, AllowsOriginsByNameWildcardAndPort) {
  constexpr struct {
    std::string_view pattern, origin;
    bool covered;
  } kCases[] = {
      {"https://a.example", "https://a.example", true},
      {"https://A.example", "HTTPS://a.EXAMPLE", true},
      {"https://a.example", "http://a.example", false},
      {"https://a.example", "https://a.example:8443", false},
      // A scheme's own port is the same as none.
      {"https://a.example:443", "https://a.example", true},
      {"http://a.example", "http://a.example:80", true},
      {"https://a.example", "https://a.example:80", false},
      // Any number of labels, at least one.
      {"https://*.a.example", "https://b.a.example", true},
      {"https://*.a.example", "https://c.b.a.example", true},
      {"https://*.a.example", "https://a.example", false},
      {"https://*.a.example", "https://.a.example", false},
      {"https://*.a.example", "https://ba.example", false},
      {"https://*.a.example", "https://b.a.example.evil", false},
      {"https://*.a.example", "https://b.a.example:8443", false},
      {"https://*.a.example:8443", "https://b.a.example:8443", true},
      {"https://*.a.example:8443", "https://b.a.example", false},
      // By itself: every host, and the one port.
      {"https://*", "https://b.a.example", true},
      {"https://*", "https://b.a.example:8443", false},
      {"https://*", "https://[::1]", true},
      {"https://*", "http://b.a.example", false},
      {"https://*", "https://", false},
      {"https://a.example", "null", false},
  };
  for (const auto& [pattern, origin, covered] : kCases) {
    CorsFilter cors;
    cors.origins.push_back(OriginPattern::parse(pattern));
    EXPECT_EQ(cors.allows(origin), covered) << pattern << " and " << origin;
  }
}

TEST(CorsFilter, EveryOriginOrNone) {
  CorsFilter cors;
  EXPECT_FALSE(cors.allows("https://a.example"));
  EXPECT_FALSE(cors.answers_all_alike());
  cors.any_origin = true;
  EXPECT_TRUE(cors.allows("null"));
  EXPECT_TRUE(cors.answers_all_alike());
  cors.credentials = true;
  EXPECT_FALSE(cors.answers_all_alike()) << "each is told its own name";
}

}  // namespace
}  // namespace limpet
