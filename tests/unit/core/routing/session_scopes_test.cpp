#include "core/routing/session_scopes.h"

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "core/routing/compile_cluster.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::SnapshotBuilder;
using testing::web_snapshot;

const uint64_t kWeb = service_scope("shop", "web", 80);

std::shared_ptr<const RoutingTable> table_of(SnapshotBuilder builder) {
  CompileResult result = compile(builder.build(), nullptr);
  EXPECT_TRUE(result.errors.empty());
  return result.table;
}

void add_route(SnapshotBuilder& builder, const std::string& name, const std::string& gateway,
               const std::string& rule) {
  builder.add<v1::HTTPRoute>("metadata { name: '" + name +
                             "' namespace: 'shop' } spec { parent_refs { name: '" + gateway +
                             "' } rules { " + rule + " } }");
}

TEST(SessionScopes, OfAServicePortIsWhateverRuleLeadsToItAlone) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  builder.add<v1::Gateway>(
      "metadata { name: 'inner' namespace: 'shop' } spec { listeners { name: 'http' port: 8001 "
      "protocol: 'HTTP' } }");
  add_route(builder, "other", "inner",
            "matches { path { type: 'Exact' value: '/x' } } "
            "backend_refs { name: 'web' port: 80 weight: 0 }");
  const auto table = table_of(builder);
  const auto scopes = find_session_scopes(*table, std::vector<uint64_t>{kWeb, 5});
  ASSERT_EQ(scopes.size(), 1U);
  EXPECT_EQ(scopes.at(kWeb).rule->name, "shop/web/0") << "not the one without weight";
  EXPECT_EQ(scopes.at(kWeb).gateways, (std::set<std::string>{"shop/edge", "shop/inner"}));
}

TEST(SessionScopes, OfARuleAreItsOwn) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  add_route(builder, "split", "edge",
            "matches { path { type: 'RegularExpression' value: '/s.*' } } "
            "backend_refs { name: 'web' port: 80 } backend_refs { name: 'web' port: 81 }");
  const auto table = table_of(builder);
  std::vector<uint64_t> all;
  for (const RankedRule& ranked :
       table->ports.at(8000)->listeners.at("")->hosts.at("")->patterns->rules) {
    all.push_back(ranked.rule->scope);
  }
  ASSERT_EQ(all.size(), 1U);
  EXPECT_NE(all[0], kWeb);
  const auto scopes = find_session_scopes(*table, all);
  ASSERT_EQ(scopes.size(), 1U);
  EXPECT_EQ(scopes.at(all[0]).rule->name, "shop/split/0");
}

TEST(SessionScopes, ClustersAreFoundByWhatTokensNameThemBy) {
  const auto table = table_of(web_snapshot(8000, {"10.0.0.1"}, 9000));
  const uint64_t id = cluster_id("shop", "web", 80);
  const auto clusters = find_clusters(*table, std::vector<uint64_t>{7, id});
  ASSERT_EQ(clusters.size(), 1U);
  EXPECT_EQ(clusters.at(id)->cluster.name, "shop/web:80");
  EXPECT_EQ(service_scope_of(clusters.at(id)->cluster), kWeb);
  Cluster nameless;
  EXPECT_EQ(service_scope_of(nameless), 0U);
}

TEST(SessionScopes, NamesAreThoseOfPoliciesAndRules) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  EXPECT_TRUE(session_names(*table_of(builder)).empty());
  builder.add<v1::SessionStickyPolicy>(testing::kStickyPolicyText);
  add_route(builder, "own", "edge",
            "matches { path { type: 'PathPrefix' value: '/own' } } "
            "backend_refs { name: 'web' port: 80 } "
            "session_persistence { type: 'Header' session_name: 'X-Own' }");
  EXPECT_EQ(session_names(*table_of(builder)),
            (std::set<SessionName>{{TokenPurpose::kCookie, "sid"},
                                   {TokenPurpose::kHeader, "X-Own"}}));
}

}  // namespace
}  // namespace limpet
