#include "server/delta_chunks.h"

#include <string>

#include <gtest/gtest.h>

#include "core/snapshot/wire.h"

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
