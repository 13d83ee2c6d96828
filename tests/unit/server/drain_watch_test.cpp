// Drains by what a server has, on a real store.
#include "server/drain_watch.h"

#include <memory>

#include <gtest/gtest.h>

#include "core/resource/kind.h"
#include "storage/sqlite_store.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

class DrainWatchTest : public ::testing::Test {
 protected:
  DrainWatchTest() {
    const auto made = applier_.apply(
        apply_request({service("pipy"), slice("one", "pipy", {"pipy-0=10.0.0.1", "10.0.0.2"})}),
        Origin{"", "peer"}, context_);
    EXPECT_TRUE(made.status.ok()) << made.status;
  }

  Applier::Outcome drain(const std::string& endpoint, int64_t deadline_unix_ms = 0,
                         const v1::ChangeOptions& options = {}) {
    v1::DrainRequest request;
    request.set_namespace_("server");
    request.set_service("pipy");
    request.add_endpoints(endpoint);
    request.set_deadline_unix_ms(deadline_unix_ms);
    *request.mutable_options() = options;
    return applier_.drain(request, Origin{"user:me", "peer"}, context_);
  }
  absl::StatusOr<v1::GetDrainResponse> get(const std::string& endpoint,
                                           const std::string& service = "pipy") {
    v1::GetDrainRequest request;
    request.set_namespace_("server");
    request.set_service(service);
    request.set_endpoint(endpoint);
    return watch_.get(request, context_.now_unix_ms);
  }
  void serve(const std::string& node, const StateId& state) {
    v1::Hello hello;
    hello.set_node_id(node);
    const auto ticket = registry_.connect(hello, "peer", {}, context_.now_unix_ms).value();
    registry_.active(ticket, state, 5, context_.now_unix_ms);
  }

  TemporaryDirectory directory_;
  ChangeContext context_ = test_context();
  std::unique_ptr<SqliteStore> store_ =
      SqliteStore::open(directory_ / "limpet.db", Epoch(7)).value();
  Publisher publisher_{open_state(*store_, context_).value()};
  Applier applier_{*store_, publisher_};
  NodeRegistry registry_;
  DrainWatch watch_{applier_, publisher_, registry_};
};

TEST_F(DrainWatchTest, TellsOfADrainAtOnce) {
  EXPECT_FALSE(get("pipy-0")->draining());
  const Applier::Outcome drained = drain("10.0.0.1");
  ASSERT_TRUE(drained.status.ok()) << drained.status;
  serve("a", drained.state);
  const auto told = get("10.0.0.1:8080");
  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->endpoint(), "pipy-0");
  EXPECT_EQ(told->revision(), drained.state.revision);
  EXPECT_TRUE(told->safe_to_stop()) << "no policy, and the only node serves it";
  EXPECT_FALSE(get("10.0.0.2")->draining());
}

TEST_F(DrainWatchTest, RefusesWhatIsNotThere) {
  EXPECT_TRUE(absl::IsNotFound(get("pipy-1").status()));
  EXPECT_EQ(get("pipy-0", "other").status().message(), "not found: Service server/other");
}

TEST_F(DrainWatchTest, ASharedAddressIsNoOneEndpoint) {
  v1::Resource two = slice("two", "pipy", {"10.0.0.2"});
  two.mutable_endpoint_slice()->mutable_ports(0)->set_port(9090);
  ASSERT_TRUE(applier_.apply(apply_request({two}), Origin{"", "peer"}, context_).status.ok());
  const absl::Status several = get("10.0.0.2").status();
  EXPECT_TRUE(absl::IsInvalidArgument(several));
  EXPECT_EQ(several.message(),
            "10.0.0.2 is several endpoints; name one of 10.0.0.2:8080, 10.0.0.2:9090");
}

TEST_F(DrainWatchTest, DeadlinesAreEndedByTheServer) {
  const int64_t deadline = context_.now_unix_ms + 1000;
  ASSERT_TRUE(drain("pipy-0", deadline).status.ok());
  EXPECT_EQ(watch_.look(context_.now_unix_ms), deadline);
  EXPECT_TRUE(watch_.due(deadline - 1).empty());
  const std::vector<EntryKey> due = watch_.due(deadline);
  ASSERT_EQ(due.size(), 1U);

  const StateId before = publisher_.head().id();
  EXPECT_EQ(applier_.end_drains(due, context_).state, before) << "not yet: no revision";
  context_.now_unix_ms = deadline;
  const Applier::Outcome ended = applier_.end_drains(due, context_);
  EXPECT_EQ(ended.state.revision, before.revision + 1);
  EXPECT_TRUE(get("pipy-0")->over());
  EXPECT_EQ(watch_.look(deadline), std::nullopt);
  const v1::ListAuditResponse audit = applier_.audit(v1::ListAuditRequest()).value();
  EXPECT_EQ(audit.records(0).actor(), "drain");
  EXPECT_EQ(audit.records(0).message(), "server/pipy pipy-0");
  EXPECT_EQ(applier_.end_drains(due, context_).state, ended.state) << "once";
}

TEST_F(DrainWatchTest, ADrainHasTheOptionsOfEveryChange) {
  v1::ChangeOptions options;
  options.set_validate_only(true);
  const StateId before = publisher_.head().id();
  EXPECT_EQ(drain("pipy-0", 0, options).results[0].outcome(), v1::ObjectResult::CONFIGURED);
  EXPECT_EQ(publisher_.head().id(), before);
  options.set_validate_only(false);
  options.set_expected_revision(1);
  EXPECT_TRUE(absl::IsAborted(drain("pipy-0", 0, options).status));

  options.set_expected_revision(0);
  options.set_request_id("once");
  const Applier::Outcome first = drain("pipy-0", 0, options);
  ASSERT_TRUE(first.status.ok());
  const Applier::Outcome again = drain("pipy-0", 0, options);
  EXPECT_EQ(again.state, first.state);
  EXPECT_EQ(again.results[0].outcome(), v1::ObjectResult::CONFIGURED) << "the first answer";
  EXPECT_EQ(drain("pipy-0").results[0].outcome(), v1::ObjectResult::UNCHANGED);
  EXPECT_EQ(publisher_.head().id(), first.state);
}

}  // namespace
}  // namespace limpet
