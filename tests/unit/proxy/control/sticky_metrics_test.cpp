#include "proxy/control/sticky_metrics.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

std::unique_ptr<Worker> worker() {
  return std::make_unique<Worker>(
      WorkerOptions{1, std::make_shared<ConnectionLimits>(10, 0), 1 << 20, 0,
                    [](const std::shared_ptr<const RoutingTable>&) {}});
}

TEST(StickyMetrics, TellsTheSumOfAllWorkersByReason) {
  std::vector<std::unique_ptr<Worker>> workers;
  workers.push_back(worker());
  workers.push_back(worker());
  workers[0]->count_decision(StickyReason::kHit);
  workers[1]->count_decision(StickyReason::kHit);
  workers[1]->count_decision(StickyReason::kKeyLost);
  const std::string text = sticky_metrics(workers);
  EXPECT_EQ(text.find("# HELP limpet_sticky_decisions_total "), 0U);
  EXPECT_NE(text.find("# TYPE limpet_sticky_decisions_total counter\n"), std::string::npos);
  for (const char* line : {"{reason=\"hit\"} 2\n", "{reason=\"key_lost\"} 1\n",
                           "{reason=\"new\"} 0\n", "{reason=\"behind\"} 0\n"}) {
    EXPECT_NE(text.find(std::string("limpet_sticky_decisions_total") + line), std::string::npos)
        << line;
  }
  EXPECT_EQ(text.find("none"), std::string::npos);
}

}  // namespace
}  // namespace limpet
