#include "server/applier.h"

#include <memory>

#include <gtest/gtest.h>

#include "core/resource/kind.h"
#include "storage/sqlite_store.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

// A disk that can be made to fail.
class FailingStore : public Store {
 public:
  explicit FailingStore(Store& store) : store_(store) {}
  absl::StatusOr<Snapshot> load() override { return store_.load(); }
  absl::StatusOr<uint64_t> commit(uint64_t expected_revision, const Batch& batch,
                                  const Digest& digest, const AuditRecord& audit,
                                  const RequestRecord& request) override {
    if (!failure.ok()) return failure;
    return store_.commit(expected_revision, batch, digest, audit, request);
  }
  absl::Status remember(const RequestRecord& request) override {
    return store_.remember(request);
  }
  absl::StatusOr<std::optional<RequestRecord>> find_request(const std::string& id) override {
    return store_.find_request(id);
  }
  absl::StatusOr<uint64_t> oldest_revision() override { return store_.oldest_revision(); }
  absl::StatusOr<Delta> way_back_to(uint64_t revision) override {
    return store_.way_back_to(revision);
  }
  absl::StatusOr<Delta> way_to(uint64_t revision) override { return store_.way_to(revision); }
  absl::StatusOr<std::vector<RevisionRecord>> revisions(size_t limit, uint64_t before) override {
    return store_.revisions(limit, before);
  }
  absl::StatusOr<std::vector<StoredAudit>> audit(size_t limit, uint64_t before_id) override {
    return store_.audit(limit, before_id);
  }
  absl::Status compact(const Retention& retention, int64_t now_unix_ms) override {
    return store_.compact(retention, now_unix_ms);
  }

  absl::Status failure;

 private:
  Store& store_;
};

class ApplierTest : public ::testing::Test {
 protected:
  Applier::Outcome apply(const std::vector<v1::Resource>& resources) {
    return applier_.apply(resources, "peer", context_);
  }

  TemporaryDirectory directory_;
  ChangeContext context_ = test_context();
  std::unique_ptr<SqliteStore> sqlite_ =
      SqliteStore::open(directory_ / "limpet.db", Epoch(7)).value();
  FailingStore store_{*sqlite_};
  Publisher publisher_{open_state(store_, context_).value()};
  Applier applier_{store_, publisher_};
};

TEST_F(ApplierTest, StoresWhatItPublishes) {
  const Applier::Outcome outcome =
      apply({service("pipy"), slice("one", "pipy", {"10.0.0.1"})});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.state.revision, 2U);
  EXPECT_EQ(publisher_.head().id(), outcome.state);
  EXPECT_EQ(store_.load().value().id(), outcome.state);
  EXPECT_EQ(publisher_.head().size(), 4U) << "a key, a Service, a slice, an endpoint's state";
}

TEST_F(ApplierTest, TakesNoRevisionForNothing) {
  const StateId first = apply({service("pipy")}).state;
  const Applier::Outcome again = apply({service("pipy")});
  ASSERT_TRUE(again.status.ok());
  EXPECT_EQ(again.state, first);
  EXPECT_EQ(again.results[0].outcome(), v1::ObjectResult::UNCHANGED);
}

TEST_F(ApplierTest, RefusesAsAWhole) {
  const StateId before = publisher_.head().id();
  const Applier::Outcome outcome = apply({service("pipy"), v1::Resource()});
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kInvalidArgument);
  ASSERT_EQ(outcome.violations.size(), 1U);
  EXPECT_EQ(outcome.violations[0].field, "resources[1]");
  EXPECT_EQ(publisher_.head().id(), before);
}

TEST_F(ApplierTest, PublishesNothingThatIsNotStored) {
  const StateId before = publisher_.head().id();
  store_.failure = absl::ResourceExhaustedError("disk full");
  EXPECT_EQ(apply({slice("one", "pipy", {"10.0.0.1"})}).status.code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(publisher_.head().id(), before);
  store_.failure = absl::OkStatus();
  const Applier::Outcome outcome = apply({slice("one", "pipy", {"10.0.0.1"})});
  ASSERT_TRUE(outcome.status.ok());
  EXPECT_EQ(store_.load().value().id(), outcome.state);
}

TEST_F(ApplierTest, TellsSubscribersAfterTheCommit) {
  StateId stored;
  const auto subscription = publisher_.published().subscribe(
      [&] { stored = store_.load().value().id(); });
  const Applier::Outcome outcome = apply({service("pipy")});
  EXPECT_EQ(stored, outcome.state);
}

TEST_F(ApplierTest, AnotherStartFindsTheSameStateAndKey) {
  const StateId state = apply({service("pipy")}).state;
  context_.now_unix_ms += 1000;
  EXPECT_EQ(open_state(store_, context_).value().id(), state);
}

TEST_F(ApplierTest, RemovesWithTheEndpointsStates) {
  apply({slice("one", "pipy", {"10.0.0.1", "pipy-0=10.0.0.2"})});
  v1::EntryKey key;
  key.set_kind("EndpointSlice");
  key.set_namespace_("server");
  key.set_name("one");
  const std::vector keys{key};
  const Applier::Outcome outcome = applier_.remove(keys, false, "peer", context_);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(publisher_.head().size(), 1U) << "the session key stays";
  EXPECT_EQ(applier_.remove(keys, false, "peer", context_).status.code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace limpet
