#include "proxy/control/sync_state.h"

#include <gtest/gtest.h>

#include "core/snapshot/wire.h"

namespace limpet {
namespace {

using Kind = SyncState::Update::Kind;

const Epoch kEpoch = Epoch::make(1'700'000'000'000, 1);

Snapshot with(const Snapshot& base, uint64_t revision, const std::string& name,
              const std::string& bytes, Epoch epoch = kEpoch) {
  const auto entry =
      std::make_shared<const Entry>(Entry{{"Service", "shop", name}, revision, bytes});
  return base.apply({{entry}, {}}, epoch, revision);
}

// The whole way in `chunks` messages, the entries spread over them.
std::vector<v1::Delta> messages(const Snapshot& from, const Snapshot& to, uint32_t chunks = 1) {
  std::vector<v1::Delta> made(chunks);
  for (uint32_t i = 0; i < chunks; ++i) {
    *made[i].mutable_from() = to_proto(from.id());
    *made[i].mutable_to() = to_proto(to.id());
    made[i].set_chunk(i);
    made[i].set_chunks(chunks);
  }
  const Delta delta = Snapshot::diff(from, to);
  uint32_t next = 0;
  for (const EntryPtr& entry : delta.upserts) {
    v1::Entry& upsert = *made[next++ % chunks].add_upserts();
    *upsert.mutable_key() = to_proto(entry->key);
    upsert.set_revision(entry->revision);
    upsert.set_object(entry->bytes);
  }
  for (const EntryKey& key : delta.removed) *made[next++ % chunks].add_removed() = to_proto(key);
  return made;
}

const Snapshot kOne = with(with(Snapshot(), 1, "a", "1"), 1, "b", "1");
const Snapshot kTwo = with(kOne, 2, "a", "2");

TEST(SyncState, TakesAStateWhenItsLastChunkIsThere) {
  SyncState state{Snapshot()};
  const auto chunks = messages(Snapshot(), kOne, 3);
  EXPECT_EQ(state.on_delta(chunks[0]).kind, Kind::kPartial);
  EXPECT_EQ(state.on_delta(chunks[1]).kind, Kind::kPartial);
  const SyncState::Update update = state.on_delta(chunks[2]);
  ASSERT_EQ(update.kind, Kind::kActivate);
  EXPECT_TRUE(update.full);
  EXPECT_EQ(update.next.id(), kOne.id());
  EXPECT_EQ(state.held().id().revision, 0U) << "until it serves";
  state.accept(update.next);
  EXPECT_EQ(state.held().id(), kOne.id());
}

TEST(SyncState, GoesOnFromWhatItHolds) {
  SyncState state{kOne};
  const SyncState::Update update = state.on_delta(messages(kOne, kTwo)[0]);
  ASSERT_EQ(update.kind, Kind::kActivate);
  EXPECT_FALSE(update.full);
  EXPECT_EQ(update.delta.upserts.size(), 1U);
  EXPECT_EQ(update.next.id(), kTwo.id());
}

TEST(SyncState, ADeltaFromAnotherStateIsNoUse) {
  SyncState state{kOne};
  const Snapshot three = with(kTwo, 3, "c", "1");
  EXPECT_EQ(state.on_delta(messages(kTwo, three)[0]).kind, Kind::kResync);
  EXPECT_EQ(state.held().id(), kOne.id());
  EXPECT_EQ(state.on_delta(messages(kOne, kTwo)[0]).kind, Kind::kActivate);
}

TEST(SyncState, ChunksOutOfOrderAreNoUse) {
  const auto chunks = messages(Snapshot(), kOne, 3);
  for (const std::vector<int>& order :
       {std::vector<int>{1}, std::vector<int>{0, 2}, std::vector<int>{0, 1, 1}}) {
    SyncState state{Snapshot()};
    SyncState::Update update;
    for (const int i : order) update = state.on_delta(chunks[static_cast<size_t>(i)]);
    EXPECT_EQ(update.kind, Kind::kResync);
  }
}

TEST(SyncState, ALostStreamLeavesNoHalfDelta) {
  SyncState state{Snapshot()};
  const auto chunks = messages(Snapshot(), kOne, 2);
  state.on_delta(chunks[0]);
  state.on_stream_lost();
  EXPECT_EQ(state.on_delta(chunks[1]).kind, Kind::kResync);
  state.on_delta(chunks[0]);
  EXPECT_EQ(state.on_delta(chunks[1]).kind, Kind::kActivate);
}

TEST(SyncState, ANewBeginningReplacesAHalfDelta) {
  SyncState state{Snapshot()};
  state.on_delta(messages(Snapshot(), kOne, 2)[0]);
  EXPECT_EQ(state.on_delta(messages(Snapshot(), kTwo)[0]).kind, Kind::kActivate);
}

TEST(SyncState, AWrongDigestIsNotServedAndStartsOver) {
  SyncState state{kOne};
  v1::Delta altered = messages(kOne, kTwo)[0];
  altered.mutable_upserts(0)->set_object("other");
  EXPECT_EQ(state.on_delta(altered).kind, Kind::kResync);
  EXPECT_EQ(state.held().id(), kOne.id());
  // The next Hello asks for everything, and tells what is served all the same.
  EXPECT_EQ(state.resume(), (StateId{kEpoch, 1, Digest()}));
  const SyncState::Update everything = state.on_delta(messages(Snapshot(), kTwo)[0]);
  ASSERT_EQ(everything.kind, Kind::kActivate);
  state.accept(everything.next);
  EXPECT_EQ(state.resume(), kTwo.id());
}

TEST(SyncState, APatchThatDoesNotFitStartsOver) {
  SyncState state{kOne};
  v1::Delta altered = messages(kOne, kTwo)[0];
  altered.mutable_upserts(0)->add_patch()->set_size(100);
  EXPECT_EQ(state.on_delta(altered).kind, Kind::kResync);
  EXPECT_EQ(state.held().id(), kOne.id());
  EXPECT_EQ(state.resume(), (StateId{kEpoch, 1, Digest()}));
}

// A state comes to serve while a new stream brings the way from the one before.
TEST(SyncState, AHalfDeltaFromTheStateBeforeIsDropped) {
  SyncState state{kOne};
  const Snapshot three = with(with(kTwo, 3, "c", "1"), 3, "d", "1");
  const auto chunks = messages(kOne, three, 2);
  EXPECT_EQ(state.on_delta(chunks[0]).kind, Kind::kPartial);
  state.accept(kTwo);
  EXPECT_EQ(state.on_delta(chunks[1]).kind, Kind::kResync);
  EXPECT_EQ(state.resume(), kTwo.id());

  // One from nothing is good whatever is held.
  const auto all = messages(Snapshot(), three, 2);
  EXPECT_EQ(state.on_delta(all[0]).kind, Kind::kPartial);
  state.accept(kTwo);
  EXPECT_EQ(state.on_delta(all[1]).kind, Kind::kActivate);
}

TEST(SyncState, OlderStatesAreRefused) {
  SyncState state{kTwo};
  EXPECT_EQ(state.on_delta(messages(Snapshot(), kOne)[0]).kind, Kind::kReject);
  const Epoch older = Epoch::make(1'600'000'000'000, 1);
  EXPECT_EQ(state.on_delta(messages(Snapshot(), with(Snapshot(), 9, "a", "1", older))[0]).kind,
            Kind::kReject);
}

TEST(SyncState, AnotherEpochIsTakenOnlyWhenAnOperatorWantsIt) {
  const Epoch newer = Epoch::make(1'800'000'000'000, 1);
  v1::Delta delta = messages(Snapshot(), with(Snapshot(), 1, "a", "1", newer))[0];
  SyncState state{kTwo};
  EXPECT_EQ(state.on_delta(delta).kind, Kind::kReject);
  EXPECT_EQ(SyncState(Snapshot()).on_delta(delta).kind, Kind::kActivate) << "it had none";
  delta.set_adopt(true);
  EXPECT_EQ(state.on_delta(delta).kind, Kind::kActivate);
  const Epoch older = Epoch::make(1'600'000'000'000, 1);
  v1::Delta back = messages(Snapshot(), with(Snapshot(), 9, "a", "1", older))[0];
  back.set_adopt(true);
  EXPECT_EQ(state.on_delta(back).kind, Kind::kReject) << "whatever the operator wants";
}

TEST(SyncState, ChunksAgreeOnAdoption) {
  const Snapshot restored =
      with(with(Snapshot(), 3, "a", "1"), 3, "b", "1", Epoch::make(1'800'000'000'000, 1));
  auto chunks = messages(Snapshot(), restored, 2);
  chunks[0].set_adopt(true);
  SyncState state{kTwo};
  EXPECT_EQ(state.on_delta(chunks[0]).kind, Kind::kPartial);
  EXPECT_EQ(state.on_delta(chunks[1]).kind, Kind::kResync);
}

TEST(SyncState, AFullDeltaDropsWhatWasThere) {
  SyncState state{kTwo};
  const Snapshot lone = with(Snapshot(), 3, "z", "1");
  const SyncState::Update update = state.on_delta(messages(Snapshot(), lone)[0]);
  ASSERT_EQ(update.kind, Kind::kActivate);
  EXPECT_EQ(update.next.size(), 1U);
}

TEST(SyncState, MessagesWithoutSenseAreNoUse) {
  SyncState state{kOne};
  EXPECT_EQ(state.on_delta(v1::Delta()).kind, Kind::kResync);
  v1::Delta bad = messages(kOne, kTwo)[0];
  bad.mutable_to()->set_digest("short");
  EXPECT_EQ(state.on_delta(bad).kind, Kind::kResync);
  bad = messages(kOne, kTwo)[0];
  bad.set_chunks(0);
  EXPECT_EQ(state.on_delta(bad).kind, Kind::kResync);
}

}  // namespace
}  // namespace limpet
