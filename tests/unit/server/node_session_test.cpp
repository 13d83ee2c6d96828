#include "server/node_session.h"

#include <string>

#include <gtest/gtest.h>

#include "core/snapshot/wire.h"
#include "server/publisher.h"

namespace limpet {
namespace {

// Each test is one order of messages on a stream.
class NodeSessionTest : public ::testing::Test {
 protected:
  static Snapshot with(const Snapshot& before, const std::string& name, const std::string& bytes) {
    auto entry = std::make_shared<Entry>();
    entry->key = {"Service", "default", name};
    entry->revision = before.id().revision + 1;
    entry->bytes = bytes;
    return before.apply({{entry}, {}}, Epoch(7), before.id().revision + 1);
  }

  StateId publish(const std::string& name, const std::string& bytes) {
    publisher_.publish(with(publisher_.head(), name, bytes));
    return publisher_.head().id();
  }

  static v1::Hello hello(const StateId& state) {
    v1::Hello hello;
    hello.set_node_id("n1");
    if (state.revision != 0) *hello.mutable_state() = to_proto(state);
    return hello;
  }
  static v1::Ack ack(const StateId& state) {
    v1::Ack ack;
    *ack.mutable_state() = to_proto(state);
    return ack;
  }
  static v1::Nack nack(uint64_t revision) {
    v1::Nack nack;
    nack.set_revision(revision);
    return nack;
  }

  static void expect_nothing(const NodeSession::Next& next) {
    ASSERT_TRUE(next.ok()) << next.status();
    EXPECT_FALSE(next->has_value());
  }
  static void expect_update(const std::optional<NodeSession::Update>& update, const StateId& from,
                            const StateId& to) {
    ASSERT_TRUE(update.has_value());
    EXPECT_EQ(update->from.id(), from);
    EXPECT_EQ(update->to.id(), to);
  }
  static void expect_update(const NodeSession::Next& next, const StateId& from, const StateId& to) {
    ASSERT_TRUE(next.ok()) << next.status();
    expect_update(*next, from, to);
  }

