#include "server/explain_session.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "core/routing/compile_cluster.h"
#include "core/snapshot/wire.h"
#include "core/sticky/token.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::SnapshotBuilder;
using testing::web_snapshot;

constexpr int64_t kNow = 1'700'000'000;
constexpr uint64_t kSessionId = 0xABCDEF;

std::shared_ptr<const RoutingTable> table_of(const Snapshot& snapshot) {
  CompileResult result = compile(snapshot, nullptr);
  EXPECT_TRUE(result.errors.empty());
  return result.table;
}

// "shop/web:80" with two endpoints and the cookie "sid", at revision 1.
class ExplainSession : public ::testing::Test {
 protected:
  ExplainSession() {
    builder_.add<v1::SessionStickyPolicy>(testing::kStickyPolicyText);
    publish();
  }

  // What was added to the builder is the head, and the head before it the past's.
  void publish() {
    head_ = table_of(builder_.build());
    past_[head_->state.revision] = head_;
  }
  const RoutingCluster& web(const RoutingTable& table) const {
    return **table.clusters.find("shop/web:80");
  }
  uint64_t uid(size_t i) const { return web(*head_).cluster.endpoints[i].uid; }
  std::string name(size_t i) const { return web(*head_).cluster.endpoints[i].name; }

  Binding binding(size_t endpoint) const {
    Binding made;
    made.scope = service_scope("shop", "web", 80);
    made.backend = cluster_id("shop", "web", 80);
    made.endpoint = uid(endpoint);
    made.created_unix_s = kNow - 300;
    made.last_seen_unix_s = kNow - 60;
    made.decided_at = head_->time();
    return made;
  }
  std::string seal(const std::vector<Binding>& bindings, const std::string& name = "sid",
                   TokenPurpose purpose = TokenPurpose::kCookie) const {
    SessionRecord record(kSessionId);
    for (const Binding& one : bindings) record.put(one);
    TokenCodec codec(node_number_of("node-1"), [](std::span<unsigned char> bytes) {
      for (unsigned char& byte : bytes) byte = 9;
    });
    return codec.seal(record, head_->keys, purpose, name);
  }

  void connect(const std::string& id, const StateId& state, const std::string& gateway = "") {
    v1::NodeStatus& node = nodes_.emplace_back();
    node.set_node_id(id);
    node.set_connected(true);
    *node.mutable_active() = to_proto(state);
    if (!gateway.empty()) node.add_gateways(gateway);
  }

  v1::ExplainSessionResponse explain(const std::string& token, const std::string& name = "") {
    v1::ExplainSessionRequest request;
    request.set_token(token);
    request.set_name(name);
    asked_.clear();
    const auto table_at = [&](uint64_t revision) {
      asked_.push_back(revision);
      const auto found = past_.find(revision);
      return found == past_.end() ? nullptr : found->second;
    };
    const auto response = explain_session(request, *head_, nodes_, table_at, kNow);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *response : v1::ExplainSessionResponse();
  }
  std::vector<std::string> reasons(const std::string& token) {
    std::vector<std::string> reasons;
    const v1::ExplainSessionResponse session = explain(token);
    for (const auto& verdict : session.places(0).verdicts()) {
      reasons.push_back(verdict.reason());
    }
    return reasons;
  }
  void evict() {
    v1::ServiceState state;
    v1::ServiceState::Eviction& eviction = *state.add_evictions();
    eviction.set_epoch(head_->state.epoch.value());
    eviction.set_revision(head_->state.revision + 1);
    builder_.put({std::string(kServiceStateKind), "shop", "web"}, serialize(state));
    publish();
  }

  SnapshotBuilder builder_ = web_snapshot(8000, {"10.0.0.1", "10.0.0.2"}, 9000);
  std::shared_ptr<const RoutingTable> head_;
  std::map<uint64_t, std::shared_ptr<const RoutingTable>> past_;
  std::vector<v1::NodeStatus> nodes_;
  std::vector<uint64_t> asked_;  // revisions, by the last explanation
};

TEST_F(ExplainSession, TellsWhatStandsInTheToken) {
  connect("node-1", head_->state);
  const auto session = explain(seal({binding(1)}));
  EXPECT_EQ(session.status(), "ok");
  EXPECT_EQ(session.name(), "sid");
  EXPECT_EQ(session.key_id(), 1000U);
  EXPECT_EQ(session.node_number(), node_number_of("node-1"));
  EXPECT_EQ(session.sealed_by(), "node-1");
  EXPECT_EQ(session.session_id(), kSessionId);
  ASSERT_EQ(session.places_size(), 1);
  const auto& place = session.places(0);
  EXPECT_EQ(place.scope(), "Service shop/web:80");
  EXPECT_EQ(place.policy(), "SessionStickyPolicy shop/sticky");
  EXPECT_EQ(place.service(), "shop/web:80");
  EXPECT_EQ(place.endpoint(), name(1));
  EXPECT_EQ(place.temporary(), "");
  EXPECT_EQ(place.created_unix_s(), kNow - 300);
  EXPECT_EQ(place.last_seen_unix_s(), kNow - 60);
  EXPECT_EQ(place.expires_unix_s(), kNow + 300);
  EXPECT_EQ(place.idle_until_unix_s(), 0);
  EXPECT_EQ(Epoch(place.decided_at().epoch()).created(), head_->state.epoch.created());
  EXPECT_EQ(place.decided_at().revision(), head_->state.revision);
}

