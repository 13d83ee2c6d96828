#include "server/node_registry.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace limpet {
namespace {

class NodeRegistryTest : public ::testing::Test {
 protected:
  NodeRegistry::Ticket connect(const std::string& id, NodeRegistry::Stream stream = {}) {
    v1::Hello hello;
    hello.set_node_id(id);
    return registry_.connect(hello, "peer", std::move(stream), ++now_).value();
  }
  void active(const NodeRegistry::Ticket& ticket, uint64_t revision) {
    registry_.active(ticket, {Epoch(7), revision, Digest()}, 5, ++now_);
  }
  v1::WaitActiveResponse progress(uint64_t revision) {
    return registry_.progress(Epoch(7), revision);
  }

  NodeRegistry registry_;
  int64_t now_ = 0;
};

TEST_F(NodeRegistryTest, WithoutNodesEveryRevisionIsActive) {
  EXPECT_TRUE(progress(5).done());
  EXPECT_EQ(progress(5).connected(), 0U);
}

TEST_F(NodeRegistryTest, CountsWhoServesARevision) {
  const auto a = connect("a");
  const auto b = connect("b");
  active(a, 5);
  active(b, 4);
  EXPECT_EQ(progress(5).active(), 1U);
  ASSERT_EQ(progress(5).pending_size(), 1);
  EXPECT_EQ(progress(5).pending(0), "b");
  EXPECT_FALSE(progress(5).done());
  EXPECT_TRUE(progress(4).done());
  EXPECT_FALSE(registry_.progress(Epoch(8), 4).done()) << "another epoch's revision";
  registry_.disconnected(b, ++now_);
  EXPECT_TRUE(progress(5).done());
  EXPECT_FALSE(registry_.list(0)[1].connected());
}

TEST_F(NodeRegistryTest, PlacesTellWhatAStreamBeganWith) {
  const auto a = connect("a");
  EXPECT_EQ(registry_.places().nodes[0].first.revision, 0U);
  const uint64_t before = registry_.places().version;
  active(a, 4);
  active(a, 5);
  const NodeRegistry::Places places = registry_.places();
  ASSERT_EQ(places.nodes.size(), 1U);
  EXPECT_TRUE(places.nodes[0].connected);
  EXPECT_EQ(places.nodes[0].first.revision, 4U);
  EXPECT_EQ(places.nodes[0].active.revision, 5U);
  EXPECT_GT(places.nodes[0].first_version, before);
  EXPECT_LT(places.nodes[0].first_version, places.version);

  active(connect("a"), 5);  // another stream
  EXPECT_EQ(registry_.places().nodes[0].first.revision, 5U);
  EXPECT_GT(registry_.places().nodes[0].first_version, places.version);
}

TEST_F(NodeRegistryTest, TellsWhoRefusedAndWhy) {
  const auto a = connect("a");
  v1::Nack nack;
  nack.set_revision(5);
  nack.add_reasons()->set_message("no good");
  registry_.rejected(a, nack, ++now_);
  ASSERT_EQ(progress(5).rejected_size(), 1);
  EXPECT_EQ(progress(5).rejected(0).rejected_reasons(0).message(), "no good");
  EXPECT_EQ(progress(6).rejected_size(), 0);
  active(a, 6);
  EXPECT_EQ(registry_.list(0)[0].rejected_revision(), 0U);
  EXPECT_EQ(registry_.list(0)[0].rejected_reasons_size(), 0);
}

TEST_F(NodeRegistryTest, ASecondStreamTakesThePlaceOfTheFirst) {
  std::optional<absl::Status> ended;
  const auto first = connect("a", {[&](const absl::Status& status) { ended = status; }, {}});
  const auto second = connect("a");
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->code(), absl::StatusCode::kAborted);
  active(second, 5);
  active(first, 9);
  registry_.disconnected(first, ++now_);
  ASSERT_EQ(registry_.list(0).size(), 1U);
  EXPECT_TRUE(registry_.list(0)[0].connected());
  EXPECT_EQ(registry_.list(0)[0].active().revision(), 5U);
}

