#include "server/restore.h"

#include <gtest/gtest.h>

#include "core/resource/kind.h"
#include "core/snapshot/wire.h"
#include "limpet/v1/state.pb.h"
#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

EntryPtr key(uint32_t id, bool mints, char secret = 's', int64_t minted_until_unix_ms = 0) {
  v1::StickyKey message;
  message.set_minted_until_unix_ms(minted_until_unix_ms);
  message.set_id(id);
  message.set_mints(mints);
  message.set_secret(std::string(32, secret));
  auto entry = std::make_shared<Entry>();
  entry->key = {std::string(kStickyKeyKind), "", std::to_string(id)};
  entry->revision = 1;
  entry->bytes = serialize(message);
  return entry;
}

Snapshot state(uint64_t epoch, uint64_t revision, std::vector<EntryPtr> entries) {
  return Snapshot().apply({std::move(entries), {}}, Epoch(epoch), revision);
}

v1::StickyKey key_in(const Snapshot& state, uint32_t id) {
  v1::StickyKey message;
  const EntryPtr entry = state.find({std::string(kStickyKeyKind), "", std::to_string(id)});
  EXPECT_TRUE(entry != nullptr && message.ParseFromString(entry->bytes));
  return message;
}

TEST(Restore, TakesARevisionBeyondBothAndAnEpochLaterThanBoth) {
  const ChangeContext context = test_context();
  const uint64_t future = Epoch::make(context.now_unix_ms + 1'000'000, 5).value();
  for (const auto& [saved, live] :
       {std::pair<uint64_t, uint64_t>{7, 8}, {8, 7}, {future, 7}, {7, future}, {future, future}}) {
    const RestorePlan plan =
        plan_restore(state(saved, 5, {key(1, true)}), state(live, 9, {key(1, true)}), context);
    EXPECT_EQ(plan.state.id().revision, 10U);
    EXPECT_GT(plan.state.id().epoch.created(), Epoch(saved).created());
    EXPECT_GT(plan.state.id().epoch.created(), Epoch(live).created());
  }
  const RestorePlan plan = plan_restore(state(7, 20, {}), state(8, 9, {}), context);
  EXPECT_EQ(plan.state.id().revision, 21U);
  EXPECT_EQ(plan.state.id().epoch.created(), static_cast<uint64_t>(context.now_unix_ms) / 10);
}

TEST(Restore, KeepsTheKeysOfTheReplacedDatabase) {
  const RestorePlan plan = plan_restore(state(7, 5, {key(2, true)}),
                                        state(7, 9, {key(1, true), key(3, false)}), test_context());
  EXPECT_EQ(plan.kept_keys, 2U);
  ASSERT_EQ(plan.batch.upserts.size(), 2U);
  EXPECT_EQ(plan.batch.upserts[0].entry->revision, 10U);
  EXPECT_FALSE(key_in(plan.state, 1).mints());
  EXPECT_TRUE(key_in(plan.state, 2).mints());
  EXPECT_FALSE(key_in(plan.state, 3).mints());
  EXPECT_EQ(key_in(plan.state, 3).secret(), std::string(32, 's'));
}

// The nodes that are not adopted yet have no other key: a token of key 1 they would take for one
// whose key is long gone, and begin its session anew.
TEST(Restore, SealsWithANewerKeyOfTheReplacedDatabase) {
  for (const bool saved_has_it : {false, true}) {
    std::vector<EntryPtr> saved = {key(1, true)};
    if (saved_has_it) saved.push_back(key(2, false));
    const RestorePlan plan =
        plan_restore(state(7, 5, std::move(saved)), state(8, 9, {key(2, true)}), test_context());
    EXPECT_EQ(plan.kept_keys, saved_has_it ? 0U : 1U);
    EXPECT_EQ(plan.batch.upserts.size(), 2U);
    EXPECT_FALSE(key_in(plan.state, 1).mints());
    EXPECT_TRUE(key_in(plan.state, 2).mints());
  }
}

TEST(Restore, AKeyHasMintedForAsLongAsEitherDatabaseSays) {
  const RestorePlan plan = plan_restore(
      state(7, 5, {key(1, false, 's', 100), key(2, false, 's', 300), key(3, true)}),
      state(8, 9, {key(1, false, 's', 200), key(2, false, 's', 200), key(3, true)}),
      test_context());
  EXPECT_EQ(key_in(plan.state, 1).minted_until_unix_ms(), 200);
  EXPECT_EQ(key_in(plan.state, 2).minted_until_unix_ms(), 300);
  EXPECT_EQ(plan.batch.upserts.size(), 1U);
}

TEST(Restore, OfTwoKeysWithOneIdKeepsTheSavedOne) {
  const RestorePlan plan = plan_restore(state(7, 5, {key(1, true, 'a')}),
                                        state(8, 9, {key(1, true, 'b')}), test_context());
  EXPECT_EQ(plan.kept_keys, 0U);
  EXPECT_EQ(key_in(plan.state, 1).secret(), std::string(32, 'a'));
}

TEST(Restore, GoesOnSealingWithTheKeysThereAreWhereTheFileHasNone) {
  const RestorePlan plan =
      plan_restore(state(7, 0, {}), state(8, 9, {key(1, false), key(2, true)}), test_context());
  EXPECT_FALSE(key_in(plan.state, 1).mints());
  EXPECT_TRUE(key_in(plan.state, 2).mints());
}

