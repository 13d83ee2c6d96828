#include <gtest/gtest.h>

#include "server/delta_chunks.h"
#include "tests/stream/world.h"

namespace limpet {
namespace {

World::Counts run(bool epochs) {
  constexpr uint64_t kSeeds = 40;
  constexpr int kSteps = 1000;
  World::Counts counts;
  for (uint64_t seed = 0; seed < kSeeds && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    World world(seed, epochs, 3, counts);
    for (int step = 0; step < kSteps && !testing::Test::HasFailure(); ++step) world.step();
    world.settle();
  }
  return counts;
}

TEST(Stream, NodesHoldWhatTheServerHadAndInTheEndWhatItHas) {
  const World::Counts counts = run(false);
  EXPECT_GT(counts.activated, 500U);
  EXPECT_GT(counts.refused, 50U);
  EXPECT_GT(counts.resyncs, 10U);
  EXPECT_GT(counts.closed, 10U);
  EXPECT_GT(counts.cut_deltas, 10U);
  EXPECT_GT(counts.altered, 10U);
  EXPECT_GT(counts.patches, 100U);
  EXPECT_GT(counts.largest, kMaxChunkBytes / 2);
  EXPECT_EQ(counts.rejected, 0U);
  EXPECT_EQ(counts.left_epochs, 0U);
}

TEST(Stream, NodesLeaveAnEpochOnlyByAdoptionAndNeverGoBack) {
  const World::Counts counts = run(true);
  EXPECT_GT(counts.activated, 500U);
  EXPECT_GT(counts.altered, 10U);
  EXPECT_GT(counts.left_epochs, 50U);
}

}  // namespace
}  // namespace limpet
