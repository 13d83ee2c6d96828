#include <sys/stat.h>
#include <atomic>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "storage/sqlite_store.h"
#include "tests/support/temporary_directory.h"

namespace limpet {
namespace {

class SqliteBackupTest : public ::testing::Test {
 protected:
  std::unique_ptr<SqliteStore> open(const std::string& name, uint64_t epoch) {
    return SqliteStore::open(directory_ / name, Epoch(epoch)).value();
  }

  static StoredObject object(const std::string& name, const std::string& bytes, uint64_t revision) {
    auto entry = std::make_shared<Entry>();
    entry->key = {"Service", "default", name};
    entry->revision = revision;
    entry->bytes = bytes;
    return {std::move(entry), "uid-" + name, 1};
  }

  static Snapshot put(Store& store, const std::string& name, const std::string& bytes) {
    const Snapshot before = store.load().value();
    const uint64_t revision = before.id().revision + 1;
    const Batch batch{{object(name, bytes, revision)}, {}};
    Snapshot next = before.apply(delta_of(batch), before.id().epoch, revision);
    const auto done = store.commit(before.id().revision, batch, next.id().digest,
                                   {1000, "", "", "apply", ""}, {});
    EXPECT_TRUE(done.ok()) << done.status();
    return next;
  }

  // Makes what is saved the state of `store`, at that revision.
  static absl::Status restore(Store& store, const std::filesystem::path& path, Epoch epoch,
                              uint64_t revision) {
    auto saved = store.open_saved(path);
    if (!saved.ok()) return saved.status();
    const Snapshot state = (*saved)->load().value();
    const StateId id = state.apply({}, epoch, revision).id();
    const AuditRecord audit{2000, "", "peer", kRestoreAction, "words"};
    if (absl::Status begun = (*saved)->begin_anew(id, {}, audit); !begun.ok()) return begun;
    saved->reset();
    return store.replace_with(path);
  }

  void execute(const std::string& name, const std::string& sql) {
    const absl::Status done = sqlite::Database::open(directory_ / name).value().execute(sql);
    ASSERT_TRUE(done.ok()) << done;
  }

