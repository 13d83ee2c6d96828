// The Store on one SQLite file, in WAL mode with synchronous=FULL: a commit that returned is on
// the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "storage/sqlite.h"
#include "storage/store.h"

namespace limpet {

struct SqliteOptions {
  // The file's size limit, in pages of 4 KiB: 64 GiB by default. Beyond it a commit fails as with
  // a full disk.
  int64_t max_pages = int64_t{16} * 1024 * 1024;
};

class SqliteStore : public Store {
 public:
  // Creates the database when there is none, under `epoch_if_new`. Checks the file's integrity
  // and brings its schema up to date.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> open(const std::filesystem::path& path,
                                                           Epoch epoch_if_new,
                                                           const SqliteOptions& options = {});

  absl::StatusOr<Snapshot> load() override;
  absl::StatusOr<uint64_t> commit(uint64_t expected_revision, const Batch& batch,
                                  const Digest& digest, const AuditRecord& audit,
                                  const RequestRecord& request) override;
  absl::Status remember(const RequestRecord& request) override;
  absl::StatusOr<std::optional<RequestRecord>> find_request(const std::string& id) override;
  absl::StatusOr<uint64_t> oldest_revision() override;
  absl::StatusOr<Delta> way_back_to(uint64_t revision) override;
  absl::StatusOr<Delta> way_to(uint64_t revision) override;
  absl::StatusOr<std::vector<RevisionRecord>> revisions(const RevisionQuery& query) override;
  absl::StatusOr<std::vector<StoredAudit>> audit(size_t limit, uint64_t before_id) override;
  absl::Status note(const AuditRecord& audit) override;
  absl::Status compact(const Retention& retention, int64_t now_unix_ms) override;
  absl::StatusOr<uint64_t> last_restore() override;
  absl::StatusOr<StateId> save_to(const std::filesystem::path& path) override;
  absl::StatusOr<std::unique_ptr<Store>> open_saved(const std::filesystem::path& path) override;
  absl::Status begin_anew(const StateId& id, const Batch& batch,
                          const AuditRecord& audit) override;
  absl::Status replace_with(const std::filesystem::path& saved) override;

 private:
  // The revisions whose state can be had.
  struct Range {
    uint64_t oldest = 0;
    uint64_t head = 0;
  };

  SqliteStore(sqlite::Database database, std::filesystem::path path, const SqliteOptions& options)
      : path_(std::move(path)), options_(options), database_(std::move(database)) {}

  static absl::StatusOr<StateId> read_head(sqlite::Database& database);

  absl::Status prepare(Epoch epoch_if_new);
  absl::Status check_layout(SqliteStore& saved);
  absl::Status check_head(uint64_t expected_revision);
  absl::Status write_upserts(const Batch& batch);
  absl::Status write_removals(const Batch& batch, uint64_t revision);
  absl::Status write_audit(const AuditRecord& audit, uint64_t revision);
  absl::Status write_request(const RequestRecord& request, uint64_t revision);
  absl::Status write_head(uint64_t revision, const Digest& digest);
  absl::StatusOr<Range> range();
  absl::Status check_kept(uint64_t revision);
  absl::StatusOr<uint64_t> restore_over(uint64_t revision);
  absl::StatusOr<uint64_t> revision_before(uint64_t revision);
  absl::Status read_changes(const std::optional<EntryKey>& object,
                            std::vector<RevisionRecord>& revisions);
  absl::StatusOr<uint64_t> oldest_wanted(const Range& range, const Retention& retention,
                                         int64_t now_unix_ms);
  absl::StatusOr<int64_t> forget_superseded(uint64_t by_revision);

  const std::filesystem::path path_;
  const SqliteOptions options_;
  sqlite::Database database_;
};

}  // namespace limpet
