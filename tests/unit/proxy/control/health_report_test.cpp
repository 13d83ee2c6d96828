#include "proxy/control/health_report.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(HealthReport, SaysWhatIsFoundOfWhom) {
  using Health = HealthTracker::Health;
  const auto messages = health_messages({{"shop/web:8080", 7, Health::kDown, "status 503"},
                                         {"shop/web:8080", 8, Health::kUp, ""},
                                         {"a/b:1", 9, Health::kUntried, ""}});
  ASSERT_EQ(messages.size(), 1U);
  const v1::HealthReport& report = messages[0].health();
  ASSERT_EQ(report.findings_size(), 3);
  const v1::HealthReport::Finding& first = report.findings(0);
  EXPECT_EQ(first.namespace_(), "shop");
  EXPECT_EQ(first.service(), "web");
  EXPECT_EQ(first.port(), 8080);
  EXPECT_EQ(first.endpoint_uid(), 7U);
  EXPECT_EQ(first.health(), v1::HealthReport::DOWN);
  EXPECT_EQ(first.problem(), "status 503");
  EXPECT_EQ(report.findings(1).health(), v1::HealthReport::UP);
  EXPECT_EQ(report.findings(2).health(), v1::HealthReport::UNKNOWN);
  EXPECT_EQ(report.findings(2).port(), 1);
}

TEST(HealthReport, ManyFindingsGoInSeveralMessages) {
  EXPECT_TRUE(health_messages({}).empty());
  std::vector<HealthFinding> findings(2 * kMaxFindings + 1);
  for (size_t i = 0; i < findings.size(); ++i) findings[i] = {"n/s:80", i};
  const auto messages = health_messages(findings);
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0].health().findings_size(), 1'000);
  EXPECT_EQ(messages[2].health().findings_size(), 1);
  EXPECT_EQ(messages[2].health().findings(0).endpoint_uid(), 2'000U);
}

}  // namespace
}  // namespace limpet
