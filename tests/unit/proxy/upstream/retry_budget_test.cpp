#include "proxy/upstream/retry_budget.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

int taken(RetryBudget& budget, int64_t now_ms) {
  int count = 0;
  while (budget.take(now_ms)) ++count;
  return count;
}

TEST(RetryBudget, BeginsWithItsReserve) {
  RetryBudget budget;
  EXPECT_EQ(taken(budget, 1'000), RetryBudget::kMost);
}

TEST(RetryBudget, GrowsByAFifthOfTheRequests) {
  RetryBudget budget;
  taken(budget, 1'000);
  for (int i = 0; i < 100; ++i) budget.note_request();
  EXPECT_EQ(taken(budget, 1'000), 20);
}

TEST(RetryBudget, GrowsWithTimeUpToItsReserve) {
  RetryBudget budget;
  taken(budget, 1'000);
  EXPECT_EQ(taken(budget, 1'050), 0);
  EXPECT_EQ(taken(budget, 1'150), 1) << "what was not whole is kept";
  EXPECT_EQ(taken(budget, 3'100), 20);
  EXPECT_EQ(taken(budget, 1'000'000), RetryBudget::kMost);
}

}  // namespace
}  // namespace limpet
