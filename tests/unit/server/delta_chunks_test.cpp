#include "server/delta_chunks.h"

#include <string>

#include <gtest/gtest.h>

#include "core/snapshot/wire.h"
#include "core/validate/validate.h"

namespace limpet {
namespace {

Snapshot with(const Snapshot& before, size_t count, size_t bytes) {
  Delta delta;
  for (size_t i = 0; i < count; ++i) {
    auto entry = std::make_shared<Entry>();
    entry->key = {"Service", "default", "s" + std::to_string(i)};
    entry->revision = before.id().revision + 1;
    entry->bytes = std::string(bytes, static_cast<char>('a' + i % 26));
    delta.upserts.push_back(std::move(entry));
  }
  return before.apply(delta, Epoch(1), before.id().revision + 1);
}

// What a node makes of the messages, in their order.
Delta join(const DeltaChunks& chunks) {
  Delta joined;
  for (size_t i = 0; i < chunks.size(); ++i) {
    const v1::Delta& delta = chunks[i].delta();
    EXPECT_EQ(delta.chunk(), i);
    EXPECT_EQ(delta.chunks(), chunks.size());
    EXPECT_LE(chunks[i].ByteSizeLong(), kMaxChunkBytes);
    for (const v1::Entry& upsert : delta.upserts()) {
      joined.upserts.push_back(std::make_shared<const Entry>(
          Entry{from_proto(upsert.key()), upsert.revision(), upsert.object()}));
    }
    for (const v1::EntryKey& key : delta.removed()) joined.removed.push_back(from_proto(key));
  }
  return joined;
}

TEST(DeltaChunksTest, SmallChangesAreOneMessage) {
  const Snapshot from = with(Snapshot(), 100, 10);
  const Snapshot to = with(from, 1, 20);
  const DeltaChunks chunks = make_delta_chunks(from, to);
  ASSERT_EQ(chunks.size(), 1U);
  EXPECT_LT(chunks[0].ByteSizeLong(), 256U);
  EXPECT_EQ(*from_proto(chunks[0].delta().from()), from.id());
  EXPECT_EQ(from.apply(join(chunks), Epoch(1), 2).id(), to.id());
}

TEST(DeltaChunksTest, AnEmptyDifferenceIsAMessageToo) {
  const Snapshot from = with(Snapshot(), 1, 10);
  const Snapshot to = from.apply({}, Epoch(1), 2);
  const DeltaChunks chunks = make_delta_chunks(from, to);
  ASSERT_EQ(chunks.size(), 1U);
  EXPECT_EQ(*from_proto(chunks[0].delta().to()), to.id());
}

TEST(DeltaChunksTest, LargeChangesAreCutBelowTheLimit) {
  const Snapshot large = with(Snapshot(), 300, 20'000);
  const DeltaChunks full = make_delta_chunks(Snapshot(), large);
  EXPECT_GE(full.size(), 6U);
  EXPECT_LE(full.size(), 8U);
  EXPECT_EQ(Snapshot().apply(join(full), Epoch(1), 1).id(), large.id());

  const DeltaChunks back = make_delta_chunks(large, Snapshot());
  EXPECT_EQ(large.apply(join(back), Epoch(), 0).id(), Snapshot().id());
}

// 100,000 routes: 34 MB of entries.
TEST(DeltaChunksTest, AHundredThousandRoutesAreCutBelowTheLimit) {
  constexpr size_t kRoutes = 100'000;
  Delta delta;
  for (size_t i = 0; i < kRoutes; ++i) {
    const std::string name = "route-" + std::to_string(i);
    delta.upserts.push_back(std::make_shared<const Entry>(
        Entry{{"HTTPRoute", "namespace", name}, 1, name + std::string(300, 'x')}));
  }
  const Snapshot all = Snapshot().apply(delta, Epoch(1), 1);
  const DeltaChunks full = make_delta_chunks(Snapshot(), all);
  EXPECT_GE(full.size(), 30U);
  EXPECT_LE(full.size(), 40U);
  EXPECT_EQ(Snapshot().apply(join(full), Epoch(1), 1).id(), all.id());

  const Snapshot gone =
      all.apply({{}, join(make_delta_chunks(all, Snapshot())).removed}, Epoch(1), 2);
  EXPECT_EQ(gone.size(), 0U);
  EXPECT_LE(make_delta_chunks(all, gone).size(), 6U);

  // One of them is one small message.
  const Snapshot changed = all.apply(
      {{std::make_shared<const Entry>(Entry{{"HTTPRoute", "namespace", "route-7"}, 2, "y"})}, {}},
      Epoch(1), 2);
  const DeltaChunks one = make_delta_chunks(all, changed);
  ASSERT_EQ(one.size(), 1U);
  EXPECT_LT(one[0].ByteSizeLong(), 256U);
}

EntryPtr huge(size_t bytes, char name = 'n') {
  return std::make_shared<const Entry>(
      Entry{{"SessionStickyPolicy", std::string(63, 'n'), std::string(253, name)},
            ~uint64_t{0},
            std::string(bytes, 'x')});
}

TEST(DeltaChunksTest, TheLargestObjectFitsIntoAMessage) {
  constexpr size_t kAdded = 7 * 1024;  // by the server; far more than it does
  Delta delta{{huge(kMaxObjectBytes + kAdded, 'a'), huge(kMaxObjectBytes + kAdded, 'b')}, {}};
  const Snapshot large = with(Snapshot(), 10, 20).apply(delta, Epoch(1), 2);
  const DeltaChunks chunks = make_delta_chunks(Snapshot(), large);
  EXPECT_EQ(chunks.size(), 3U);
  EXPECT_EQ(Snapshot().apply(join(chunks), Epoch(1), 2).id(), large.id());
}

// Nothing stores one. If it did, it would have a message of its own, beside those of the others.
TEST(DeltaChunksTest, AnEntryAboveTheLimitIsAMessageOfItsOwn) {
  const Snapshot before = with(Snapshot(), 3, 20);
  const Snapshot large = before.apply({{huge(3 * kMaxChunkBytes)}, {}}, Epoch(1), 2);
  const DeltaChunks chunks = make_delta_chunks(Snapshot(), large);
  size_t above = 0;
  Delta joined;
  for (const v1::ServerMessage& chunk : chunks) {
    const bool is_above = chunk.ByteSizeLong() > kMaxChunkBytes;
    above += is_above ? 1 : 0;
    EXPECT_TRUE(!is_above || chunk.delta().upserts_size() == 1);
    for (const v1::Entry& upsert : chunk.delta().upserts()) {
      joined.upserts.push_back(decode_entry(upsert, Snapshot()));
    }
  }
  EXPECT_EQ(above, 1U);
  EXPECT_EQ(Snapshot().apply(joined, Epoch(1), 2).id(), large.id());
}

TEST(DeltaCacheTest, SharesWhileSomebodyHoldsIt) {
  DeltaCache cache;
  const Snapshot from = with(Snapshot(), 3, 10);
  const Snapshot to = with(from, 2, 11);
  const auto one = cache.get(from, to);
  EXPECT_EQ(cache.get(from, to), one);
  EXPECT_NE(cache.get(Snapshot(), to), one);
}

}  // namespace
}  // namespace limpet
