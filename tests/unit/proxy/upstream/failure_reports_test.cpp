#include "proxy/upstream/failure_reports.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(FailureReports, OfOneEndpointNotMoreThanNow) {
  FailureReports reports;
  EXPECT_TRUE(reports.take(1, 7, 1'000));
  EXPECT_FALSE(reports.take(1, 7, 1'099));
  EXPECT_TRUE(reports.take(1, 8, 1'050)) << "another endpoint";
  EXPECT_TRUE(reports.take(2, 7, 1'050)) << "on another port";
  EXPECT_TRUE(reports.take(1, 7, 1'100));
  EXPECT_FALSE(reports.take(1, 7, 1'199));
}

TEST(FailureReports, RemembersBoundedlyMany) {
  FailureReports reports;
  for (uint64_t i = 0; i < FailureReports::kMaxEndpoints; ++i) EXPECT_TRUE(reports.take(1, i, 0));
  EXPECT_FALSE(reports.take(2, 1, 50));
  reports.sweep(99);
  EXPECT_EQ(reports.size(), FailureReports::kMaxEndpoints);
  reports.sweep(100);
  EXPECT_EQ(reports.size(), 0U);
  EXPECT_TRUE(reports.take(2, 1, 100));
}

}  // namespace
}  // namespace limpet
