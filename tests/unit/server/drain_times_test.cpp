#include "server/drain_times.h"

#include <gtest/gtest.h>

#include "core/resource/kind.h"
#include "core/routing/compile.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::SnapshotBuilder;

const EntryKey kState{std::string(kEndpointStateKind), "shop", "web/name:a"};
constexpr int64_t kMinuteMs = 60'000;

// A clock, nodes and states made up.
class DrainTimesTest : public ::testing::Test {
 protected:
  DrainTimesTest() { store(std::nullopt); }  // a state of before every drain

  // The state that the endpoint has from the next revision on; its number.
  uint64_t store(std::optional<v1::EndpointDrain> drain) {
    v1::EndpointState state;
    state.set_uid(1);
    if (drain) *state.mutable_drain() = *drain;
    head_ = builder_.put(kState, serialize(state)).build();
    times_.follow(head_);
    return head_.id().revision;
  }
  uint64_t drain(int64_t deadline_unix_ms = 0, bool over = false) {
    v1::EndpointDrain drain;
    drain.set_since_unix_ms(now_);
    drain.set_deadline_unix_ms(deadline_unix_ms);
    drain.set_over(over);
    return store(drain);
  }

  void connect(const std::string& id) { tickets_[id] = connected(id); }
  NodeRegistry::Ticket connected(const std::string& id) {
    v1::Hello hello;
    hello.set_node_id(id);
    return registry_.connect(hello, "peer", {}, now_).value();
  }
  void serves(const std::string& id, uint64_t revision) {
    registry_.active(tickets_[id], {head_.id().epoch, revision, Digest()}, 5, now_);
  }

  v1::GetDrainResponse look(SessionLife life_ms = 0) {
    times_.observe(registry_.places(), now_);
    v1::GetDrainResponse response;
    const DrainProgress* progress = times_.find(kState);
    if (progress == nullptr) return response;
    tell_drain(*progress, head_.id().epoch, registry_.places(), life_ms, now_, response);
    return response;
  }

  SnapshotBuilder builder_;
  Snapshot head_;
  NodeRegistry registry_;
  std::map<std::string, NodeRegistry::Ticket> tickets_;
  DrainTimes times_;
  int64_t now_ = 1'700'000'000'000;
};

TEST_F(DrainTimesTest, SessionsAreAsOldAsTheLastNodesAck) {
  connect("a");
  connect("b");
  const uint64_t revision = drain();
  serves("a", revision);
  serves("b", revision - 1);
  v1::GetDrainResponse told = look(kMinuteMs);
  EXPECT_TRUE(told.draining());
  EXPECT_EQ(told.revision(), revision);
  ASSERT_EQ(told.pending_size(), 1);
  EXPECT_EQ(told.pending(0), "b");
  EXPECT_EQ(told.free_unix_ms(), 0);

  now_ += 5;
  serves("b", revision);
  const int64_t acked = now_;
  EXPECT_EQ(look(kMinuteMs).free_unix_ms(), acked + kMinuteMs);
  now_ = acked + kMinuteMs - 1;
  serves("a", revision + 3);
  told = look(kMinuteMs);
  EXPECT_EQ(told.free_unix_ms(), acked + kMinuteMs) << "a later revision changes nothing";
  EXPECT_FALSE(told.safe_to_stop());
  now_ += 1;
  EXPECT_TRUE(look(kMinuteMs).safe_to_stop());
}

TEST_F(DrainTimesTest, WithoutAPolicyItIsFreeAtOnce) {
  connect("a");
  serves("a", drain());
  EXPECT_TRUE(look().safe_to_stop());
  EXPECT_EQ(look().free_unix_ms(), now_);
}

