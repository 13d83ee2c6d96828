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
  absl::StatusOr<std::vector<RevisionRecord>> revisions(const RevisionQuery& query) override {
    return store_.revisions(query);
  }
  absl::StatusOr<std::vector<StoredAudit>> audit(size_t limit, uint64_t before_id) override {
    return store_.audit(limit, before_id);
  }
  absl::Status note(const AuditRecord& audit) override { return store_.note(audit); }
  absl::Status compact(const Retention& retention, int64_t now_unix_ms) override {
    return store_.compact(retention, now_unix_ms);
  }
  absl::StatusOr<uint64_t> last_restore() override { return store_.last_restore(); }
  absl::StatusOr<StateId> save_to(const std::filesystem::path& path) override {
    return store_.save_to(path);
  }
  absl::StatusOr<std::unique_ptr<Store>> open_saved(const std::filesystem::path& path) override {
    return store_.open_saved(path);
  }
  absl::Status begin_anew(const StateId& id, const Batch& batch,
                          const AuditRecord& audit) override {
    return store_.begin_anew(id, batch, audit);
  }
  absl::Status replace_with(const std::filesystem::path& saved) override {
    if (!failure.ok()) return failure;
    return store_.replace_with(saved);
  }

  absl::Status failure;

 private:
  Store& store_;
};

class ApplierTest : public ::testing::Test {
 protected:
  Applier::Outcome apply(const std::vector<v1::Resource>& resources,
                         const v1::ChangeOptions& options = {}) {
    v1::ApplyRequest request = apply_request(resources);
    *request.mutable_options() = options;
    return applier_.apply(request, Origin{"", "peer"}, context_);
  }

  Applier::Outcome remove_slice(const std::string& name) {
    v1::DeleteRequest request;
    v1::EntryKey& key = *request.add_keys();
    key.set_kind("EndpointSlice");
    key.set_namespace_("server");
    key.set_name(name);
    return applier_.remove(request, Origin{"", "peer"}, context_);
  }

  // A copy each time: what is restored is written to.
  Applier::Restored restore(const v1::ChangeOptions& options = {}) {
    std::filesystem::copy_file(directory_ / "saved", files_.saved,
                               std::filesystem::copy_options::overwrite_existing);
    return applier_.restore(files_, options, {"user:me", "peer"}, context_);
  }

  TemporaryDirectory directory_;
  const Applier::RestoreFiles files_{directory_ / "restore.tmp", directory_ / "replaced"};
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
  EXPECT_EQ(apply({slice("one", "pipy", {"10.0.0.1"})}).status,
            absl::ResourceExhaustedError(
                "revision 2 is not stored, and nothing is changed: disk full"));
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
  const Applier::Outcome outcome = remove_slice("one");
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(publisher_.head().size(), 1U) << "the session key stays";
  EXPECT_EQ(remove_slice("one").status.code(), absl::StatusCode::kNotFound);
}

TEST_F(ApplierTest, ExpectsTheRevisionThatItIsTold) {
  v1::ChangeOptions options;
  options.set_expected_revision(apply({service("pipy")}).state.revision);
  const StateId second = apply({service("pipy", 81)}, options).state;
  EXPECT_EQ(second.revision, options.expected_revision() + 1);
  EXPECT_EQ(apply({service("pipy", 82)}, options).status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(publisher_.head().id(), second);
}

TEST_F(ApplierTest, TellsWhatWouldBeAndChangesNothing) {
  const StateId before = publisher_.head().id();
  v1::ChangeOptions options;
  options.set_validate_only(true);
  options.set_request_id("kept by nobody");
  const Applier::Outcome outcome = apply({service("pipy")}, options);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.results[0].outcome(), v1::ObjectResult::CREATED);
  EXPECT_EQ(outcome.state, before);
  EXPECT_EQ(store_.load().value().id(), before);
  EXPECT_FALSE(store_.find_request("kept by nobody").value());
}

TEST_F(ApplierTest, AnswersTheSameRequestTheSame) {
  v1::ChangeOptions options;
  options.set_request_id("one");
  const Applier::Outcome first = apply({service("pipy")}, options);
  const StateId head = apply({service("pipy", 81)}).state;
  const Applier::Outcome again = apply({service("pipy")}, options);
  ASSERT_TRUE(again.status.ok()) << again.status;
  EXPECT_EQ(again.state, first.state);
  ASSERT_EQ(again.results.size(), 1U);
  EXPECT_EQ(again.results[0].outcome(), v1::ObjectResult::CREATED);
  EXPECT_EQ(publisher_.head().id(), head);

  const Applier::Outcome other = apply({service("pipy", 82)}, options);
  EXPECT_EQ(other.status.code(), absl::StatusCode::kInvalidArgument);
  ASSERT_EQ(other.violations.size(), 1U);
  EXPECT_EQ(other.violations[0].field, "options.request_id");
}

TEST_F(ApplierTest, RemembersARequestThatChangedNothing) {
  const StateId first = apply({service("pipy")}).state;
  v1::ChangeOptions options;
  options.set_request_id("idle");
  EXPECT_EQ(apply({service("pipy")}, options).state, first);
  const StateId head = apply({service("pipy", 81)}).state;
  EXPECT_EQ(apply({service("pipy")}, options).state, first);
  EXPECT_EQ(publisher_.head().id(), head);
}