  TemporaryDirectory directory_;
};

TEST_F(SqliteBackupTest, SavesTheHeadForItsOwnerAlone) {
  const auto store = open("limpet.db", 7);
  put(*store, "a", "1");
  const StateId head = put(*store, "a", "2").id();
  EXPECT_EQ(store->save_to(directory_ / "saved").value(), head);
  struct stat info {};
  ASSERT_EQ(::stat((directory_ / "saved").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "saved.tmp"));
  put(*store, "a", "3");
  EXPECT_EQ(store->open_saved(directory_ / "saved").value()->load().value().id(), head);
}

TEST_F(SqliteBackupTest, SavesOneRevisionWhileOthersAreCommitted) {
  const auto store = open("limpet.db", 7);
  put(*store, "a", "0");
  std::atomic<bool> stop = false;
  std::thread saver([&] {
    for (int i = 0; i < 5; ++i) {
      const auto saved = store->save_to(directory_ / "saved");
      EXPECT_TRUE(saved.ok()) << saved.status();
      // load() compares the digest: it is the state of one revision.
      const auto other = SqliteStore::open(directory_ / "saved", Epoch(9)).value();
      EXPECT_EQ(other->load().value().id(), *saved);
    }
    stop = true;
  });
  for (int i = 0; !stop; ++i) put(*store, "a" + std::to_string(i % 7), std::to_string(i));
  saver.join();
}

TEST_F(SqliteBackupTest, IsWhatWasSavedAfterItIsReplaced) {
  const auto store = open("limpet.db", 7);
  const Snapshot saved = put(*store, "a", "1");
  ASSERT_TRUE(store->save_to(directory_ / "saved").ok());
  put(*store, "a", "2");
  put(*store, "b", "3");
  ASSERT_TRUE(restore(*store, directory_ / "saved", Epoch(8), 4).ok());
  const StateId restored{Epoch(8), 4, saved.id().digest};
  EXPECT_EQ(store->load().value().id(), restored);
  // It goes on from there, also after a crash.
  const StateId head = put(*store, "c", "4").id();
  EXPECT_EQ(head.revision, 5U);
  EXPECT_EQ(open("limpet.db", 9)->load().value().id(), head);
}

TEST_F(SqliteBackupTest, TheRevisionsOfTheReplacedDatabaseAreNotItsOwn) {
  const auto store = open("limpet.db", 7);
  const StateId first = put(*store, "a", "1").id();
  const StateId second = put(*store, "a", "2").id();
  ASSERT_TRUE(store->save_to(directory_ / "saved").ok());
  for (int i = 3; i <= 5; ++i) put(*store, "a", std::to_string(i));
  EXPECT_EQ(store->last_restore().value(), 0U);
  ASSERT_TRUE(restore(*store, directory_ / "saved", Epoch(8), 6).ok());
  const Snapshot head = put(*store, "b", "7");
  EXPECT_EQ(store->last_restore().value(), 6U);

  const auto digest_at = [&](uint64_t revision) {
    return head.apply(store->way_back_to(revision).value(), Epoch(8), revision).id().digest;
  };
  EXPECT_EQ(digest_at(1), first.digest);
  EXPECT_EQ(digest_at(2), second.digest);
  EXPECT_EQ(digest_at(6), second.digest);
  for (const uint64_t revision : {3U, 4U, 5U}) {
    const absl::Status gap = store->way_back_to(revision).status();
    EXPECT_TRUE(absl::IsOutOfRange(gap)) << gap;
    EXPECT_NE(std::string(gap.message()).find("replaced by a restore"), std::string::npos) << gap;
  }
  EXPECT_TRUE(absl::IsOutOfRange(store->way_to(6).status()));
  EXPECT_TRUE(store->way_to(7).ok());
  std::vector<uint64_t> listed;
  const auto revisions = store->revisions({10}).value();
  for (const RevisionRecord& record : revisions) {
    listed.push_back(record.revision);
  }
  EXPECT_EQ(listed, (std::vector<uint64_t>{7, 6, 2, 1}));
}

TEST_F(SqliteBackupTest, CompactsAcrossTheGap) {
  for (uint64_t keep = 1; keep <= 7; ++keep) {
    const std::string name = "limpet" + std::to_string(keep);
    const auto store = open(name, 7);
    put(*store, "a", "1");
    put(*store, "a", "2");
    ASSERT_TRUE(store->save_to(directory_ / "saved").ok());
    for (int i = 3; i <= 5; ++i) put(*store, "a", std::to_string(i));
    ASSERT_TRUE(restore(*store, directory_ / "saved", Epoch(8), 6).ok());
    const Snapshot head = put(*store, "b", "7");
    const Retention retention{.revisions = keep, .age_ms = 1'000'000, .batch = 1};
    ASSERT_TRUE(store->compact(retention, 3000).ok());
    const uint64_t oldest = store->oldest_revision().value();
    // What is kept is never less than was asked for, nor begins within the gap.
    EXPECT_LE(oldest, 7 - keep + 1);
    EXPECT_TRUE(oldest <= 2 || oldest >= 6) << oldest;
    for (const uint64_t revision : {1U, 2U, 6U, 7U}) {
      EXPECT_EQ(store->way_back_to(revision).ok(), revision >= oldest) << keep << " " << revision;
    }
    EXPECT_EQ(store->load().value().id(), head.id());
  }
}

TEST_F(SqliteBackupTest, KnowsOfTheGapWhenTheAuditIsFull) {
  const auto store = open("limpet.db", 7);
  put(*store, "a", "1");
  ASSERT_TRUE(store->save_to(directory_ / "saved").ok());
  put(*store, "a", "2");
  ASSERT_TRUE(restore(*store, directory_ / "saved", Epoch(8), 3).ok());
  for (int i = 4; i <= 9; ++i) put(*store, "a", std::to_string(i));
  const Retention retention{.revisions = 1, .age_ms = 1'000'000, .audit_records = 1, .batch = 1};
  ASSERT_TRUE(store->compact(retention, 3000).ok());
  EXPECT_EQ(store->audit(10, 0).value().size(), 2U) << "the newest, and the restore's";
  EXPECT_EQ(store->last_restore().value(), 3U);
}

TEST_F(SqliteBackupTest, RefusesWhatIsNoSavedDatabase) {
  const auto store = open("limpet.db", 7);
  const StateId head = put(*store, "a", std::string(100'000, 'a')).id();
  ASSERT_TRUE(store->save_to(directory_ / "saved").ok());
  const auto refused = [&](const std::string& what,
                           const std::function<void(const std::filesystem::path&)>& spoil) {
    const std::filesystem::path path = directory_ / "spoilt";
    std::filesystem::remove(path);
    std::filesystem::copy_file(directory_ / "saved", path);
    spoil(path);
    const auto opened = store->open_saved(path);
    EXPECT_FALSE(opened.ok()) << what;
    return opened.status();
  };
  const auto truncated = refused("truncated", [](const auto& path) {
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  });
  EXPECT_TRUE(absl::IsInvalidArgument(truncated)) << truncated;
  const auto empty =
      refused("empty", [](const auto& path) { std::filesystem::resize_file(path, 0); });
  EXPECT_TRUE(absl::IsInvalidArgument(empty)) << empty;
  const auto text =
      refused("text", [](const auto& path) { std::ofstream(path) << "not a database"; });
  EXPECT_TRUE(absl::IsInvalidArgument(text)) << text;
  const auto foreign = refused("foreign", [this](const auto& path) {
    std::filesystem::remove(path);
    execute("spoilt", "CREATE TABLE songs (name TEXT); PRAGMA user_version = 1");
  });
  EXPECT_TRUE(absl::IsInvalidArgument(foreign)) << foreign;
  const auto trigger = refused("trigger", [this](const auto&) {
    execute("spoilt", "CREATE TRIGGER t AFTER INSERT ON audit BEGIN DELETE FROM objects; END");
  });
  EXPECT_TRUE(absl::IsInvalidArgument(trigger)) << trigger;
  const auto newer =
      refused("newer", [this](const auto&) { execute("spoilt", "PRAGMA user_version = 999"); });
  EXPECT_TRUE(absl::IsFailedPrecondition(newer)) << newer;
  EXPECT_EQ(store->load().value().id(), head);
}

TEST_F(SqliteBackupTest, TellsWhenTheStateIsNotWhatWasCommitted) {
  const auto store = open("limpet.db", 7);
  put(*store, "a", "1");
  ASSERT_TRUE(store->save_to(directory_ / "saved").ok());
  execute("saved", "UPDATE objects SET bytes = x'ff'");
  const auto loaded = store->open_saved(directory_ / "saved").value()->load();
  EXPECT_TRUE(absl::IsDataLoss(loaded.status())) << loaded.status();
}

TEST_F(SqliteBackupTest, LeavesNothingBehindWhereItCannotSave) {
  const auto store = open("limpet.db", 7);
  EXPECT_FALSE(store->save_to(directory_ / "no" / "saved").ok());
  EXPECT_FALSE(std::filesystem::exists(directory_ / "no"));
}

}  // namespace
}  // namespace limpet
