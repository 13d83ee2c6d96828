#include "core/base/live_slot.h"

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace limpet {
namespace {

std::atomic<int> alive{0};

struct Something : Living {
  Something() { ++alive; }
  ~Something() override { --alive; }
};

TEST(LiveSlot, StaysEmptyUnlessAskedAndEndsWithItsSlot) {
  { const LiveSlot empty; }
  EXPECT_EQ(alive, 0);
  {
    LiveSlot slot;
    Something& first = slot.get<Something>();
    EXPECT_EQ(&slot.get<Something>(), &first);
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

TEST(LiveSlot, ThreadsGetTheSame) {
  LiveSlot slot;
  std::vector<Something*> seen(4);
  std::vector<std::thread> threads;
  for (Something*& one : seen) threads.emplace_back([&] { one = &slot.get<Something>(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::set<Something*>(seen.begin(), seen.end()).size(), 1U);
  EXPECT_EQ(alive, 1);
}

}  // namespace
}  // namespace limpet
