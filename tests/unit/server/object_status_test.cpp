#include "server/object_status.h"

#include <gtest/gtest.h>

#include "core/base/text.h"
#include "core/routing/compile.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

const Epoch kEpoch(7);
const EntryKey kRoute{"HTTPRoute", "shop", "web"};

class ObjectStatusTest : public ::testing::Test {
 protected:
  v1::NodeStatus& node(const std::string& id, uint64_t active) {
    v1::NodeStatus& status = nodes_.emplace_back();
    status.set_node_id(id);
    status.set_connected(true);
    status.mutable_active()->set_epoch(kEpoch.value());
    status.mutable_active()->set_revision(active);
    return status;
  }
  static void refuses(v1::NodeStatus& node, uint64_t revision, const EntryKey& key,
                      const std::string& field = "spec") {
    node.set_rejected_revision(revision);
    v1::Nack::Reason& reason = *node.add_rejected_reasons();
    reason.mutable_object()->set_kind(key.kind);
    reason.mutable_object()->set_namespace_(key.ns);
    reason.mutable_object()->set_name(key.name);
    reason.set_field(field);
    reason.set_message("no good");
  }
  static void cannot_open(v1::NodeStatus& node, uint32_t port) {
    v1::Report::FailedListener& failed = *node.mutable_report()->add_failed_listeners();
    failed.set_port(port);
    failed.set_message("in use");
  }

  // "False NodesPending: message | desired active rejected stale"
  std::string told(uint64_t revision, const std::set<uint32_t>& ports = {}) const {
    const auto [active, counts] = facts().tell({kRoute, revision, ports});
    return str_cat(active.status, " ", active.reason, ": ", active.message, " | ", counts.desired(),
                   " ", counts.active(), " ", counts.rejected(), " ", counts.stale());
  }

  NodeFacts facts() const {
    return NodeFacts(nodes_, kEpoch, [&](const GatewayNames& gateways) {
      return std::optional<Snapshot>(part_of(whole_, gateways));
    });
  }

  std::vector<v1::NodeStatus> nodes_;
  Snapshot whole_ = testing::web_snapshot(8000, {"10.0.0.1"}, 9000).build();
};

TEST_F(ObjectStatusTest, WithoutNodesNothingIsServed) {
  EXPECT_EQ(told(5), "False NoNodes: no node is connected | 0 0 0 0");
  node("a", 5).set_connected(false);
  EXPECT_EQ(told(5), "False NoNodes: no node is connected | 0 0 0 0");
}

TEST_F(ObjectStatusTest, ServedFromTheObjectsLastChangeOn) {
  node("a", 5);
  node("b", 9);
  EXPECT_EQ(told(5), "True AllNodesActive: 2 of 2 nodes | 2 2 0 0");
  EXPECT_EQ(told(6), "False NodesPending: 1 of 2 nodes; waiting for a | 2 1 0 0");
}

TEST_F(ObjectStatusTest, AnotherEpochsRevisionIsNone) {
  v1::NodeStatus& held = node("a", 100);
  held.mutable_active()->set_epoch(6);
  held.set_held(true);
  held.add_rejected_reasons()->set_message("of another database");
  EXPECT_EQ(told(5),
            "False NodesPending: 0 of 1 nodes; waiting for a (holds another database's state; "
            "gwctl nodes adopt) | 1 0 0 0");
}

TEST_F(ObjectStatusTest, ManyNodesAreCounted) {
  for (const char* id : {"a", "b", "c", "d", "e"}) node(id, 1);
  EXPECT_EQ(told(2), "False NodesPending: 0 of 5 nodes; waiting for a; b; c; and 2 more | 5 0 0 0");
}

TEST_F(ObjectStatusTest, TellsWhoRefusesItAndWhy) {
  node("a", 7);
  v1::NodeStatus& b = node("b", 6);
  refuses(b, 7, kRoute, "spec.rules[0]");
  refuses(b, 7, kRoute, "spec.rules[1]");
  EXPECT_EQ(told(7),
            "False Rejected: 1 of 2 nodes; b refuses revision 7: spec.rules[0]: no good; "
            "b refuses revision 7: spec.rules[1]: no good | 2 1 1 0");
  EXPECT_EQ(told(6), "True AllNodesActive: 2 of 2 nodes | 2 2 0 0") << "as it was before";
  EXPECT_EQ(told(8), "False NodesPending: 0 of 2 nodes; waiting for b; a | 2 0 0 0")
      << "the refusal was of an older one";
}