EntryPtr evictions(const std::string& service,
                   const std::vector<std::pair<uint64_t, uint64_t>>& revision_of_uid,
                   uint64_t epoch = 7) {
  v1::ServiceState message;
  for (const auto& [uid, revision] : revision_of_uid) {
    v1::ServiceState::Eviction& eviction = *message.add_evictions();
    eviction.set_epoch(epoch << 24);
    eviction.set_revision(revision);
    eviction.set_endpoint_uid(uid);
  }
  auto entry = std::make_shared<Entry>();
  entry->key = {std::string(kServiceStateKind), "server", service};
  entry->revision = 1;
  entry->bytes = serialize(message);
  return entry;
}

v1::ServiceState evictions_in(const Snapshot& state, const std::string& service) {
  v1::ServiceState message;
  const EntryPtr entry = state.find({std::string(kServiceStateKind), "server", service});
  EXPECT_TRUE(entry != nullptr && message.ParseFromString(entry->bytes));
  return message;
}

TEST(Restore, ForgetsNoEviction) {
  const RestorePlan plan = plan_restore(
      state(7 << 24, 5, {evictions("both", {{0, 3}, {11, 4}}), evictions("saved", {{0, 2}}),
                         evictions("same", {{0, 1}})}),
      state(8 << 24, 9, {evictions("both", {{11, 1}, {12, 2}}, 8), evictions("live", {{0, 8}}),
                         evictions("same", {{0, 1}})}),
      test_context());
  ASSERT_EQ(plan.batch.upserts.size(), 2U) << "of both, and of the live one";
  const v1::ServiceState both = evictions_in(plan.state, "both");
  ASSERT_EQ(both.evictions_size(), 3);
  EXPECT_EQ(both.evictions(0).revision(), 3U);
  EXPECT_EQ(both.evictions(1).epoch(), 8U << 24) << "the later epoch, although at a lower revision";
  EXPECT_EQ(both.evictions(2).endpoint_uid(), 12U);
  EXPECT_EQ(evictions_in(plan.state, "saved").evictions(0).revision(), 2U);
  EXPECT_EQ(evictions_in(plan.state, "live").evictions(0).revision(), 8U);
  for (const char* service : {"both", "saved", "live"}) {
    const v1::ServiceState kept = evictions_in(plan.state, service);
    for (const auto& eviction : kept.evictions()) {
      EXPECT_LT(Epoch(eviction.epoch()).created(), plan.state.id().epoch.created())
          << "what is bound from now on stays";
    }
  }
}

EntryPtr endpoint(const std::string& name, uint64_t uid, bool down, bool drained = false) {
  v1::EndpointState message;
  message.set_uid(uid);
  if (down) message.add_down()->set_port(8080);
  if (drained) message.mutable_drain()->set_since_unix_ms(1);
  auto entry = std::make_shared<Entry>();
  entry->key = {std::string(kEndpointStateKind), "server", "pipy/name:" + name};
  entry->revision = 1;
  entry->bytes = serialize(message);
  return entry;
}

TEST(Restore, WhatTheNodesHaveJudgedSinceHolds) {
  const RestorePlan plan = plan_restore(
      state(7 << 24, 5, {endpoint("was", 1, true), endpoint("is", 2, false, true),
                         endpoint("both", 3, true), endpoint("other", 4, true),
                         endpoint("saved", 5, true)}),
      state(8 << 24, 9, {endpoint("was", 1, false, true), endpoint("is", 2, true),
                         endpoint("both", 3, true), endpoint("other", 40, false),
                         endpoint("live", 6, true)}),
      test_context());
  EXPECT_EQ(plan.batch.upserts.size(), 4U);
  const auto in_state = [&](const std::string& name) {
    v1::EndpointState message;
    const EntryPtr entry = plan.state.find(endpoint(name, 0, false)->key);
    EXPECT_TRUE(entry != nullptr && message.ParseFromString(entry->bytes)) << name;
    return message;
  };
  EXPECT_EQ(in_state("was").down_size(), 0);
  EXPECT_FALSE(in_state("was").has_drain()) << "drains are those of the file";
  EXPECT_EQ(in_state("is").down_size(), 1);
  EXPECT_TRUE(in_state("is").has_drain());
  EXPECT_EQ(in_state("both").down_size(), 1);
  EXPECT_EQ(in_state("other").down_size(), 0) << "another endpoint of that name";
  EXPECT_EQ(in_state("saved").down_size(), 0) << "nobody knows what became of it";
  EXPECT_EQ(plan.state.find(endpoint("live", 0, false)->key), nullptr);
}

TEST(Restore, SaysWhatTookThePlaceOfWhat) {
  const StateId saved{Epoch(0xab), 5, {}};
  const StateId live{Epoch(0xcd), 9, {}};
  constexpr char kWhat[] = "revision 5 of epoch ab in the place of revision 9 of epoch cd";
  EXPECT_EQ(restore_message("", saved, live), kWhat);
  EXPECT_EQ(restore_message("why", saved, live), std::string("why; ") + kWhat);
}

}  // namespace
}  // namespace limpet
