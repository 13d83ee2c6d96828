#include "server/keys.h"

#include <memory>
#include <string>

#include <absl/strings/str_format.h>
#include <gtest/gtest.h>

#include "core/base/text.h"
#include "core/routing/compile.h"
#include "core/routing/compile_keys.h"
#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

constexpr int64_t kHourMs = int64_t{3600} * 1000;
constexpr int64_t kDayMs = 24 * kHourMs;
constexpr int64_t kGraceMs = kMintedStepMs + 240'000;

class KeysTest : public ::testing::Test {
 protected:
  KeysTest() { take(plan_first_state(state_, context_)); }

  void take(const Plan& plan) {
    state_ = state_.apply(delta_of(plan.batch), Epoch(7), state_.id().revision + 1);
  }
  // What was done, for people; empty: nothing.
  std::string step() {
    const KeyStep step = plan_key_step(state_, table().get(), facts_, context_);
    if (!step.plan.batch.empty()) take(step.plan);
    return step.message;
  }
  std::shared_ptr<const RoutingTable> table() { return compile(state_, nullptr).table; }
  void rotate() { take(*plan_rotation(state_, context_)); }
  void pass(int64_t ms) { context_.now_unix_ms += ms; }
  // A session policy with that life on a Service.
  void configure(int expires_s) {
    v1::Resource policy;
    v1::SessionStickyPolicy& object = *policy.mutable_session_sticky_policy();
    object.set_api_version("gateway.flomesh.io/v1alpha1");
    object.set_kind("SessionStickyPolicy");
    object.mutable_metadata()->set_name("sticky");
    object.mutable_metadata()->set_namespace_("server");
    object.mutable_spec()->mutable_target_ref()->set_kind("Service");
    object.mutable_spec()->mutable_target_ref()->set_name("pipy");
    object.mutable_spec()->add_ports()->set_port(8080);
    object.mutable_spec()->mutable_config()->set_expires(expires_s);
    const Plan plan = plan_apply(state_, SliceIndex(state_),
                                 apply_request({service("pipy"), policy}), context_);
    ASSERT_TRUE(plan.violations.empty()) << plan.violations.front().message;
    take(plan);
  }

  NodeRegistry::Place& node(const std::string& id) {
    for (NodeRegistry::Place& place : facts_.nodes.nodes) {
      if (place.node_id == id) return place;
    }
    facts_.nodes.nodes.push_back({id, true, {}, {}, 0, {}});
    return facts_.nodes.nodes.back();
  }
  void keep(const std::string& id) { node(id).kept = state_.id(); }

  KeyRing ring() {
    std::vector<CompileError> errors;
    return compile_keys(state_, errors);
  }
  static uint32_t id_of(int64_t unix_ms) { return static_cast<uint32_t>(unix_ms / 1000); }
  static std::string name(uint32_t id) { return absl::StrFormat("%x", id); }

  ChangeContext context_ = test_context();
  const int64_t began_ = context_.now_unix_ms;
  Snapshot state_;
  KeyFacts facts_{.nodes = {}, .settled = true, .began = {}, .rotate_after_ms = 0};
};

TEST_F(KeysTest, ANewDatabaseBeginsWithOneKeyThatMints) {
  EXPECT_EQ(ring().keys.size(), 1U);
  EXPECT_EQ(ring().minting_id, id_of(began_));
  EXPECT_TRUE(plan_first_state(state_, context_).batch.empty());
}

TEST_F(KeysTest, ANewKeyMintsOnlyWhenEveryConnectedNodeHasItOnDisk) {
  const uint32_t old = ring().minting_id;
  keep("a");
  pass(kHourMs);
  rotate();
  EXPECT_EQ(ring().keys.size(), 2U);
  EXPECT_EQ(ring().minting_id, old);
  EXPECT_EQ(step(), "") << "a has what was before on its disk";
  keep("a");
  node("b");
  EXPECT_EQ(step(), "") << "b has told nothing yet";
  keep("b");
  node("b").kept.epoch = Epoch(6);
  EXPECT_EQ(step(), "") << "b keeps another database's state";
  keep("b");
  node("c").connected = false;
  facts_.settled = false;
  EXPECT_EQ(step(), "") << "others may still come back";
  facts_.settled = true;
  EXPECT_EQ(step(), str_cat("key ", name(ring().newest_id()), " mints, ", name(old), " opens"));
  EXPECT_EQ(ring().minting_id, id_of(context_.now_unix_ms));
  EXPECT_NE(ring().find(old), nullptr);
  EXPECT_EQ(step(), "");
}

TEST_F(KeysTest, WithoutANodeNothingMints) {
  pass(kHourMs);
  rotate();
  node("gone").connected = false;
  keep("gone");
  EXPECT_EQ(step(), "");
}