TEST_F(DrainTimesTest, ANodeThatComesWithAnOlderStateBeginsTheTimeAnew) {
  connect("a");
  const uint64_t revision = drain();
  serves("a", revision);
  look();
  now_ += kMinuteMs;
  connect("b");
  EXPECT_EQ(look(kMinuteMs).pending_size(), 1) << "it has told nothing yet";
  serves("b", revision - 1);
  now_ += 1;
  serves("b", revision);  // before anybody has looked
  EXPECT_EQ(look(kMinuteMs).free_unix_ms(), now_ + kMinuteMs);
}

TEST_F(DrainTimesTest, ANodeThatComesBackWithItChangesNothing) {
  connect("a");
  const uint64_t revision = drain();
  serves("a", revision);
  const int64_t acked = now_;
  look();
  connect("b");
  serves("b", revision);
  look();
  now_ += 10;
  registry_.disconnected(tickets_["b"], now_);
  EXPECT_EQ(look(kMinuteMs).disconnected(0), "b");
  EXPECT_EQ(look(kMinuteMs).free_unix_ms(), acked + kMinuteMs);
  connect("b");
  look();
  serves("b", revision);
  EXPECT_EQ(look(kMinuteMs).free_unix_ms(), acked + kMinuteMs);
}

TEST_F(DrainTimesTest, WithoutANodeNothingIsKnown) {
  drain();
  EXPECT_FALSE(look().safe_to_stop());
  connect("a");
  serves("a", head_.id().revision);
  EXPECT_TRUE(look().safe_to_stop());
  registry_.disconnected(tickets_["a"], now_);
  EXPECT_FALSE(look().safe_to_stop());
}

TEST_F(DrainTimesTest, ANodeOfAnotherEpochIsPending) {
  connect("a");
  const uint64_t revision = drain();
  registry_.active(tickets_["a"], {Epoch(9), revision + 5, Digest()}, 5, now_);
  EXPECT_EQ(look().pending(0), "a");
}

TEST_F(DrainTimesTest, AtTheDeadlineNodesHaveToServeThatItIsOver) {
  connect("a");
  const int64_t deadline = now_ + 2000;
  serves("a", drain(deadline));
  EXPECT_EQ(times_.next_deadline_unix_ms(), deadline);
  EXPECT_EQ(look(kMinuteMs).free_unix_ms(), deadline);
  EXPECT_TRUE(times_.due(deadline - 1).empty());
  now_ = deadline;
  EXPECT_EQ(times_.due(now_), (std::vector{kState}));
  EXPECT_FALSE(look(kMinuteMs).safe_to_stop()) << "the node does not know yet";

  const uint64_t over = drain(deadline, true);
  EXPECT_EQ(times_.next_deadline_unix_ms(), std::nullopt);
  EXPECT_TRUE(times_.due(now_).empty());
  EXPECT_EQ(look(kMinuteMs).pending(0), "a");
  EXPECT_FALSE(look(kMinuteMs).safe_to_stop());
  now_ += 3;
  serves("a", over);
  const v1::GetDrainResponse told = look(kMinuteMs);
  EXPECT_TRUE(told.over());
  EXPECT_TRUE(told.safe_to_stop());
  EXPECT_EQ(told.free_unix_ms(), now_);
}

TEST_F(DrainTimesTest, SessionsMayAllHaveEndedBeforeTheDeadline) {
  connect("a");
  serves("a", drain(now_ + 10 * kMinuteMs));
  look();
  now_ += kMinuteMs;
  EXPECT_TRUE(look(kMinuteMs).safe_to_stop());
}

TEST_F(DrainTimesTest, NothingIsKeptOfOneThatEnded) {
  connect("a");
  serves("a", drain());
  look();
  store(std::nullopt);
  EXPECT_TRUE(times_.empty());
  EXPECT_FALSE(look().draining());
  drain();
  times_.follow(builder_.remove(kState).build());
  EXPECT_TRUE(times_.empty()) << "the endpoint is gone";
}

