// From HealthCheckPolicies and the nodes' verdicts to clusters, and to where sessions go.
#include <gtest/gtest.h>

#include "core/balance/rendezvous.h"
#include "core/routing/compile.h"
#include "core/routing/compile_policy.h"
#include "core/sticky/decide.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::from_text;
using testing::SnapshotBuilder;

TEST(CompileHealth, HasItsDefaults) { EXPECT_EQ(compile_health({}), HealthSettings()); }

TEST(CompileHealth, TakesWhatIsSet) {
  HealthSettings expected;
  expected.interval_ms = 7'000;
  expected.timeout_ms = 250;
  expected.fail_timeout_ms = 9'000;
  expected.max_fails = 4;
  expected.min_passes = 5;
  expected.path = "/healthz";
  expected.host = "a.example";
  expected.matches = {{{200, 204}, "ok", {{"X", "y"}}}, {}};
  EXPECT_EQ(compile_health(from_text<v1::HealthCheckConfig>(
                "interval: 7 timeout: '250ms' fail_timeout: 9 max_fails: 4 min_passes: 5 "
                "path: '/healthz' host: 'a.example' matches { status_codes: 200 status_codes: 204 "
                "body: 'ok' headers { name: 'X' value: 'y' } } matches {}")),
            expected);
}

TEST(CompileHealth, NoFailIsOne) {
  EXPECT_EQ(compile_health(from_text<v1::HealthCheckConfig>("max_fails: 0")).max_fails, 1U);
}

class CompileVerdicts : public ::testing::Test {
 protected:
  static constexpr uint64_t kScope = 5;
  static constexpr int64_t kNow = 1'000'000;

  CompileVerdicts() {
    builder_.add<v1::Service>("metadata { name: 's' namespace: 'n' } spec { "
                              "ports { name: 'a' port: 80 } ports { name: 'b' port: 81 } }");
    builder_.add<v1::EndpointSlice>(
        "metadata { name: 's-1' namespace: 'n' "
        "labels { key: 'kubernetes.io/service-name' value: 's' } } "
        "endpoints { addresses: '10.0.0.1' hostname: 'web-0' } "
        "endpoints { addresses: '10.0.0.2' hostname: 'web-1' } "
        "endpoints { addresses: '10.0.0.3' hostname: 'web-2' } "
        "ports { name: 'a' port: 9000 } ports { name: 'b' port: 9001 }");
    for (int i = 0; i < 3; ++i) set_state(i, "");
    builder_.add<v1::HealthCheckPolicy>(
        "metadata { name: 'p' namespace: 'n' } spec { target_ref { kind: 'Service' name: 's' } "
        "ports { port: 80 } }");
  }

  // Its uid is 10 and its number.
  void set_state(int endpoint, const std::string& text) {
    builder_.put({std::string(kEndpointStateKind), "n", str_cat("s/name:web-", endpoint)},
                 serialize(from_text<v1::EndpointState>(str_cat("uid: ", 10 + endpoint, text))));
  }

  std::shared_ptr<const RoutingCluster> cluster(int port = 80) {
    CompileResult result = compile(builder_.build(), table_.get());
    EXPECT_TRUE(result.errors.empty());
    table_ = result.table;
    return *table_->clusters.find(str_cat("n/s:", port));
  }

  StickyDecision decide_at_home(const RoutingCluster& cluster, uint64_t temporary = 0) {
    OpenResult token{OpenStatus::kOk, SessionRecord(42)};
    token.record.put({kScope, cluster.cluster.id, 11, temporary, kNow, kNow, {}});
    const std::vector<StickyBackend> backends = {{&cluster.cluster, 1, nullptr}};
    return decide({kScope, backends, &policy_}, token, 99, table_->time(), kNow);
  }

  SnapshotBuilder builder_;
  std::shared_ptr<const RoutingTable> table_;
  StickyPolicy policy_;
};