TEST_F(KeysTest, AKeyIsReplacedAtItsAgeAndOneAtATime) {
  keep("a");
  facts_.rotate_after_ms = kDayMs;
  EXPECT_EQ(next_key_step_unix_ms(state_, kDayMs, context_.now_unix_ms), began_ + kDayMs);
  pass(kDayMs - 1);
  EXPECT_EQ(step(), "");
  pass(1);
  EXPECT_EQ(step(), str_cat("key ", name(id_of(context_.now_unix_ms)), " is coming"));
  EXPECT_TRUE(awaits_nodes(state_));
  pass(kDayMs);
  EXPECT_EQ(step(), "") << "the one that is coming waits for a";
  EXPECT_EQ(next_key_step_unix_ms(state_, kDayMs, context_.now_unix_ms), std::nullopt);
  const absl::StatusOr<Plan> again = plan_rotation(state_, context_);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->batch.empty());
  EXPECT_EQ(again->results.at(0).outcome(), v1::ObjectResult::UNCHANGED);
}

TEST_F(KeysTest, IdsGrowThoughTheClockDoesNot) {
  const uint32_t first = ring().minting_id;
  pass(-kDayMs);
  rotate();
  EXPECT_EQ(ring().newest_id(), first + 1);
}

TEST_F(KeysTest, AKeyOpensForAsLongAsASessionCanLive) {
  constexpr int kMonthS = 30 * 86'400;
  configure(kMonthS);
  const uint32_t old = ring().minting_id;
  rotate();
  keep("a");
  EXPECT_NE(step(), "");
  const int64_t minted = context_.now_unix_ms;
  EXPECT_EQ(next_key_step_unix_ms(state_, 0, minted), minted + kLeastOpenMs);
  pass(int64_t{kMonthS} * 1000 + kGraceMs - 1);
  EXPECT_EQ(step(), "");
  EXPECT_GT(next_key_step_unix_ms(state_, 0, context_.now_unix_ms), context_.now_unix_ms);
  pass(1);
  EXPECT_EQ(step(), str_cat("key ", name(old), " is gone"));
  EXPECT_EQ(ring().find(old), nullptr);
  EXPECT_EQ(next_key_step_unix_ms(state_, 0, context_.now_unix_ms), std::nullopt);
}

TEST_F(KeysTest, AKeyOpensForAWeekHoweverShortSessionsAre) {
  configure(1);
  rotate();
  keep("a");
  EXPECT_NE(step(), "");
  pass(kLeastOpenMs + kGraceMs - 1);
  EXPECT_EQ(step(), "");
  pass(1);
  EXPECT_NE(step(), "");
  EXPECT_EQ(ring().keys.size(), 1U);
}

TEST_F(KeysTest, NothingGoesWhileNobodyKnowsHowLongSessionsLive) {
  rotate();
  keep("a");
  EXPECT_NE(step(), "");
  pass(100 * kDayMs);
  EXPECT_TRUE(plan_key_step(state_, nullptr, facts_, context_).plan.batch.empty());
}

TEST_F(KeysTest, ANodeThatWasCutOffHasMintedMeanwhile) {
  const StateId before = state_.id();
  const uint32_t old = ring().minting_id;
  EXPECT_FALSE(mints_with_older(state_, before));
  rotate();
  keep("a");
  EXPECT_FALSE(mints_with_older(state_, state_.id())) << "the new one is coming";
  EXPECT_NE(step(), "");
  EXPECT_TRUE(mints_with_older(state_, before));
  EXPECT_FALSE(mints_with_older(state_, state_.id()));
  EXPECT_FALSE(mints_with_older(state_, StateId())) << "a new node";
  EXPECT_TRUE(mints_with_older(state_, {Epoch(6), 1000, {}})) << "of another database";

  pass(kMintedStepMs);
  facts_.began = {before};
  EXPECT_EQ(step(), "") << "what is written down is near enough";
  pass(1);
  EXPECT_EQ(step(), str_cat("key ", name(old), " may have minted until now"));
  facts_.began.clear();
  pass(kLeastOpenMs + kGraceMs - 1);
  EXPECT_EQ(step(), "");
  pass(1);
  EXPECT_EQ(step(), str_cat("key ", name(old), " is gone"));
}

