#include "core/routing/compile_route.h"

#include <gtest/gtest.h>

#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::from_text;
using Names = std::vector<std::string>;

TEST(CompileRoute, HostnamesIntersectWithTheListeners) {
  const auto route = from_text<v1::HTTPRoute>(
      "spec { hostnames: 'Shop.example.com' hostnames: '*.example.com' hostnames: 'other.org' }");
  const v1::HTTPRoute open;
  EXPECT_EQ(effective_hostnames("", open), Names{""});
  EXPECT_EQ(effective_hostnames("a.b", open), Names{"a.b"});
  EXPECT_EQ(effective_hostnames("", route),
            (Names{"shop.example.com", "*.example.com", "other.org"}));
  EXPECT_EQ(effective_hostnames("*.example.com", route),
            (Names{"shop.example.com", "*.example.com"}));
  EXPECT_EQ(effective_hostnames("web.example.com", route), Names{"web.example.com"});
  EXPECT_EQ(effective_hostnames("*.web.example.com", route), Names{"*.web.example.com"});
  EXPECT_EQ(effective_hostnames("example.com", route), Names{});
}

TEST(CompileRoute, EveryMatchLeadsToItsRule) {
  const auto paths = compile_route(from_text<v1::HTTPRoute>(
      "metadata { name: 'r' namespace: 'n' } spec { "
      "rules { matches { path { type: 'Exact' value: '/a/' } } matches { path { value: '/b/' } } "
      "backend_refs { name: 's' port: 80 } } "
      "rules { name: 'rest' backend_refs { name: 's' port: 80 weight: 3 } } }"));
  ASSERT_EQ(paths.size(), 3U);
  EXPECT_EQ(paths[0].type, RoutePath::Type::kExact);
  EXPECT_EQ(paths[0].path, "/a/") << "exact means exact";
  EXPECT_EQ(paths[1].type, RoutePath::Type::kPrefix);
  EXPECT_EQ(paths[1].path, "/b");
  EXPECT_EQ(paths[0].ranked.rule, paths[1].ranked.rule);
  EXPECT_EQ(paths[2].path, "");
  EXPECT_EQ(paths[2].ranked.rule->name, "n/r/rest");
  EXPECT_EQ(paths[2].ranked.rule->total_weight, 3U);
}

TEST(CompileRoute, SessionsBelongToTheServicePortOrToTheSplit) {
  const auto scope = [](const std::string& route, const std::string& rule) {
    return compile_route(from_text<v1::HTTPRoute>("metadata { name: '" + route +
                                                  "' namespace: 'n' } spec { rules { " + rule +
                                                  " } }"))[0].ranked.rule->scope;
  };
  const std::string single = "backend_refs { name: 's' port: 80 } ";
  const std::string split = single + "backend_refs { name: 't' port: 80 } ";
  EXPECT_EQ(scope("a", single), scope("b", single + "matches { path { value: '/x' } }"));
  EXPECT_NE(scope("a", single), scope("a", "backend_refs { name: 's' port: 81 }"));
  EXPECT_NE(scope("a", split), scope("b", split));
  EXPECT_NE(scope("a", split), scope("a", split + "matches { path { value: '/x' } }"));
  EXPECT_EQ(scope("a", split + "name: 'r'"),
            scope("a", split + "name: 'r' matches { path { value: '/x' } }"));
}

TEST(CompileRoute, OlderRoutesRankBefore) {
  const auto ranked = [](const std::string& created, const std::string& name, int rule) {
    auto route = from_text<v1::HTTPRoute>("metadata { namespace: 'n' name: '" + name +
                                          "' creation_timestamp: '" + created + "' }");
    for (int i = 0; i <= rule; ++i) route.mutable_spec()->add_rules();
    return compile_route(route).back().ranked;
  };
  const std::string older = "2025-12-31T23:59:59Z";
  const std::string newer = "2026-01-01T00:00:00Z";
  EXPECT_TRUE(ranks_before(ranked(older, "z", 9), ranked(newer, "a", 0)));
  EXPECT_TRUE(ranks_before(ranked(newer, "a", 9), ranked(newer, "b", 0)));
  EXPECT_TRUE(ranks_before(ranked(newer, "a", 9), ranked(newer, "a-b", 0)));
  EXPECT_TRUE(ranks_before(ranked(newer, "a", 0), ranked(newer, "a", 1)));
  EXPECT_FALSE(ranks_before(ranked(newer, "a", 0), ranked(newer, "a", 0)));
  EXPECT_TRUE(ranks_before(ranked(newer, "b", 0), ranked("2026-01-01T00:00:00.5Z", "a", 0)));
  auto second_match = ranked(newer, "a", 0);
  second_match.match_index = 1;
  EXPECT_TRUE(ranks_before(ranked(newer, "a", 0), second_match));
}

TEST(CompileRoute, AgesSortAsTheirTexts) {
  const std::vector<std::string> created{"",
                                         "2025-12-31T23:59:59.999999999Z",
                                         "2026-01-01T00:00:00Z",
                                         "2026-01-01T00:00:00.001Z",
                                         "2026-01-01T00:00:00.1Z",
                                         "2026-01-01T00:00:01Z",
                                         "9999-12-31T23:59:59.999999Z"};
  for (size_t i = 1; i < created.size(); ++i) {
    EXPECT_LT(route_age(created[i - 1]), route_age(created[i])) << created[i];
  }
}

}  // namespace
}  // namespace limpet