TEST_F(CompileVerdicts, APolicyIsOfThePortsThatItNames) {
  EXPECT_EQ(*cluster(80)->health, HealthSettings());
  EXPECT_EQ(cluster(80)->policy_name("HealthCheckPolicy"), "n/p");
  EXPECT_EQ(cluster(81)->health, nullptr);
}

TEST_F(CompileVerdicts, AnEndpointThatIsDownServesNobodyOnThatPort) {
  set_state(1, " down { port: 80 }");
  const auto compiled = cluster(80);
  EXPECT_EQ(compiled->cluster.eligible.size(), 2U);
  const Endpoint& down = *compiled->cluster.find(11);
  EXPECT_TRUE(down.down);
  EXPECT_FALSE(down.takes_new || down.serves_sessions || down.drained);
  EXPECT_EQ(down.addresses.size(), 1U) << "it is tried on";
  EXPECT_EQ(cluster(81)->cluster.eligible.size(), 3U);
  set_state(1, "");
  EXPECT_FALSE(cluster(80)->cluster.find(11)->down);
  EXPECT_EQ(cluster(80)->cluster.eligible.size(), 3U);
}

TEST_F(CompileVerdicts, WithoutAPolicyNobodyIsDown) {
  set_state(1, " down { port: 80 } down { port: 81 }");
  EXPECT_EQ(cluster(81)->cluster.eligible.size(), 3U) << "the policy is for another port";
  EXPECT_EQ(cluster(80)->cluster.eligible.size(), 2U);
  builder_.remove({"HealthCheckPolicy", "n", "p"});
  const auto compiled = cluster(80);
  EXPECT_EQ(compiled->health, nullptr);
  EXPECT_EQ(compiled->cluster.eligible.size(), 3U);
}

TEST_F(CompileVerdicts, AllDownIsNone) {
  for (int i = 0; i < 3; ++i) set_state(i, " down { port: 80 }");
  const auto compiled = cluster(80);
  EXPECT_TRUE(compiled->cluster.eligible.empty());
  EXPECT_EQ(decide_at_home(*compiled).endpoint, nullptr);
}

TEST_F(CompileVerdicts, SessionsOfAnEndpointThatIsDownGoByThePolicy) {
  set_state(1, " down { port: 80 }");
  const auto compiled = cluster(80);
  StickyDecision decision = decide_at_home(*compiled);
  EXPECT_EQ(decision.reason, StickyReason::kUnavailable);
  EXPECT_EQ(decision.change, StickyDecision::Change::kBind);
  EXPECT_EQ(decision.endpoint, rendezvous_choice(compiled->cluster, 42, {}));
  policy_.on_unavailable = OnUnavailable::kReject;
  decision = decide_at_home(*compiled);
  EXPECT_EQ(decision.reason, StickyReason::kUnavailable);
  EXPECT_TRUE(decision.refuse);
}

TEST_F(CompileVerdicts, WhoWasServedElsewhereMeanwhileComesHome) {
  policy_.on_unavailable = OnUnavailable::kRebindTemporarily;
  set_state(1, " down { port: 80 }");
  const auto compiled = cluster(80);
  const StickyDecision away = decide_at_home(*compiled);
  EXPECT_EQ(away.reason, StickyReason::kUnavailable);
  EXPECT_EQ(away.change, StickyDecision::Change::kBindForNow);
  const uint64_t stand_in = away.endpoint->uid;
  EXPECT_EQ(decide_at_home(*compiled, stand_in).endpoint->uid, stand_in);
  set_state(1, "");
  const auto recovered = cluster(80);
  const StickyDecision home = decide_at_home(*recovered, stand_in);
  EXPECT_EQ(home.reason, StickyReason::kHit);
  EXPECT_EQ(home.change, StickyDecision::Change::kReturn);
  EXPECT_EQ(home.endpoint->uid, 11U);
}

TEST_F(CompileVerdicts, AnOperatorsDrainGoesBefore) {
  set_state(1, " drain { over: true } down { port: 80 }");
  EXPECT_EQ(decide_at_home(*cluster(80)).reason, StickyReason::kDrained);
}

}  // namespace
}  // namespace limpet