TEST_F(NodeRegistryTest, HeldNodesAreTellableUntilTheyFollow) {
  bool waits = true;
  const auto a =
      connect("a", {{}, [&]() -> absl::StatusOr<bool> { return std::exchange(waits, false); }});
  connect("b", {{}, [] { return false; }});
  registry_.active(a, {Epoch(6), 9, Digest()}, 0, ++now_);
  registry_.held(a, StateId(), "too late: of a state before");
  EXPECT_FALSE(registry_.list(0)[0].held());
  registry_.held(a, {Epoch(6), 9, Digest()}, "serves another database");
  EXPECT_TRUE(registry_.list(0)[0].held());
  ASSERT_EQ(progress(5).rejected_size(), 1);
  EXPECT_EQ(progress(5).rejected(0).rejected_reasons(0).message(), "serves another database");

  v1::AdoptNodesRequest request;
  request.add_node_ids("a");
  request.add_node_ids("c");
  EXPECT_EQ(registry_.adopt(request).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(waits) << "nothing is done when one is missing";
  request.clear_node_ids();
  request.set_all(true);
  EXPECT_EQ(registry_.adopt(request).value(), std::vector<std::string>{"a"});
  EXPECT_FALSE(registry_.list(0)[0].held()) << "it is on its way, if not there yet";
  EXPECT_EQ(progress(5).rejected_size(), 0);
  active(a, 5);
  EXPECT_FALSE(registry_.list(0)[0].held());
  EXPECT_EQ(progress(5).rejected_size(), 0);
}

TEST_F(NodeRegistryTest, ARefusedAdoptionNamesTheNode) {
  connect("a", {{}, []() -> absl::StatusOr<bool> {
                  return absl::FailedPreconditionError("serves a newer one");
                }});
  v1::AdoptNodesRequest request;
  request.set_all(true);
  EXPECT_EQ(registry_.adopt(request).status().message(), "a serves a newer one");
}

TEST_F(NodeRegistryTest, ForgetsTheNodeThatWasGoneLongest) {
  const auto oldest = connect("gone first");
  registry_.disconnected(oldest, ++now_);
  const auto later = connect("gone later");
  registry_.disconnected(later, ++now_);
  for (size_t i = 2; i <= NodeRegistry::kMaxNodes; ++i) connect("n" + std::to_string(i));
  ASSERT_EQ(registry_.list(0).size(), NodeRegistry::kMaxNodes);
  EXPECT_EQ(registry_.list(0)[0].node_id(), "gone later");
  connect("one more");
  v1::Hello hello;
  hello.set_node_id("too many");
  EXPECT_EQ(registry_.connect(hello, "", {}, ++now_).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(NodeRegistryTest, TellsSubscribersUntilTheyLeave) {
  int calls = 0;
  std::optional<Signal::Subscription> subscription(registry_.changed().subscribe([&] { ++calls; }));
  const auto a = connect("a");
  active(a, 1);
  EXPECT_EQ(calls, 2);
  subscription.reset();
  registry_.disconnected(a, ++now_);
  EXPECT_EQ(calls, 2);
}

TEST_F(NodeRegistryTest, CountsThoseThatServeAnotherDatabase) {
  active(connect("a"), 5);
  const auto b = connect("b");
  connect("new");  // serves nothing yet
  EXPECT_EQ(registry_.of_other_epochs(Epoch(7)), 0U);
  EXPECT_EQ(registry_.of_other_epochs(Epoch(8)), 1U);
  active(b, 4);
  EXPECT_EQ(registry_.of_other_epochs(Epoch(8)), 2U);
  registry_.disconnected(b, ++now_);
  EXPECT_EQ(registry_.of_other_epochs(Epoch(8)), 1U);
}

class NodeFindingsTest : public NodeRegistryTest {
 protected:
  NodeFindingsTest() {
    for (Signal* signal : {&registry_.findings_changed(), &registry_.changed()}) {
      subscriptions_.push_back(signal->subscribe([this] { ++told_; }));
    }
  }

  bool found(const NodeRegistry::Ticket& ticket, v1::HealthReport::Health health) {
    v1::HealthReport report;
    v1::HealthReport::Finding& finding = *report.add_findings();
    finding.set_namespace_(kEndpoint.ns);
    finding.set_service(kEndpoint.service);
    finding.set_port(kEndpoint.port);
    finding.set_endpoint_uid(kEndpoint.uid);
    finding.set_health(health);
    return registry_.found(ticket, report, ++now_);
  }
  Votes votes() const {
    return registry_.look_at_findings(
        [](const HealthFindings& findings) { return findings.votes_of(kEndpoint); });
  }
  // Whether somebody was told since this was asked last.
  bool told() { return std::exchange(told_, 0) != 0; }

  static const inline TriedEndpoint kEndpoint{"shop", "web", 80, 7};
  std::vector<Signal::Subscription> subscriptions_;
  int told_ = 0;
};

TEST_F(NodeFindingsTest, HoldForAWhileWhenTheStreamIsOver) {
  const auto a = connect("a");
  const auto b = connect("b");
  told();
  EXPECT_TRUE(found(a, v1::HealthReport::DOWN));
  EXPECT_TRUE(told());
  EXPECT_TRUE(found(a, v1::HealthReport::DOWN));
  EXPECT_FALSE(told()) << "that is no news";
  found(b, v1::HealthReport::UP);
  EXPECT_EQ(votes(), (Votes{1, 1}));

  const auto again = connect("a");
  EXPECT_EQ(votes(), (Votes{1, 1})) << "b alone is not to decide while a restarts";
  found(a, v1::HealthReport::UP);
  EXPECT_EQ(votes(), (Votes{1, 1})) << "its place was taken";
  found(again, v1::HealthReport::UP);
  EXPECT_EQ(votes(), (Votes{2, 0}));
  now_ += NodeRegistry::kStaleMs;
  registry_.seen(again, now_);
  registry_.seen(b, now_);
  registry_.look_for_stale(now_);
  EXPECT_EQ(votes(), (Votes{2, 0})) << "a has told anew";

  registry_.disconnected(again, now_);
  now_ += NodeRegistry::kStaleMs - 1;
  registry_.seen(b, now_);
  registry_.look_for_stale(now_);
  EXPECT_EQ(votes(), (Votes{2, 0}));
  told();
  registry_.look_for_stale(++now_);
  EXPECT_EQ(votes(), (Votes{1, 0})) << "a is gone";
  EXPECT_TRUE(told());
  connect("a");
  EXPECT_EQ(votes(), (Votes{1, 0})) << "nor does it bring them back";
}

TEST_F(NodeFindingsTest, DoNotCountWhileTheNodeIsSilent) {
  const auto a = connect("a");
  found(a, v1::HealthReport::DOWN);
  now_ += NodeRegistry::kStaleMs + 1;
  told();
  registry_.look_for_stale(now_);
  EXPECT_TRUE(told());
  EXPECT_EQ(votes(), Votes());
  registry_.seen(a, ++now_);
  EXPECT_TRUE(told());
  EXPECT_EQ(votes(), (Votes{0, 1}));

  now_ += NodeRegistry::kStaleMs + 1;
  registry_.look_for_stale(now_);
  found(a, v1::HealthReport::UP);
  EXPECT_EQ(votes(), (Votes{1, 0})) << "it is heard by that";
}

}  // namespace
}  // namespace limpet
