// On the wall clock, whose deadlines these are; nothing here says how soon.
#include "server/drain_deadlines.h"

#include <memory>

#include <boost/asio/executor_work_guard.hpp>
#include <gtest/gtest.h>

#include "storage/sqlite_store.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

class DrainDeadlinesTest : public ::testing::Test {
 protected:
  DrainDeadlinesTest() {
    const auto made = applier_.apply(
        apply_request({service("pipy"), slice("one", "pipy", {"a=10.0.0.1", "b=10.0.0.2"})}),
        Origin{"", "peer"}, make_change_context());
    EXPECT_TRUE(made.status.ok()) << made.status;
  }

  void drain(const std::string& endpoint, int64_t after_ms) {
    v1::DrainRequest request;
    request.set_namespace_("server");
    request.set_service("pipy");
    request.add_endpoints(endpoint);
    request.set_deadline_unix_ms(unix_ms_now() + after_ms);
    EXPECT_TRUE(applier_.drain(request, Origin{"", "peer"}, make_change_context()).status.ok());
  }
  bool over(const std::string& endpoint) {
    v1::GetDrainRequest request;
    request.set_namespace_("server");
    request.set_service("pipy");
    request.set_endpoint(endpoint);
    return watch_.get(request, unix_ms_now())->over();
  }

  TemporaryDirectory directory_;
  std::unique_ptr<SqliteStore> store_ =
      SqliteStore::open(directory_ / "limpet.db", Epoch(7)).value();
  Publisher publisher_{open_state(*store_, test_context()).value()};
  Applier applier_{*store_, publisher_};
  NodeRegistry registry_;
  DrainWatch watch_{applier_, publisher_, registry_};
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
      boost::asio::make_work_guard(io_);  // while the worker has the job, nothing else is there
  SerialWorker worker_;
};

TEST_F(DrainDeadlinesTest, EndsThoseOfBeforeItsStartAndOfAfter) {
  constexpr int64_t kNever = 3'600'000;
  drain("a", 20);
  const auto deadlines =
      DrainDeadlines::start({io_, publisher_, registry_, applier_, worker_, watch_});
  while (!over("a")) io_.run_one();
  drain("b", kNever);
  EXPECT_FALSE(over("b"));
  drain("b", 20);  // sooner than was said before
  while (!over("b")) io_.run_one();
  EXPECT_EQ(publisher_.head().id().revision, 7U) << "one for each change, and no other";
}

}  // namespace
}  // namespace limpet