TEST_F(DrainTimesTest, ADrainAgainIsAnotherAlsoWhenNobodyLookedInBetween) {
  connect("a");
  const uint64_t first = drain();
  serves("a", first);
  look();
  v1::EndpointState same;
  same.set_uid(1);
  same.mutable_drain()->set_since_unix_ms(now_);
  builder_.remove(kState).build();
  head_ = builder_.put(kState, serialize(same)).build();
  times_.follow(head_);
  EXPECT_EQ(look().pending(0), "a");
  EXPECT_EQ(times_.find(kState)->revision, first + 2);
}

TEST_F(DrainTimesTest, AVerdictOnTheEndpointIsNoOtherDrain) {
  connect("a");
  const uint64_t revision = drain();
  serves("a", revision);
  const int64_t acked = now_;
  look();
  v1::EndpointState state;
  ASSERT_TRUE(state.ParseFromString(head_.find(kState)->bytes));
  state.add_down()->set_port(80);
  head_ = builder_.put(kState, serialize(state)).build();
  times_.follow(head_);
  now_ += 5;
  EXPECT_EQ(times_.find(kState)->revision, revision);
  EXPECT_EQ(look(kMinuteMs).free_unix_ms(), acked + kMinuteMs);
  state.clear_down();
  head_ = builder_.put(kState, serialize(state)).build();
  times_.follow(head_);
  EXPECT_EQ(look(kMinuteMs).free_unix_ms(), acked + kMinuteMs);

  const uint64_t again = drain();
  EXPECT_EQ(times_.find(kState)->revision, again);
}

TEST_F(DrainTimesTest, AnUnknownLifeIsNeverOver) {
  connect("a");
  serves("a", drain());
  EXPECT_EQ(look(std::nullopt).free_unix_ms(), 0);
  EXPECT_FALSE(look(std::nullopt).safe_to_stop());
  EXPECT_EQ(session_life_ms(nullptr, "shop", "web"), std::nullopt);
}

std::shared_ptr<const RoutingTable> table_of(SnapshotBuilder builder) {
  return compile(builder.build(), nullptr).table;
}

TEST(SessionLifeTest, IsThatOfTheLongestPolicyThatLeadsThere) {
  SnapshotBuilder builder = testing::web_snapshot(8000, {"10.0.0.1"}, 8080);
  EXPECT_EQ(session_life_ms(table_of(builder).get(), "shop", "web"), 0) << "no policy";
  builder.add<v1::SessionStickyPolicy>(testing::kStickyPolicyText);
  EXPECT_EQ(session_life_ms(table_of(builder).get(), "shop", "web"), (600 + 120) * 1000);
  EXPECT_EQ(session_life_ms(table_of(builder).get(), "shop", "we"), 0) << "another Service";

  builder.add<v1::HTTPRoute>(
      "metadata { name: 'inline' namespace: 'shop' } spec { parent_refs { name: 'edge' } "
      "rules { matches { path { type: 'PathPrefix' value: '/a' } } "
      "backend_refs { name: 'web' port: 80 } "
      "session_persistence { session_name: 's' absolute_timeout: '1h' } } }");
  EXPECT_EQ(longest_session_s(*table_of(builder), "shop", "web"), 3600U);
}

TEST(SessionLifeTest, ASplitHasOnePolicyForAllOfItsServices) {
  SnapshotBuilder builder = testing::web_snapshot(8000, {"10.0.0.1"}, 8080);
  builder.add<v1::SessionStickyPolicy>(testing::kStickyPolicyText);
  builder.add<v1::Service>(
      "metadata { name: 'new' namespace: 'shop' } spec { ports { port: 80 } }");
  builder.add<v1::HTTPRoute>(
      "metadata { name: 'split' namespace: 'shop' } spec { parent_refs { name: 'edge' } "
      "rules { matches { path { type: 'PathPrefix' value: '/b' } } "
      "backend_refs { name: 'new' port: 80 } backend_refs { name: 'web' port: 80 } } }");
  EXPECT_EQ(longest_session_s(*table_of(builder), "shop", "new"), 600U);
}

}  // namespace
}  // namespace limpet
