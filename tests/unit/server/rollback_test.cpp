// Going back, on a real store.
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "server/applier.h"
#include "storage/sqlite_store.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

using Result = v1::ObjectResult;

class RollbackTest : public ::testing::Test {
 protected:
  uint64_t apply(const std::vector<v1::Resource>& resources) {
    context_.now_unix_ms += 5000;
    const Applier::Outcome outcome =
        applier_.apply(apply_request(resources), Origin{"", "peer"}, context_);
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    return outcome.state.revision;
  }

  uint64_t remove(const std::string& kind, const std::string& name) {
    v1::EntryKey key;
    key.set_kind(kind);
    key.set_namespace_("server");
    key.set_name(name);
    const Applier::Outcome outcome =
        applier_.remove(delete_request({key}), Origin{"", "peer"}, context_);
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    return outcome.state.revision;
  }

  Applier::Outcome rollback(uint64_t to, const v1::ChangeOptions& options = {}) {
    v1::RollbackRequest request;
    request.set_to(to);
    *request.mutable_options() = options;
    return applier_.rollback(request, Origin{"", "peer"}, context_);
  }

  v1::Service service_now(const std::string& name) {
    const EntryPtr entry = publisher_.head().find({"Service", "server", name});
    return entry == nullptr ? v1::Service() : parse_resource("Service", entry->bytes)->service();
  }

  static std::vector<Result::Outcome> outcomes(const Applier::Outcome& outcome) {
    std::vector<Result::Outcome> outcomes;
    for (const Result& result : outcome.results) outcomes.push_back(result.outcome());
    return outcomes;
  }

  TemporaryDirectory directory_;
  ChangeContext context_ = test_context();
  std::unique_ptr<SqliteStore> store_ =
      SqliteStore::open(directory_ / "limpet.db", Epoch(7)).value();
  Publisher publisher_{open_state(*store_, context_).value()};
  Applier applier_{*store_, publisher_};
};

TEST_F(RollbackTest, RestoresCreatesAndDeletes) {
  const uint64_t then = apply({service("changed", 80), service("deleted")});
  const v1::Service changed = service_now("changed");
  const v1::Service deleted = service_now("deleted");
  apply({service("changed", 81), service("created")});
  remove("Service", "deleted");

  const Applier::Outcome outcome = rollback(then);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.state.revision, then + 3);
  EXPECT_EQ(outcomes(outcome),
            (std::vector{Result::CONFIGURED, Result::DELETED, Result::CREATED}));
  const v1::Service again = service_now("changed");
  EXPECT_EQ(serialize(again.spec()), serialize(changed.spec()));
  EXPECT_EQ(again.metadata().uid(), changed.metadata().uid());
  EXPECT_EQ(again.metadata().creation_timestamp(), changed.metadata().creation_timestamp());
  EXPECT_EQ(again.metadata().generation(), 3) << "1, 2, and this";
  EXPECT_EQ(service_now("deleted").metadata().uid(), deleted.metadata().uid());
  EXPECT_EQ(service_now("created").metadata().name(), "") << "is gone";
  EXPECT_EQ(store_->load().value().id(), outcome.state);
}

TEST_F(RollbackTest, RestoresTheUidOfAnObjectThatWasMadeAnew) {
  const uint64_t then = apply({service("pipy")});
  const v1::ObjectMeta first = service_now("pipy").metadata();
  remove("Service", "pipy");
  apply({service("pipy")});
  EXPECT_NE(service_now("pipy").metadata().uid(), first.uid());
  ASSERT_TRUE(rollback(then).status.ok());
  EXPECT_EQ(service_now("pipy").metadata().uid(), first.uid());
  EXPECT_EQ(service_now("pipy").metadata().creation_timestamp(), first.creation_timestamp());
}

TEST_F(RollbackTest, WhatIsAsItWasTakesNoRevision) {
  const uint64_t then = apply({service("pipy", 80)});
  apply({service("pipy", 81)});
  const uint64_t now = apply({service("pipy", 80)});
  const Applier::Outcome outcome = rollback(then);
  ASSERT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.state.revision, now) << "only the generation differs";
  EXPECT_TRUE(outcome.results.empty());
}

