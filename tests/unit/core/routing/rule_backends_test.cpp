#include "core/routing/rule_backends.h"

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "core/routing/match.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::SnapshotBuilder;
using testing::web_snapshot;

class RuleBackendsTest : public ::testing::Test {
 protected:
  const RuleBackends& found(SnapshotBuilder builder) {
    CompileResult compiled = compile(builder.build(), nullptr);
    EXPECT_TRUE(compiled.errors.empty());
    table_ = std::move(compiled.table);
    rule_ = match(*table_->ports.at(8000), {"h", "/"}).rule;
    backends_ = RuleBackends();
    find_backends(*table_, *rule_, backends_);
    return backends_;
  }
  static void add_route(SnapshotBuilder& builder, const std::string& rule) {
    builder.add<v1::HTTPRoute>(
        "metadata { name: 'web' namespace: 'shop' } spec { parent_refs { name: 'edge' } "
        "rules { " + rule + " } }");
  }

  std::shared_ptr<const RoutingTable> table_;
  const RouteRule* rule_ = nullptr;
  RuleBackends backends_;
};

TEST_F(RuleBackendsTest, HaveTheClusterItsEvictionsAndItsPolicy) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  EXPECT_EQ(found(builder).policy, nullptr);
  builder.add<v1::SessionStickyPolicy>(testing::kStickyPolicyText);
  v1::ServiceState state;
  state.add_evictions()->set_revision(1);
  builder.put({std::string(kServiceStateKind), "shop", "web"}, serialize(state));
  const RuleBackends& backends = found(builder);
  ASSERT_EQ(backends.count, 1U);
  ASSERT_NE(backends.policy, nullptr);
  EXPECT_EQ(backends.policy->name, "sid");
  EXPECT_EQ(backends.policy_of, backends.clusters[0]);
  EXPECT_EQ(backends.for_sessions()[0].cluster, &backends.clusters[0]->cluster);
  ASSERT_NE(backends.for_sessions()[0].evictions, nullptr);
  EXPECT_EQ(backends.for_sessions()[0].evictions->all.revision, 1U);
  EXPECT_EQ(purpose_of(*backends.policy), TokenPurpose::kCookie);
}

TEST_F(RuleBackendsTest, TheRulesOwnPolicyGoesFirst) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  builder.add<v1::SessionStickyPolicy>(testing::kStickyPolicyText);
  add_route(builder,
            "backend_refs { name: 'web' port: 80 } "
            "session_persistence { type: 'Header' session_name: 'X-Own' }");
  const RuleBackends& backends = found(builder);
  ASSERT_NE(backends.policy, nullptr);
  EXPECT_EQ(backends.policy->name, "X-Own");
  EXPECT_EQ(backends.policy_of, nullptr);
  EXPECT_EQ(purpose_of(*backends.policy), TokenPurpose::kHeader);
}

TEST_F(RuleBackendsTest, InvalidOnesKeepTheirPlaceAndThePolicyIsThatOfTheFirstThatHasOne) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  builder.add<v1::SessionStickyPolicy>(testing::kStickyPolicyText);
  add_route(builder,
            "backend_refs { name: 'nobody' port: 80 } backend_refs { name: 'web' port: 80 }");
  const RuleBackends& backends = found(builder);
  ASSERT_EQ(backends.count, 2U);
  EXPECT_EQ(backends.clusters[0], nullptr);
  EXPECT_EQ(backends.for_sessions()[0].cluster, nullptr);
  EXPECT_EQ(backends.policy_of, backends.clusters[1]);
}

}  // namespace
}  // namespace limpet
