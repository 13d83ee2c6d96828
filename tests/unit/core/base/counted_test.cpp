#include "core/base/counted.h"

#include <utility>

#include <gtest/gtest.h>

namespace limpet {
namespace {

struct Thing : Counted {
  explicit Thing(int& alive) : alive_(alive) { ++alive_; }
  ~Thing() { --alive_; }
  int& alive_;
};

TEST(Counted, GoesWithItsLastHolder) {
  int alive = 0;
  CountedPtr<const Thing> kept;
  EXPECT_FALSE(kept);
  {
    CountedPtr<Thing> made(new Thing(alive));
    const CountedPtr<Thing> copy = made;
    EXPECT_EQ(copy, made);
    kept = copy;
    const CountedPtr<Thing> moved = std::move(made);
    EXPECT_FALSE(made);
    EXPECT_EQ(&moved->alive_, &alive);
  }
  EXPECT_EQ(alive, 1);
  kept = CountedPtr<const Thing>(kept);
  EXPECT_EQ(alive, 1);
  kept = nullptr;
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace limpet
