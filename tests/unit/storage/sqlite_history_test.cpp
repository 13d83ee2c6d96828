#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "storage/sqlite_store.h"
#include "tests/support/temporary_directory.h"

namespace limpet {
namespace {

using Change = RevisionRecord::Change;

EntryKey key(const std::string& name) { return {"Service", "default", name}; }

class SqliteHistoryTest : public ::testing::Test {
 protected:
  // Commits on top of the newest state: "name=bytes" puts, "name" removes.
  void commit(const std::vector<std::string>& changes, const RequestRecord& request = {}) {
    const Snapshot& before = states_.back();
    const uint64_t revision = before.id().revision + 1;
    Batch batch;
    for (const std::string& change : changes) {
      const size_t equals = change.find('=');
      if (equals == std::string::npos) {
        batch.removed.push_back(key(change));
        continue;
      }
      auto entry = std::make_shared<Entry>();
      entry->key = key(change.substr(0, equals));
      entry->revision = revision;
      entry->bytes = change.substr(equals + 1);
      batch.upserts.push_back({entry, "uid", 1});
    }
    Snapshot next = before.apply(delta_of(batch), before.id().epoch, revision);
    const AuditRecord audit{static_cast<int64_t>(revision) * 1000, "me", "peer", "apply", "words"};
    const auto committed =
        store_->commit(before.id().revision, batch, next.id().digest, audit, request);
    ASSERT_TRUE(committed.ok()) << committed.status();
    states_.push_back(std::move(next));
  }

  void commit_a_history() {
    commit({"a=1", "b=1", "c=1"});
    commit({"a=2", "c"});
    commit({"d=3", "b"});
    commit({"b=4", "a=1"});
    commit({"d", "c=5"});
  }

  StateId state_at(uint64_t revision) {
    const auto way = store_->way_back_to(revision);
    EXPECT_TRUE(way.ok()) << way.status();
    const Snapshot& head = states_.back();
    return way.ok() ? head.apply(*way, head.id().epoch, revision).id() : StateId();
  }

  void expect_states_from(uint64_t oldest) {
    EXPECT_EQ(store_->oldest_revision().value(), oldest);
    for (uint64_t revision = oldest; revision < states_.size(); ++revision) {
      EXPECT_EQ(state_at(revision), states_[revision].id()) << revision;
    }
    if (oldest == 0) return;
    EXPECT_EQ(store_->way_back_to(oldest - 1).status().code(), absl::StatusCode::kOutOfRange);
  }

  int64_t count(const std::string& table) {
    return sqlite::Database::open(file_)->query_int64("SELECT count(*) FROM " + table).value();
  }

  TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_ / "limpet.db";
  std::unique_ptr<SqliteStore> store_ = SqliteStore::open(file_, Epoch(7)).value();
  std::vector<Snapshot> states_{store_->load().value()};  // by revision
};

TEST_F(SqliteHistoryTest, GoesBackToEveryRevision) {
  commit_a_history();
  expect_states_from(0);
  EXPECT_EQ(store_->way_back_to(6).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(SqliteHistoryTest, TheWayBackIsAsLongAsWhatChanged) {
  commit_a_history();
  EXPECT_TRUE(store_->way_back_to(5).value().empty());
  const Delta way = store_->way_back_to(4).value();
  ASSERT_EQ(way.upserts.size(), 1U);
  EXPECT_EQ(way.upserts[0]->key, key("d"));
  EXPECT_EQ(way.upserts[0]->revision, 3U) << "of its own last change";
  EXPECT_EQ(way.removed, std::vector{key("c")});
}

TEST_F(SqliteHistoryTest, GoesForwardOneRevisionAtATime) {
  commit_a_history();
  Snapshot state = states_[0];
  for (uint64_t revision = 1; revision < states_.size(); ++revision) {
    state = state.apply(store_->way_to(revision).value(), state.id().epoch, revision);
    EXPECT_EQ(state.id(), states_[revision].id());
  }
  EXPECT_EQ(store_->way_to(6).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(SqliteHistoryTest, ListsRevisionsNewestFirst) {
  commit_a_history();
  const auto records = store_->revisions({2, 4}).value();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].revision, 3U);
  EXPECT_EQ(records[1].revision, 2U);
  EXPECT_EQ(records[1].audit.unix_ms, 2000);
  EXPECT_EQ(records[1].audit.message, "words");
  const std::vector<std::pair<EntryKey, Change>> expected{{key("a"), Change::kConfigured},
                                                          {key("c"), Change::kRemoved}};
  EXPECT_EQ(records[1].changes, expected);
  const auto newest = store_->revisions({100, 0}).value();
  ASSERT_EQ(newest.size(), 5U);
  EXPECT_EQ(newest[0].changes[0].second, Change::kCreated) << "again, after its removal";
}

TEST_F(SqliteHistoryTest, ListsTheAuditNewestFirst) {
  commit_a_history();
  const auto records = store_->audit(2, 0).value();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].revision, 5U);
  EXPECT_EQ(records[0].record.actor, "me");
  EXPECT_EQ(store_->audit(10, records[1].id).value().size(), 3U);
}

TEST_F(SqliteHistoryTest, CompactsByCount) {
  commit_a_history();
  ASSERT_TRUE(store_->compact({.revisions = 3, .batch = 1}, 0).ok());
  expect_states_from(3);
  EXPECT_EQ(store_->revisions({100, 0}).value().size(), 3U);
  ASSERT_TRUE(store_->compact({.revisions = 1, .batch = 1}, 0).ok());
  expect_states_from(5);
  EXPECT_EQ(count("changes"), 4) << "what is there now, once, and what the newest removed";
}

TEST_F(SqliteHistoryTest, CompactsByAgeAndKeepsTheHead) {
  commit_a_history();
  // The state of revision 3 was in force until 4000.
  ASSERT_TRUE(store_->compact({.age_ms = 1500, .batch = 1}, 5000).ok());
  expect_states_from(3);
  ASSERT_TRUE(store_->compact({.age_ms = 1500, .batch = 1}, 1'000'000).ok());
  expect_states_from(5);
  EXPECT_EQ(store_->load().value().id(), states_.back().id());
}

TEST_F(SqliteHistoryTest, CompactsALittleAtATime) {
  constexpr int kRevisions = 300;
  for (int i = 0; i < kRevisions; ++i) commit({"a=" + std::to_string(i)});
  const Retention retention{.revisions = 1, .batch = 1};
  ASSERT_TRUE(store_->compact(retention, 0).ok());
  const uint64_t first = store_->oldest_revision().value();
  EXPECT_GT(first, 0U);
  EXPECT_LT(first, 300U);
  expect_states_from(first);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(store_->compact(retention, 0).ok());
  expect_states_from(kRevisions);
  EXPECT_EQ(count("changes"), 1);
}

TEST_F(SqliteHistoryTest, CompactsOnlyWhenABatchCanGo) {
  for (int i = 0; i < 9; ++i) commit({"a=" + std::to_string(i)});
  const Retention retention{.revisions = 5, .batch = 6};
  ASSERT_TRUE(store_->compact(retention, 0).ok());
  expect_states_from(0);
  commit({"a=9"});
  ASSERT_TRUE(store_->compact(retention, 0).ok());
  expect_states_from(6);
}

TEST_F(SqliteHistoryTest, ListsTheRevisionsOfOneObject) {
  commit_a_history();
  const auto of_b = store_->revisions({10, 0, key("b")}).value();
  ASSERT_EQ(of_b.size(), 3U);
  EXPECT_EQ(of_b[0].revision, 4U);
  ASSERT_EQ(of_b[0].changes.size(), 1U) << "what else the revision changed is not told";
  EXPECT_EQ(of_b[0].changes[0].second, Change::kCreated);
  EXPECT_EQ(of_b[1].revision, 3U);
  ASSERT_EQ(of_b[1].changes.size(), 1U);
  EXPECT_EQ(of_b[1].changes[0].second, Change::kRemoved);
  EXPECT_EQ(of_b[2].revision, 1U);
  EXPECT_EQ(store_->revisions({1, 4, key("b")}).value().at(0).revision, 3U);
  EXPECT_TRUE(store_->revisions({10, 0, key("nobody")}).value().empty());
}

TEST_F(SqliteHistoryTest, ForgetsTheOldestAuditRecords) {
  commit_a_history();
  ASSERT_TRUE(store_->compact({.revisions = 2, .audit_records = 2, .batch = 1}, 0).ok());
  EXPECT_EQ(store_->audit(10, 0).value().size(), 2U);
}

TEST_F(SqliteHistoryTest, NotesPushOutNoRevisions) {
  commit_a_history();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(store_->note({9000, "", "peer", "denied", "words"}).ok());
  }
  ASSERT_TRUE(store_->compact({.revisions = 4, .audit_records = 2, .batch = 1}, 0).ok());
  expect_states_from(2);
  EXPECT_EQ(store_->revisions({100, 0}).value().size(), 4U) << "each that is kept has its record";
  EXPECT_EQ(store_->audit(100, 0).value()[0].revision, 0U);
}

TEST_F(SqliteHistoryTest, RemembersRequestsForAsLongAsTheirRevision) {
  commit({"a=1"}, {"one", "digest", std::string("\0answer", 7)});
  ASSERT_TRUE(store_->remember({"idle", "d", "a"}).ok());
  commit({"a=2"}, {"two", "d", "a"});
  const auto found = store_->find_request("one").value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->digest, "digest");
  EXPECT_EQ(found->answer, std::string("\0answer", 7));
  EXPECT_FALSE(store_->find_request("three").value());
  ASSERT_TRUE(store_->compact({.revisions = 1, .batch = 1}, 0).ok());
  EXPECT_FALSE(store_->find_request("one").value());
  EXPECT_FALSE(store_->find_request("idle").value());
  EXPECT_TRUE(store_->find_request("two").value());
}

TEST_F(SqliteHistoryTest, AFailedCommitRemembersNoRequest) {
  commit({"a=1"});
  const auto stale = store_->commit(0, {}, Digest(), {}, {"one", "d", "a"});
  EXPECT_EQ(stale.status().code(), absl::StatusCode::kAborted);
  EXPECT_FALSE(store_->find_request("one").value());
}

TEST_F(SqliteHistoryTest, ADatabaseOfTheFirstSchemaKeepsItsHistory) {
  commit_a_history();
  const auto before = store_->revisions({100, 0}).value();
  store_.reset();
  const absl::Status undone = sqlite::Database::open(file_)->execute(
      "DROP TABLE requests; DROP INDEX changes_by_object; ALTER TABLE changes DROP COLUMN created;"
      "ALTER TABLE meta DROP COLUMN oldest; PRAGMA user_version = 1;");
  ASSERT_TRUE(undone.ok()) << undone;
  store_ = SqliteStore::open(file_, Epoch(8)).value();
  expect_states_from(0);
  const auto after = store_->revisions({100, 0}).value();
  ASSERT_EQ(after.size(), before.size());
  for (size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i].changes, before[i].changes);
  commit({"e=6"});
  expect_states_from(0);
}

}  // namespace
}  // namespace limpet
