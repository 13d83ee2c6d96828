#include "storage/sqlite_store.h"

#include <memory>
#include <string>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "tests/support/temporary_directory.h"

namespace limpet {
namespace {

constexpr uint64_t kEpoch = 77;

class SqliteStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<SqliteStore> open(const SqliteOptions& options = {}) {
    auto store = SqliteStore::open(file_, Epoch(kEpoch), options);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  // Another connection's statements, for what the Store has no words for.
  void execute(const std::string& sql) {
    auto database = sqlite::Database::open(file_);
    ASSERT_TRUE(database.ok());
    const absl::Status done = database->execute(sql);
    ASSERT_TRUE(done.ok()) << done;
  }
  int64_t query(const std::string& sql) {
    auto database = sqlite::Database::open(file_);
    return database.ok() ? database->query_int64(sql).value_or(-1) : -1;
  }

  static void put(Batch& batch, uint64_t revision, const std::string& name,
                  const std::string& bytes) {
    auto entry = std::make_shared<Entry>();
    entry->key = {"Service", "default", name};
    entry->revision = revision;
    entry->bytes = bytes;
    batch.upserts.push_back({entry, "uid-" + name, 1});
  }

  // Commits on top of `before` and returns the state after.
  static absl::StatusOr<Snapshot> commit(SqliteStore& store, const Snapshot& before,
                                         const Batch& batch) {
    const uint64_t revision = before.id().revision + 1;
    Snapshot next = before.apply(delta_of(batch), before.id().epoch, revision);
    const auto committed = store.commit(before.id().revision, batch, next.id().digest,
                                        {1000, "me", "peer", "apply", "words"}, {});
    if (!committed.ok()) return committed.status();
    EXPECT_EQ(*committed, revision);
    return next;
  }

  TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_ / "limpet.db";
};

TEST_F(SqliteStoreTest, BeginsEmptyUnderTheGivenEpoch) {
  const Snapshot state = open()->load().value();
  EXPECT_EQ(state.id(), (StateId{Epoch(kEpoch), 0, Digest()}));
  EXPECT_EQ(state.size(), 0U);
  struct stat info {};
  ASSERT_EQ(::stat(file_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST_F(SqliteStoreTest, KeepsItsEpochAndWhatWasCommitted) {
  StateId committed;
  {
    const auto store = open();
    Batch first;
    put(first, 1, "a", std::string("\0bytes", 6));
    put(first, 1, "b", "");
    const Snapshot one = commit(*store, store->load().value(), first).value();
    Batch second;
    put(second, 2, "c", "c");
    second.removed.push_back({"Service", "default", "b"});
    committed = commit(*store, one, second).value().id();
  }
  auto again = SqliteStore::open(file_, Epoch(kEpoch + 1));
  ASSERT_TRUE(again.ok()) << again.status();
  const Snapshot state = (*again)->load().value();
  EXPECT_EQ(state.id(), committed);
  EXPECT_EQ(state.id().epoch, Epoch(kEpoch));
  EXPECT_EQ(state.size(), 2U);
  const EntryPtr a = state.find({"Service", "default", "a"});
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->bytes, std::string("\0bytes", 6));
  EXPECT_EQ(a->revision, 1U);
  EXPECT_EQ(state.find({"Service", "default", "b"}), nullptr);
}

TEST_F(SqliteStoreTest, KeepsHistoryAndAuditByRevision) {
  const auto store = open();
  Batch first;
  put(first, 1, "a", "old");
  const Snapshot one = commit(*store, store->load().value(), first).value();
  Batch second;
  second.removed.push_back({"Service", "default", "a"});
  ASSERT_TRUE(commit(*store, one, second).ok());
  EXPECT_EQ(query("SELECT count(*) FROM changes WHERE revision = 1 AND bytes = x'6f6c64'"), 1);
  EXPECT_EQ(query("SELECT count(*) FROM changes WHERE revision = 2 AND bytes IS NULL "
                  "AND uid = 'uid-a'"),
            1);
  EXPECT_EQ(query("SELECT count(*) FROM audit WHERE actor = 'me' AND action = 'apply'"), 2);
}

TEST_F(SqliteStoreTest, RefusesAStaleRevision) {
  const auto store = open();
  const Snapshot empty = store->load().value();
  Batch batch;
  put(batch, 1, "a", "a");
  const Snapshot one = commit(*store, empty, batch).value();
  const auto stale = commit(*store, empty, batch);
  EXPECT_EQ(stale.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(store->load().value().id(), one.id());
}

TEST_F(SqliteStoreTest, RefusesEntriesOfAnotherRevision) {
  const auto store = open();
  Batch batch;
  put(batch, 9, "a", "a");
  EXPECT_EQ(store->commit(0, batch, Digest(), {}, {}).status().code(), absl::StatusCode::kInternal);
}

TEST_F(SqliteStoreTest, ChangesNothingWhenACommitFailsInTheMiddle) {
  const auto store = open();
  Batch first;
  put(first, 1, "a", "old");
  const Snapshot one = commit(*store, store->load().value(), first).value();
  // The audit comes after the objects and the changes.
  execute("CREATE TRIGGER fails BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END");
  Batch second;
  put(second, 2, "a", "new");
  put(second, 2, "b", "b");
  EXPECT_FALSE(commit(*store, one, second).ok());
  EXPECT_EQ(store->load().value().id(), one.id());
  EXPECT_EQ(query("SELECT count(*) FROM changes"), 1);
  execute("DROP TRIGGER fails");
  EXPECT_TRUE(commit(*store, one, second).ok());
}

TEST_F(SqliteStoreTest, ReportsAFullDiskAndGoesOnWhenThereIsRoom) {
  const auto store = open({.max_pages = 40});
  const Snapshot empty = store->load().value();
  Batch large;
  for (int i = 0; i < 100; ++i) put(large, 1, "s" + std::to_string(i), std::string(4096, 'x'));
  const auto refused = commit(*store, empty, large);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted) << refused.status();
  EXPECT_EQ(refused.status().message(),
            file_.string() + ": database or disk is full; make room on its disk, then try again");
  EXPECT_EQ(store->load().value().id(), empty.id());
  Batch small;
  put(small, 1, "a", "a");
  EXPECT_TRUE(commit(*store, empty, small).ok());
}

TEST_F(SqliteStoreTest, RefusesANewerSchema) {
  open();
  execute("PRAGMA user_version = 9999");
  const auto refused = SqliteStore::open(file_, Epoch(kEpoch));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(refused.status().message()).find("schema 9999"), std::string::npos);
  EXPECT_EQ(query("PRAGMA user_version"), 9999);
}

TEST_F(SqliteStoreTest, NoticesObjectsThatWereNotCommitted) {
  {
    const auto store = open();
    Batch batch;
    put(batch, 1, "a", "a");
    ASSERT_TRUE(commit(*store, store->load().value(), batch).ok());
  }
  execute("UPDATE objects SET bytes = x'00'");
  EXPECT_EQ(open()->load().status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SqliteStoreTest, RefusesAFileThatIsNoDatabase) {
  {
    auto file = std::fopen(file_.c_str(), "w");
    std::fputs(std::string(8192, 'x').c_str(), file);
    std::fclose(file);
  }
  const auto refused = SqliteStore::open(file_, Epoch(kEpoch));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kDataLoss) << refused.status();
}

}  // namespace
}  // namespace limpet