TEST_F(KeysTest, ANodeThatStaysBehindGoesOnMinting) {
  const StateId before = state_.id();
  const uint32_t old = ring().minting_id;
  rotate();
  keep("a");
  EXPECT_NE(step(), "");
  const StateId promoted = state_.id();
  node("a").active = promoted;
  node("b").active = before;  // it refuses what came since
  pass(kMintedStepMs + 1);
  EXPECT_EQ(step(), str_cat("key ", name(old), " may have minted until now"));
  pass(kLeastOpenMs + kGraceMs);
  EXPECT_EQ(step(), str_cat("key ", name(old), " may have minted until now"));
  node("a").active = node("b").active = state_.id();
  pass(kLeastOpenMs + kGraceMs);
  EXPECT_EQ(step(), str_cat("key ", name(old), " is gone"));
}

TEST_F(KeysTest, OfSeveralOldKeysTheNodeMintsWithTheOneOfItsState) {
  const uint32_t oldest = ring().minting_id;
  const auto turn = [&] {
    rotate();
    node("a").kept = node("a").active = state_.id();
    ASSERT_NE(step(), "");
    node("a").active = state_.id();
  };
  turn();
  const uint32_t older = ring().minting_id;
  pass(kDayMs);
  turn();
  node("b").active = {Epoch(7), state_.id().revision - 1, {}};
  pass(kMintedStepMs + 1);
  EXPECT_EQ(step(), str_cat("key ", name(older), " may have minted until now"))
      << oldest << " does not: b has the state in which it stopped";
}

TEST_F(KeysTest, ThereAreNotManyKeys) {
  configure(400 * 86'400);
  facts_.rotate_after_ms = 1;
  for (pass(1000); step() != ""; pass(1000)) keep("a");
  EXPECT_EQ(ring().keys.size(), kStickyKeysByTime);
  EXPECT_GT(next_key_step_unix_ms(state_, 1, context_.now_unix_ms), context_.now_unix_ms);
  while (ring().keys.size() < kMaxStickyKeys) {
    rotate();
    keep("a");
    ASSERT_NE(step(), "") << "there is room for when somebody asks for it";
    pass(1000);
  }
  const absl::StatusOr<Plan> refused = plan_rotation(state_, context_);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
}

// After a restore (server/restore.h) keys of two databases are in one ring.
TEST_F(KeysTest, KeysOfTwoDatabasesFallIntoPlace) {
  rotate();
  rotate();
  const auto store = [&](uint32_t id) {
    v1::StickyKey key;
    key.set_id(id);
    key.set_secret(std::string(32, 'x'));
    key.set_created_unix_ms(began_);
    Plan plan;
    auto entry = std::make_shared<Entry>();
    entry->key = {"StickyKey", "", name(id)};
    entry->revision = state_.id().revision + 1;
    entry->bytes = key.SerializeAsString();
    plan.batch.upserts.push_back({std::move(entry), "", 0});
    take(plan);
  };
  const uint32_t newest = ring().newest_id() + 5;
  store(newest);
  store(id_of(began_) - 100);
  EXPECT_EQ(step(), str_cat("key ", name(id_of(began_) - 100), " may have minted until now"));
  keep("a");
  EXPECT_EQ(step(), str_cat("key ", name(newest), " mints, ", name(id_of(began_)), " opens"));
  EXPECT_FALSE(awaits_nodes(state_));
  EXPECT_NE(step(), "") << "the other that was coming opens, since now";
  EXPECT_EQ(step(), "");
}

TEST_F(KeysTest, TellsOfEachWhatItDoes) {
  facts_.rotate_after_ms = kDayMs;
  v1::ListKeysResponse told = list_keys(state_, table().get(), facts_, context_.now_unix_ms);
  EXPECT_EQ(told.next_rotation_unix_ms(), began_ + kDayMs);
  rotate();
  keep("a");
  EXPECT_NE(step(), "");
  pass(kHourMs);
  rotate();
  node("b");
  told = list_keys(state_, table().get(), facts_, context_.now_unix_ms);
  ASSERT_EQ(told.keys_size(), 3);
  EXPECT_FALSE(told.keys(0).mints());
  EXPECT_EQ(told.keys(0).missing_size(), 2);
  EXPECT_TRUE(told.keys(1).mints());
  EXPECT_EQ(told.keys(1).opens_until_unix_ms(), 0);
  EXPECT_EQ(told.keys(2).minted_until_unix_ms(), began_);
  EXPECT_EQ(told.keys(2).opens_until_unix_ms(), began_ + kLeastOpenMs + kGraceMs);
  EXPECT_EQ(told.next_rotation_unix_ms(), 0) << "one is coming";
}

TEST_F(KeysTest, AnAnswerNamesTheKey) {
  const absl::StatusOr<Plan> plan = plan_rotation(state_, context_);
  v1::RotateKeysResponse response;
  tell_results(plan->results, response);
  EXPECT_EQ(response.id(), ring().newest_id() + 1);
  EXPECT_TRUE(response.began());
}

}  // namespace
}  // namespace limpet