TEST_F(RollbackTest, KeepsKeysAndTheUidsOfEndpointsThatStay) {
  apply({slice("one", "pipy", {"10.0.0.1"})});
  const EntryKey kept{"EndpointState", "server", "pipy/addr:10.0.0.1:8080"};
  const uint64_t then = apply({slice("one", "pipy", {"10.0.0.1", "10.0.0.2"})});
  apply({slice("one", "pipy", {"10.0.0.1", "10.0.0.3"})});
  const EntryPtr before = publisher_.head().find(kept);
  ASSERT_NE(before, nullptr);
  ASSERT_TRUE(rollback(then).status.ok());
  EXPECT_EQ(publisher_.head().find(kept), before);
  EXPECT_EQ(publisher_.head().size(kEndpointStateKind), 2U);
  EXPECT_EQ(publisher_.head().size(kStickyKeyKind), 1U);
}

TEST_F(RollbackTest, IsGuardedAndTakesOptions) {
  const uint64_t then = apply({service("pipy")});
  apply({slice("one", "pipy", {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5",
                               "10.0.0.6"})});
  EXPECT_EQ(rollback(then).status.code(), absl::StatusCode::kFailedPrecondition);
  v1::ChangeOptions options;
  options.set_expected_revision(1);
  EXPECT_EQ(rollback(then, options).status.code(), absl::StatusCode::kAborted);
  options.set_expected_revision(0);
  options.set_allow_mass_delete(true);
  EXPECT_TRUE(rollback(then, options).status.ok());
  EXPECT_EQ(store_->audit(1, 0).value()[0].record.message, str_cat("to revision ", then));
}

TEST_F(RollbackTest, RefusesRevisionsThatAreNotThere) {
  EXPECT_EQ(rollback(0).status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(rollback(99).status.code(), absl::StatusCode::kOutOfRange);
}

TEST_F(RollbackTest, TheDifferenceIsOfUsersObjects) {
  const uint64_t from = apply({service("a", 80), service("b")});
  apply({service("a", 81), slice("one", "a", {"10.0.0.1"})});
  remove("Service", "b");
  v1::DiffRequest request;
  request.set_from(from);
  const v1::DiffResponse diff = applier_.diff(request).value();
  EXPECT_EQ(diff.to(), from + 2);
  ASSERT_EQ(diff.changes_size(), 3);
  EXPECT_EQ(diff.changes(0).key().kind(), "EndpointSlice");
  EXPECT_FALSE(diff.changes(0).has_before());
  EXPECT_EQ(diff.changes(1).before().service().spec().ports(0).port(), 80);
  EXPECT_EQ(diff.changes(1).after().service().spec().ports(0).port(), 81);
  EXPECT_EQ(diff.changes(1).after().service().metadata().resource_version(),
            std::to_string(from + 1));
  EXPECT_FALSE(diff.changes(2).has_after());
  request.set_from(99);
  EXPECT_EQ(applier_.diff(request).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(RollbackTest, WhatTheServerFillsInIsNoDifference) {
  const uint64_t from = apply({service("a", 80)});
  apply({service("a", 81)});
  apply({service("a", 80)});
  v1::DiffRequest request;
  request.set_from(from);
  EXPECT_EQ(applier_.diff(request).value().changes_size(), 0) << "the generation alone differs";
}

TEST_F(RollbackTest, RevisionsCanBeThoseOfOneObject) {
  const uint64_t first = apply({service("a", 80), service("b")});
  apply({service("b", 81)});
  v1::ListRevisionsRequest request;
  request.mutable_object()->set_kind("Service");
  request.mutable_object()->set_namespace_("server");
  request.mutable_object()->set_name("a");
  const v1::ListRevisionsResponse listed = applier_.revisions(request).value();
  ASSERT_EQ(listed.revisions_size(), 1);
  EXPECT_EQ(listed.revisions(0).revision(), first);
  EXPECT_EQ(listed.revisions(0).changes_size(), 1);
  request.mutable_object()->set_kind("StickyKey");
  EXPECT_EQ(applier_.revisions(request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RollbackTest, RevisionsTellWhatUsersChanged) {
  apply({slice("one", "pipy", {"10.0.0.1"})});
  const v1::ListRevisionsResponse listed = applier_.revisions({}).value();
  ASSERT_EQ(listed.revisions_size(), 2);
  EXPECT_EQ(listed.oldest(), 1U);
  EXPECT_EQ(listed.revisions(0).action(), "apply");
  ASSERT_EQ(listed.revisions(0).changes_size(), 1) << "the endpoint's state is not shown";
  EXPECT_EQ(listed.revisions(0).changes(0).outcome(), Result::CREATED);
  EXPECT_EQ(listed.revisions(1).changes_size(), 0) << "a key";
}

}  // namespace
}  // namespace limpet