TEST_F(ObjectStatusTest, ARefusalForAnotherObjectKeepsThisOneWaiting) {
  refuses(node("a", 6), 7, {"HTTPRoute", "shop", "other"});
  EXPECT_EQ(told(7),
            "False NodesPending: 0 of 1 nodes; waiting for a (refuses the revision for something "
            "else; gwctl nodes) | 1 0 0 0");
}

TEST_F(ObjectStatusTest, APortThatANodeCannotOpen) {
  cannot_open(node("a", 7), 8000);
  node("b", 7);
  EXPECT_EQ(told(7, {8000, 8001}),
            "False ListenerFailed: 1 of 2 nodes; a: port 8000: in use | 2 1 0 0");
  EXPECT_EQ(told(7, {8001}), "True AllNodesActive: 2 of 2 nodes | 2 2 0 0");
  EXPECT_EQ(told(8, {8000}), "False ListenerFailed: 0 of 2 nodes; a: port 8000: in use | 2 0 0 0");
}

TEST_F(ObjectStatusTest, OnlyNodesThatGetItCount) {
  node("all", 7);
  node("edge", 7).add_gateways("shop/edge");
  v1::NodeStatus& other = node("other", 7);
  other.add_gateways("shop/other");
  cannot_open(other, 8000);
  EXPECT_EQ(told(7, {8000}), "True AllNodesActive: 2 of 2 nodes | 2 2 0 0");
  nodes_ = {other};
  EXPECT_EQ(told(7),
            "False NoNodes: no connected node serves a Gateway that leads to it | 0 0 0 0");
}

TEST_F(ObjectStatusTest, ASilentNodeIsNamed) {
  node("a", 7).set_stale(true);
  EXPECT_EQ(told(7), "True AllNodesActive: 1 of 1 nodes (not heard of in time: a) | 1 1 0 1");
}

TEST_F(ObjectStatusTest, GoesBehindWhatTheConfigurationSays) {
  const CompileResult compiled = compile(whole_, nullptr);
  cannot_open(node("a", 1), 8000);
  const auto types_of = [&](const RoutingTable* table, const EntryKey& key) {
    const EntryPtr entry = whole_.find(key);
    v1::Resource resource = parse_resource(key.kind, entry->bytes).value();
    tell_status(table, {secrets_in(whole_)}, facts(), *entry, resource);
    std::vector<std::string> types;
    const auto add = [&](const auto& status) {
      for (const v1::Condition& c : status.conditions()) types.push_back(c.reason());
      EXPECT_EQ(status.nodes().desired(), 1U);
      EXPECT_TRUE(status.nodes().has_rejected()) << "zeros are told";
    };
    resource.has_gateway() ? add(resource.gateway().status()) : add(resource.service().status());
    return join(types, " ");
  };
  EXPECT_EQ(types_of(compiled.table.get(), {"Gateway", "shop", "edge"}),
            "Accepted Programmed ListenerFailed");
  EXPECT_EQ(types_of(compiled.table.get(), {"Service", "shop", "web"}), "AllNodesActive");
  EXPECT_EQ(types_of(nullptr, {"Gateway", "shop", "edge"}), "ListenerFailed");
}

// Nodes have something of those Secrets alone that their state has.
TEST_F(ObjectStatusTest, OfASecretTheNodesThatNeedItAreTold) {
  const EntryKey key{"Secret", "shop", "cert"};
  const EntryPtr entry = std::make_shared<const Entry>(Entry{key, 1, ""});
  node("a", 1);
  v1::Resource unused;
  unused.mutable_secret();
  tell_status(nullptr, {}, facts(), *entry, unused);
  EXPECT_EQ(unused.secret().status().conditions_size(), 0);
  EXPECT_FALSE(unused.secret().status().has_nodes());
  whole_ = whole_.apply({{entry}, {}}, kEpoch, 2);
  v1::Resource used;
  used.mutable_secret();
  tell_status(nullptr, {}, facts(), *entry, used);
  ASSERT_EQ(used.secret().status().conditions_size(), 1);
  EXPECT_EQ(used.secret().status().conditions(0).reason(), "AllNodesActive");
  EXPECT_EQ(used.secret().status().nodes().desired(), 1U);
}

}  // namespace
}  // namespace limpet