TEST_F(ExplainSession, TellsWhatTheNextRequestMeets) {
  connect("node-1", head_->state);
  const auto session = explain(seal({binding(1)}));
  ASSERT_EQ(session.places(0).verdicts_size(), 2);
  EXPECT_EQ(session.places(0).verdicts(0).node(), "") << "the head's first";
  EXPECT_EQ(session.places(0).verdicts(1).node(), "node-1");
  for (const auto& verdict : session.places(0).verdicts()) {
    EXPECT_EQ(verdict.reason(), "hit");
    EXPECT_EQ(verdict.endpoint(), name(1));
    EXPECT_EQ(verdict.change(), "none");
    EXPECT_EQ(verdict.state().revision(), head_->state.revision);
    EXPECT_FALSE(verdict.refused());
  }
  EXPECT_TRUE(asked_.empty()) << "who is at the head needs no other table";
}

TEST_F(ExplainSession, ANodeThatIsBehindIsJudgedByWhatItServes) {
  const std::string token = seal({binding(0)});
  const StateId before = head_->state;
  evict();
  connect("ahead", head_->state);
  connect("behind", before);
  connect("behind-too", before);
  EXPECT_EQ(reasons(token), (std::vector<std::string>{"evicted", "evicted", "hit", "hit"}));
  EXPECT_EQ(asked_, std::vector<uint64_t>{before.revision}) << "once";
  const auto evicted = explain(token).places(0).verdicts(0);
  EXPECT_EQ(evicted.endpoint(), "") << "the balancer chooses";
  EXPECT_EQ(evicted.change(), "bind");
}

TEST_F(ExplainSession, WhatWasBoundAfterAnEvictionStays) {
  evict();
  EXPECT_EQ(reasons(seal({binding(0)})), std::vector<std::string>{"hit"});
}

TEST_F(ExplainSession, SaysSoWhereItIsNotKnownWhatANodeServes) {
  const std::string token = seal({binding(0)});
  StateId other = head_->state;
  other.epoch = Epoch(99);
  connect("of-another-database", other);
  connect("empty", StateId());
  connect("compacted", {head_->state.epoch, 77, {}});
  connect("gone", head_->state);
  nodes_.back().set_connected(false);
  EXPECT_EQ(reasons(token), (std::vector<std::string>{"hit", "unknown", "unknown", "unknown"}));
}

TEST_F(ExplainSession, MakesFewTables) {
  const std::string token = seal({binding(0)});
  for (int i = 0; i < 12; ++i) {
    connect(str_cat("node-", 10 + i), head_->state);
    builder_.put({"Other", "shop", "x"}, str_cat(i));
    publish();
  }
  std::vector<std::string> expected(1 + kMaxPastTables, "hit");
  expected.resize(13, "unknown");
  EXPECT_EQ(reasons(token), expected);
  EXPECT_EQ(asked_.size(), kMaxPastTables);
}

TEST_F(ExplainSession, ANodeOfOtherGatewaysHasNoSuchSession) {
  connect("edge", head_->state, "shop/edge");
  connect("inner", head_->state, "shop/inner");
  EXPECT_EQ(reasons(seal({binding(0)})),
            (std::vector<std::string>{"hit", "hit", "not routed"}));
}

TEST_F(ExplainSession, APlaceThatNoRuleLeadsToIsStillNamed) {
  const std::string token = seal({binding(0)});
  builder_.remove({"HTTPRoute", "shop", "web"});
  publish();
  const auto place = explain(token).places(0);
  EXPECT_EQ(place.scope(), "Service shop/web:80");
  EXPECT_EQ(place.endpoint(), name(0));
  EXPECT_EQ(place.expires_unix_s(), kNow + 300);
  EXPECT_EQ(place.verdicts(0).reason(), "not routed");
}

TEST_F(ExplainSession, WhatIsGoneIsNotNamed) {
  Binding gone = binding(0);
  gone.endpoint = 12345;
  const std::string token = seal({gone});
  const auto place = explain(token).places(0);
  EXPECT_EQ(place.endpoint(), "");
  EXPECT_EQ(place.verdicts(0).reason(), "gone");
  EXPECT_NE(place.verdicts(0).endpoint(), "") << "its replacement, the same at every node";
  builder_.remove({"Service", "shop", "web"});
  publish();
  const auto nowhere = explain(token, "sid").places(0);
  EXPECT_EQ(nowhere.service(), "");
  EXPECT_EQ(nowhere.policy(), "");
  EXPECT_EQ(nowhere.expires_unix_s(), 0);
}

