// On the clock, of which nothing here says how soon anything happens.
#include "server/health_judge.h"

#include <gtest/gtest.h>
#include <boost/asio/executor_work_guard.hpp>

#include "server/restore.h"
#include "tests/unit/server/health_world.h"

namespace limpet {
namespace {

using std::chrono::milliseconds;
using testing::HealthWorld;

constexpr milliseconds kForEver{3'600'000};

class HealthJudgeTest : public ::testing::Test, protected HealthWorld {
 protected:
  void start(milliseconds patience) {
    judge_ = HealthJudge::start({io_, publisher, registry, applier, worker_, patience});
  }
  template <typename Condition>
  void run_until(const Condition& condition) {
    while (!condition()) io_.run_one();
  }

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
      boost::asio::make_work_guard(io_);  // while the worker has the job, nothing else is there
  SerialWorker worker_;
  std::shared_ptr<HealthJudge> judge_;
};

TEST_F(HealthJudgeTest, TakesVerdictsAsFindingsAndTheStateChange) {
  find("n1", "e1", kDown);
  start(milliseconds(0));
  run_until([&] { return is_down("e1"); });
  find("n1", "e1", kUp);
  find("n1", "e2", kDown);
  run_until([&] { return is_down("e2"); });
  EXPECT_FALSE(is_down("e1")) << "in one change";
  EXPECT_EQ(revision(), 4U);
  connect("n1");  // what it has found is not known any more
  EXPECT_TRUE(is_down("e2"));
  remove("HealthCheckPolicy", "pipy");
  run_until([&] { return !is_down("e2"); });
  EXPECT_EQ(revision(), 6U);
}

TEST_F(HealthJudgeTest, NobodyIsJudgedUntilNodesHadTheTimeToCome) {
  find("n1", "e1", kDown);
  ASSERT_TRUE(
      applier.take_verdicts({{endpoint("e2"), HealthVerdict::Is::kDown, {0, 1}, ""}}, context)
          .status.ok());
  start(kForEver);
  find("n1", "e2", kUp);
  io_.run_one();  // it is told that there is news
  io_.run_one();  // and looks
  EXPECT_TRUE(is_down("e2"));
  EXPECT_FALSE(is_down("e1"));
  remove("HealthCheckPolicy", "pipy");  // that is no matter of votes
  run_until([&] { return !is_down("e2"); });
}

TEST_F(HealthJudgeTest, OnceTheyHadItIsJudgedWithoutFurtherNews) {
  find("n1", "e1", kDown);
  start(3 * HealthJudge::kGather);
  run_until([&] { return is_down("e1"); });
}

TEST_F(HealthJudgeTest, AnotherDatabaseGivesThemTheTimeAgain) {
  start(milliseconds(0));
  find("n1", "e1", kDown);
  run_until([&] { return is_down("e1"); });
  judge_ = nullptr;

  // As before, but for a database that was saved earlier.
  const std::filesystem::path saved = directory / "saved.db";
  ASSERT_TRUE(applier.save_to(saved).ok());
  const milliseconds patience = 3 * HealthJudge::kGather;
  start(patience);
  find("n1", "e2", kDown);
  const auto before = std::chrono::steady_clock::now();
  const auto restored = applier.restore({saved, directory / "replaced.db"}, {}, Origin{"", "peer"},
                                        make_change_context());
  ASSERT_TRUE(restored.status.ok()) << restored.status;
  EXPECT_TRUE(is_down("e1"));
  run_until([&] { return is_down("e2"); });
  EXPECT_GE(std::chrono::steady_clock::now() - before, patience);
}

}  // namespace
}  // namespace limpet