TEST_F(ApplierTest, HoldsAMassDeleteBackUnlessItIsMeant) {
  apply({slice("one", "pipy", {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5",
                               "10.0.0.6"})});
  const StateId head = publisher_.head().id();
  EXPECT_EQ(apply({slice("one", "pipy", {})}).status.code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(remove_slice("one").status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(publisher_.head().id(), head);
  v1::ChangeOptions options;
  options.set_allow_mass_delete(true);
  EXPECT_TRUE(apply({slice("one", "pipy", {})}, options).status.ok());
}

TEST_F(ApplierTest, RefusesOptionsThatAreTooLong) {
  v1::ChangeOptions options;
  options.set_request_id(std::string(129, 'x'));
  options.set_message(std::string(2000, 'x'));
  EXPECT_EQ(apply({service("pipy")}, options).violations.size(), 2U);
}

TEST_F(ApplierTest, TheMessageGoesIntoTheAudit) {
  v1::ChangeOptions options;
  options.set_message("more room");
  apply({service("pipy")}, options);
  const auto audit = store_.audit(1, 0).value();
  ASSERT_EQ(audit.size(), 1U);
  EXPECT_EQ(audit[0].record.message, "more room");
  EXPECT_EQ(audit[0].record.peer, "peer");
}

TEST_F(ApplierTest, RestoresWhatWasSavedUnderANewEpoch) {
  apply({service("kept"), service("changed")});
  const StateId saved = applier_.save_to(directory_ / "saved").value();
  apply({service("changed", 81), service("late"), service("later")});
  const StateId live = publisher_.head().id();

  const Applier::Restored restored = restore();
  ASSERT_TRUE(restored.status.ok()) << restored.status;
  EXPECT_EQ(restored.saved, saved);
  EXPECT_EQ(restored.replaced, live);
  EXPECT_EQ(restored.state.revision, live.revision + 1);
  EXPECT_GT(restored.state.epoch.created(), live.epoch.created());
  EXPECT_EQ(restored.state.digest, saved.digest);
  EXPECT_EQ(restored.created, 0U);
  EXPECT_EQ(restored.changed, 1U);
  EXPECT_EQ(restored.deleted, 2U);
  EXPECT_EQ(publisher_.head().id(), restored.state);
  EXPECT_EQ(store_.load().value().id(), restored.state);
  const AuditRecord audit = store_.audit(1, 0).value()[0].record;
  EXPECT_EQ(audit.action, "restore");
  EXPECT_EQ(audit.actor, "user:me");
  // What was there before can be had in the same way.
  EXPECT_EQ(store_.open_saved(files_.replaced).value()->load().value().id(), live);

  // Changes, history and the index of slices go on from there.
  ASSERT_TRUE(apply({slice("one", "kept", {"10.0.0.1"})}).status.ok());
  EXPECT_EQ(applier_.state_at(saved.revision).value().id().digest, saved.digest);
  EXPECT_TRUE(absl::IsOutOfRange(applier_.state_at(live.revision).status()));
}

TEST_F(ApplierTest, TellsNobodyOfTwoEpochsAsIfTheyWereOne) {
  apply({service("a")});
  const Snapshot told = publisher_.head();
  ASSERT_TRUE(applier_.save_to(directory_ / "saved").ok());
  const StateId restored = restore().state;
  EXPECT_EQ(restored.revision, told.id().revision + 1);
  EXPECT_TRUE(absl::IsAborted(applier_.state_after(told).status()));
  EXPECT_TRUE(absl::IsOutOfRange(applier_.state_to_go_on_from(told.id().revision).status()));
  EXPECT_FALSE(publisher_.at(told.id().revision).has_value());
  EXPECT_TRUE(publisher_.find(told.id()).has_value()) << "nodes still hold it";
  const Snapshot head = publisher_.head();
  EXPECT_EQ(applier_.state_to_go_on_from(restored.revision).value().id(), restored);
  apply({service("b")});
  EXPECT_EQ(applier_.state_after(head).value().id(), publisher_.head().id());
}

TEST_F(ApplierTest, TriesARestore) {
  apply({service("a")});
  ASSERT_TRUE(applier_.save_to(directory_ / "saved").ok());
  const StateId live = apply({service("b")}).state;
  v1::ChangeOptions options;
  options.set_validate_only(true);
  const Applier::Restored tried = restore(options);
  ASSERT_TRUE(tried.status.ok()) << tried.status;
  EXPECT_EQ(tried.deleted, 1U);
  EXPECT_EQ(tried.state.revision, live.revision + 1);
  EXPECT_EQ(publisher_.head().id(), live);
  EXPECT_EQ(store_.load().value().id(), live);
  EXPECT_FALSE(std::filesystem::exists(files_.replaced));
}

TEST_F(ApplierTest, RefusesARestoreAndChangesNothing) {
  ASSERT_TRUE(applier_.save_to(directory_ / "saved").ok());
  apply({service("pipy"), slice("one", "pipy",
                                {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5",
                                 "10.0.0.6"})});
  const StateId live = publisher_.head().id();
  v1::ChangeOptions options;
  options.set_expected_revision(live.revision - 1);
  EXPECT_TRUE(absl::IsAborted(restore(options).status));
  options.set_expected_revision(live.revision);
  EXPECT_TRUE(absl::IsFailedPrecondition(restore(options).status)) << "all endpoints would go";
  options.set_allow_mass_delete(true);
  store_.failure = absl::ResourceExhaustedError("the disk is full");
  EXPECT_TRUE(absl::IsResourceExhausted(restore(options).status));
  store_.failure = absl::OkStatus();
  std::filesystem::resize_file(directory_ / "saved", 100);
  EXPECT_TRUE(absl::IsInvalidArgument(restore(options).status));
  options.set_message(std::string(2000, 'x'));
  EXPECT_EQ(restore(options).violations.size(), 1U);
  EXPECT_EQ(publisher_.head().id(), live);
  EXPECT_EQ(store_.load().value().id(), live);
  EXPECT_TRUE(apply({service("b")}).status.ok());
}

}  // namespace
}  // namespace limpet