TEST_F(ExplainSession, ARuleOfItsOwnIsTheScope) {
  builder_.add<v1::HTTPRoute>(
      "metadata { name: 'web' namespace: 'shop' } spec { parent_refs { name: 'edge' } "
      "rules { backend_refs { name: 'web' port: 80 } session_persistence { "
      "session_name: 'own' idle_timeout: '90s' absolute_timeout: '1h' } } }");
  publish();
  Binding own = binding(0);
  const auto& rules = *head_->ports.at(8000)->listeners.at("")->hosts.at("")->prefixes.find("");
  own.scope = rules[0].rule->scope;
  own.temporary = uid(1);
  const auto session = explain(seal({own, binding(1)}, "own"));
  ASSERT_EQ(session.places_size(), 2);
  const auto& place = session.places(0);
  EXPECT_EQ(place.scope(), "HTTPRoute shop/web/0");
  EXPECT_EQ(place.policy(), "sessionPersistence");
  EXPECT_EQ(place.service(), "shop/web:80");
  EXPECT_EQ(place.temporary(), name(1));
  EXPECT_EQ(place.expires_unix_s(), kNow - 300 + 3600);
  EXPECT_EQ(place.idle_until_unix_s(), kNow - 60 + 90);
  EXPECT_EQ(place.verdicts(0).change(), "return");
  EXPECT_EQ(session.places(1).verdicts(0).reason(), "not routed");
}

TEST_F(ExplainSession, TakesTheTokenAsPeopleCopyIt) {
  const std::string token = seal({binding(0)});
  EXPECT_EQ(explain("sid=" + token).status(), "ok");
  EXPECT_EQ(explain(" sid=" + token + "; path=/; HttpOnly\r\n").status(), "ok");
  EXPECT_EQ(explain(token, "sid").status(), "ok");
  EXPECT_EQ(explain(token, "other").status(), "tampered") << "the name is a part of the seal";
  EXPECT_EQ(explain("other=" + token).status(), "tampered");
  const std::string field = seal({binding(0)}, "X-Session", TokenPurpose::kHeader);
  EXPECT_EQ(explain(field, "X-Session").name(), "X-Session");
  EXPECT_EQ(explain(field).status(), "tampered") << "no policy has that name";
}

TEST_F(ExplainSession, NamesOfFieldsAreTheSameInAnyCase) {
  builder_.add<v1::SessionStickyPolicy>(
      "metadata { name: 'sticky' namespace: 'shop' } spec { target_ref { kind: 'Service' "
      "name: 'web' } ports { port: 80 config { type: 'Header' cookie_name: 'X-Session' } } }");
  publish();
  const std::string token = seal({binding(0)}, "X-Session", TokenPurpose::kHeader);
  EXPECT_EQ(explain(token, "x-session").name(), "X-Session");
  EXPECT_EQ(explain(token).status(), "ok");
}

TEST_F(ExplainSession, SaysWhyATokenDoesNotOpen) {
  std::string tampered = seal({binding(0)});
  tampered[tampered.size() / 2] = tampered[tampered.size() / 2] == 'A' ? 'B' : 'A';
  const auto session = explain(tampered);
  EXPECT_EQ(session.status(), "tampered");
  EXPECT_EQ(session.key_id(), 1000U);
  EXPECT_EQ(session.session_id(), 0U);
  EXPECT_EQ(session.places_size(), 0);
  EXPECT_EQ(explain("abc").status(), "malformed");
  EXPECT_EQ(explain(std::string(100'000, 'a')).status(), "malformed");
  const std::string token = seal({binding(0)});
  builder_.remove({std::string(kStickyKeyKind), "", "1000"}).add_key(1001, 'n');
  publish();
  EXPECT_EQ(explain(token).status(), "key lost");
  builder_.remove({std::string(kStickyKeyKind), "", "1001"}).add_key(999, 'n');
  publish();
  EXPECT_EQ(explain(token).status(), "ahead");
}

TEST_F(ExplainSession, RefusesWhatNamesNoToken) {
  const auto refused = [&](const std::string& token, const std::string& name) {
    v1::ExplainSessionRequest request;
    request.set_token(token);
    request.set_name(name);
    return absl::IsInvalidArgument(
        explain_session(request, *head_, {}, [](uint64_t) { return nullptr; }, kNow).status());
  };
  EXPECT_TRUE(refused("", ""));
  EXPECT_TRUE(refused(" \n", "sid"));
  EXPECT_TRUE(refused("sid=", ""));
  EXPECT_TRUE(refused("sid=abc", "other"));
  EXPECT_FALSE(refused("sid=abc", "sid"));
}

}  // namespace
}  // namespace limpet