  const StateId empty_;
  Publisher publisher_{with(Snapshot(), "a", "1")};
  const StateId first_ = publisher_.head().id();
  NodeSession session_{publisher_};
};

TEST_F(NodeSessionTest, ANodeWithNothingGetsEverything) {
  expect_update(session_.on_hello(hello(empty_)), empty_, first_);
  EXPECT_EQ(session_.active(), empty_);
  expect_nothing(session_.on_ack(ack(first_)));
  EXPECT_EQ(session_.active(), first_);
}

TEST_F(NodeSessionTest, ANodeThatHoldsTheHeadGetsNothing) {
  expect_nothing(session_.on_hello(hello(first_)));
  EXPECT_EQ(session_.active(), first_);
  EXPECT_FALSE(session_.on_published().has_value());
}

TEST_F(NodeSessionTest, ANodeThatHoldsAKnownOlderStateContinues) {
  const StateId second = publish("b", "1");
  expect_update(session_.on_hello(hello(first_)), first_, second);
  EXPECT_EQ(session_.active(), first_);
}

TEST_F(NodeSessionTest, ANodeOfAnotherEpochWaitsUntilItIsAdopted) {
  StateId other = first_;
  other.epoch = Epoch(6);
  expect_nothing(session_.on_hello(hello(other)));
  EXPECT_EQ(session_.active(), other);
  EXPECT_NE(session_.waits_for(), "");
  const StateId second = publish("b", "1");
  EXPECT_FALSE(session_.on_published().has_value());

  const NodeSession::Next next = session_.on_adopt();
  expect_update(next, empty_, second);
  EXPECT_TRUE((*next)->adopt);
  EXPECT_EQ(session_.waits_for(), "");
  expect_nothing(session_.on_adopt());
  expect_nothing(session_.on_ack(ack(second)));
  publish("c", "1");
  EXPECT_FALSE(session_.on_published()->adopt) << "once is enough";
}

TEST_F(NodeSessionTest, ARefusedAdoptionGoesOnWithTheNextState) {
  StateId other = first_;
  other.epoch = Epoch(6);
  expect_nothing(session_.on_hello(hello(other)));
  expect_update(session_.on_adopt(), empty_, first_);
  expect_nothing(session_.on_nack(nack(first_.revision)));
  EXPECT_EQ(session_.active(), other);
  const StateId second = publish("b", "1");
  const std::optional<NodeSession::Update> update = session_.on_published();
  expect_update(update, empty_, second);
  EXPECT_TRUE(update->adopt);
}

TEST_F(NodeSessionTest, ANewEpochUnderAConnectedNodeIsSentOnceItIsAdopted) {
  expect_nothing(session_.on_hello(hello(first_)));
  const Snapshot before = publisher_.head();
  const StateId second = publish("b", "1");
  ASSERT_TRUE(session_.on_published().has_value());
  // A restore while the second revision is on its way.
  publisher_.publish(before.apply({}, Epoch(8), 3));
  const StateId restored = publisher_.head().id();
  expect_nothing(session_.on_ack(ack(second)));
  EXPECT_NE(session_.waits_for(), "");
  const NodeSession::Next next = session_.on_adopt();
  expect_update(next, second, restored);
  EXPECT_TRUE((*next)->adopt);
  expect_nothing(session_.on_ack(ack(restored)));
  EXPECT_EQ(session_.active(), restored);
}

TEST_F(NodeSessionTest, ANodeOfANewerEpochIsNotAdopted) {
  StateId newer = first_;
  newer.epoch = Epoch(8);
  expect_nothing(session_.on_hello(hello(newer)));
  EXPECT_EQ(session_.on_adopt().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(session_.on_published().has_value());
}

TEST_F(NodeSessionTest, ThereIsNothingToAdoptInANodeThatFollows) {
  EXPECT_FALSE(session_.on_adopt().ok()) << "before the Hello";
  expect_nothing(session_.on_hello(hello(first_)));
  expect_nothing(session_.on_adopt());
}

TEST_F(NodeSessionTest, ANodeWithAnotherDigestGetsEverything) {
  StateId other = first_;
  other.digest = with(Snapshot(), "a", "2").id().digest;
  expect_update(session_.on_hello(hello(other)), empty_, first_);
}

TEST_F(NodeSessionTest, ANodeAheadOfTheServerIsLeftAlone) {
  const StateId ahead = with(publisher_.head(), "b", "1").id();
  expect_nothing(session_.on_hello(hello(ahead)));
  EXPECT_EQ(session_.active(), ahead);
  EXPECT_EQ(session_.on_adopt().status().code(), absl::StatusCode::kFailedPrecondition);
  // Also when the server's revisions have passed the node's: they are not the same ones.
  publish("c", "1");
  publish("c", "2");
  EXPECT_FALSE(session_.on_published().has_value());
}

TEST_F(NodeSessionTest, ANodeOlderThanThePastGetsEverything) {
  for (size_t i = 0; i <= Past::kMaxStates; ++i) publish("a", std::to_string(i));
  expect_update(session_.on_hello(hello(first_)), empty_, publisher_.head().id());
}

TEST_F(NodeSessionTest, OneUpdateIsInFlightAndTheLatestWins) {
  expect_update(session_.on_hello(hello(empty_)), empty_, first_);
  publish("b", "1");
  EXPECT_FALSE(session_.on_published().has_value());
  const StateId third = publish("c", "1");
  EXPECT_FALSE(session_.on_published().has_value());
  // A late Ack of what is no longer the newest: the next goes from there.
  expect_update(session_.on_ack(ack(first_)), first_, third);
  expect_nothing(session_.on_ack(ack(third)));
}

TEST_F(NodeSessionTest, AnIdleNodeIsSentWhatIsPublished) {
  expect_nothing(session_.on_hello(hello(first_)));
  const StateId second = publish("b", "1");
  expect_update(session_.on_published(), first_, second);
  EXPECT_FALSE(session_.on_published().has_value());
}

TEST_F(NodeSessionTest, AChangeAndItsInverseAreARevisionToo) {
  expect_nothing(session_.on_hello(hello(first_)));
  publish("a", "2");
  const StateId back = publish("a", "1");
  ASSERT_EQ(back.digest, first_.digest);
  expect_update(session_.on_published(), first_, back);
}

TEST_F(NodeSessionTest, ARefusedRevisionIsNotSentAgain) {
  expect_nothing(session_.on_hello(hello(first_)));
  const StateId second = publish("b", "1");
  expect_update(session_.on_published(), first_, second);
  expect_nothing(session_.on_nack(nack(2)));
  EXPECT_EQ(session_.rejected(), 2U);
  EXPECT_EQ(session_.active(), first_);
  EXPECT_FALSE(session_.on_published().has_value());

  const StateId third = publish("b", "2");
  expect_update(session_.on_published(), first_, third);
  EXPECT_EQ(session_.rejected(), 2U);
  expect_nothing(session_.on_ack(ack(third)));
  EXPECT_EQ(session_.rejected(), 0U);
}

TEST_F(NodeSessionTest, ANackOfASupersededRevisionIsFollowedByTheNewest) {
  expect_update(session_.on_hello(hello(empty_)), empty_, first_);
  const StateId second = publish("b", "1");
  expect_update(session_.on_nack(nack(1)), empty_, second);
}

TEST_F(NodeSessionTest, RepeatedAnswersAreIgnored) {
  session_.on_hello(hello(empty_)).IgnoreError();
  expect_nothing(session_.on_ack(ack(first_)));
  expect_nothing(session_.on_ack(ack(first_)));
  publish("b", "1");
  ASSERT_TRUE(session_.on_published().has_value());
  expect_nothing(session_.on_ack(ack(first_)));  // the older one, while the newer is in flight
  expect_nothing(session_.on_nack(nack(2)));
  expect_nothing(session_.on_nack(nack(2)));
}

// It had the state from a stream before this one, and came to serve it only now. Nothing is wrong
// with its data.
TEST_F(NodeSessionTest, AnAckOfAnotherEpochsRevisionOfThatNumberEndsTheStream) {
  StateId other = first_;
  other.epoch = Epoch(6);
  expect_nothing(session_.on_hello(hello(other)));
  const StateId second = publish("b", "1");
  expect_update(session_.on_adopt(), empty_, second);
  StateId late = second;
  late.epoch = other.epoch;
  late.digest = Digest();
  EXPECT_EQ(session_.on_ack(ack(late)).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(NodeSessionTest, AnAckWithAnotherDigestEndsTheStream) {
  session_.on_hello(hello(empty_)).IgnoreError();
  StateId wrong = first_;
  wrong.digest = Digest();
  EXPECT_EQ(session_.on_ack(ack(wrong)).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(session_.active(), empty_);
}

TEST_F(NodeSessionTest, AnswersToWhatWasNotSentEndTheStream) {
  expect_nothing(session_.on_hello(hello(first_)));
  StateId future = first_;
  future.revision = 9;
  EXPECT_FALSE(session_.on_ack(ack(future)).ok());
  EXPECT_FALSE(session_.on_nack(nack(9)).ok());
  EXPECT_FALSE(session_.on_nack(nack(0)).ok());
}

TEST_F(NodeSessionTest, NothingComesBeforeTheHello) {
  EXPECT_FALSE(session_.on_published().has_value());
  EXPECT_FALSE(session_.on_ack(ack(first_)).ok());
  EXPECT_FALSE(session_.on_nack(nack(1)).ok());
  EXPECT_FALSE(session_.on_heartbeat().ok());
  EXPECT_FALSE(session_.greeted());
}

TEST_F(NodeSessionTest, RefusesAHelloThatIsNone) {
  EXPECT_FALSE(session_.on_hello(v1::Hello()).ok());
  v1::Hello bad = hello(first_);
  bad.mutable_state()->set_digest("short");
  EXPECT_FALSE(session_.on_hello(bad).ok());
  v1::Hello unprintable = hello(first_);
  unprintable.set_node_id("a\nb");
  EXPECT_FALSE(session_.on_hello(unprintable).ok());
  EXPECT_TRUE(session_.on_hello(hello(first_)).ok());
  EXPECT_FALSE(session_.on_hello(hello(first_)).ok()) << "a second one";
}

TEST_F(NodeSessionTest, AReconnectInTheMiddleOfAnUpdateBeginsFromTheOldState) {
  expect_nothing(session_.on_hello(hello(first_)));
  const StateId second = publish("b", "1");
  ASSERT_TRUE(session_.on_published().has_value());
  NodeSession again(publisher_);
  expect_update(again.on_hello(hello(first_)), first_, second);
}

}  // namespace
}  // namespace limpet
