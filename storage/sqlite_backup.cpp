// Whole databases as files: saved beside the writer, and put in the place of the one that is open.
//
// A copy is made by VACUUM INTO, from a connection of its own: it holds what is there and nothing
// that was deleted. The way back goes by SQLite's backup interface into the open database, through
// its log like any transaction, so that a crash leaves the one or the other.
#include "storage/sqlite_store.h"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <utility>

#include "core/base/text.h"

namespace limpet {
namespace {

// Of a file or a directory; SQLite does not sync what VACUUM INTO writes.
absl::Status sync_path(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, str_cat("cannot open ", path.string()));
  const int synced = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  if (synced == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(error, str_cat("cannot sync ", path.string()));
}

// An empty file that only its owner reads: VACUUM INTO accepts it, and keeps its mode.
absl::Status make_empty(const std::filesystem::path& path) {
  ::unlink(path.c_str());  // left over by a crash
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return absl::ErrnoToStatus(errno, str_cat("cannot create ", path.string()));
  ::close(fd);
  return absl::OkStatus();
}

absl::Status vacuum_into(const std::filesystem::path& from, const std::filesystem::path& to) {
  absl::StatusOr<sqlite::Database> database = sqlite::Database::open(from);
  if (!database.ok()) return database.status();
  if (absl::Status set = database->execute("PRAGMA busy_timeout = 5000"); !set.ok()) return set;
  auto copy = database->prepare("VACUUM INTO ?1");
  if (!copy.ok()) return copy.status();
  const std::string target = to.string();
  return copy->bind(1, target).run();
}

absl::Status rename_synced(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (absl::Status synced = sync_path(from); !synced.ok()) return synced;
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return absl::ErrnoToStatus(errno, str_cat("cannot rename to ", to.string()));
  }
  return sync_path(to.has_parent_path() ? to.parent_path() : ".");
}

// Tables, indexes and whatever else is laid down in the file, in words that compare.
constexpr char kLayout[] =
    "SELECT group_concat(line, char(10)) FROM (SELECT type || ' ' || name || ' ' || "
    "coalesce(sql, '') AS line FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%' "
    "ORDER BY type, name)";

// What cannot be read as one of our databases is the caller's mistake, not our loss.
absl::Status unusable(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kDataLoss &&
      status.code() != absl::StatusCode::kInternal) {
    return status;
  }
  return absl::InvalidArgumentError(status.message());
}

}  // namespace

absl::StatusOr<StateId> SqliteStore::save_to(const std::filesystem::path& path) {
  std::filesystem::path temporary = path;
  temporary += ".tmp";
  const auto saved = [&]() -> absl::StatusOr<StateId> {
    if (absl::Status made = make_empty(temporary); !made.ok()) return made;
    if (absl::Status copied = vacuum_into(path_, temporary); !copied.ok()) return copied;
    absl::StatusOr<sqlite::Database> copy = sqlite::Database::open(temporary);
    if (!copy.ok()) return copy.status();
    const absl::StatusOr<StateId> head = read_head(*copy);
    if (!head.ok()) return head;
    if (absl::Status moved = rename_synced(temporary, path); !moved.ok()) return moved;
    return head;
  }();
  if (!saved.ok()) ::unlink(temporary.c_str());
  return saved;
}

absl::StatusOr<std::unique_ptr<Store>> SqliteStore::open_saved(const std::filesystem::path& path) {
  absl::StatusOr<sqlite::Database> database = sqlite::Database::open(path);
  if (!database.ok()) return database.status();
  std::unique_ptr<SqliteStore> saved(new SqliteStore(*std::move(database), path, options_));
  // Nothing that save_to() wrote is without a schema, and an empty file would be made a database.
  const absl::StatusOr<int64_t> schema = saved->database_.query_int64("PRAGMA user_version");
  if (!schema.ok()) return unusable(schema.status());
  if (*schema < 1) {
    return absl::InvalidArgumentError("it is no database of a Limpet server");
  }
  if (absl::Status ready = saved->prepare(Epoch()); !ready.ok()) return unusable(ready);
  if (absl::Status same = check_layout(*saved); !same.ok()) return unusable(same);
  return saved;
}

// Whole pages are copied: what is laid down in the file has to be what this program expects.
absl::Status SqliteStore::check_layout(SqliteStore& saved) {
  for (const char* question : {"PRAGMA page_size", "PRAGMA encoding", kLayout}) {
    const absl::StatusOr<std::string> ours = database_.query_text(question);
    if (!ours.ok()) return ours.status();
    const absl::StatusOr<std::string> theirs = saved.database_.query_text(question);
    if (!theirs.ok()) return theirs.status();
    if (*ours == *theirs) continue;
    return absl::InvalidArgumentError(
        "its tables are not laid out as a Limpet server does; use a file that \"gwctl snapshot "
        "save\" wrote");
  }
  return absl::OkStatus();
}

absl::Status SqliteStore::begin_anew(const StateId& id, const Batch& batch,
                                     const AuditRecord& audit) {
  absl::StatusOr<sqlite::Transaction> transaction = sqlite::Transaction::begin(database_);
  if (!transaction.ok()) return transaction.status();
  const absl::StatusOr<StateId> head = read_head(database_);
  if (!head.ok()) return head.status();
  if (id.revision <= head->revision) {
    return absl::InternalError(
        str_cat("revision ", id.revision, " is no later one than ", head->revision));
  }
  if (absl::Status s = write_upserts(batch); !s.ok()) return s;
  if (absl::Status s = write_removals(batch, id.revision); !s.ok()) return s;
  if (absl::Status s = write_audit(audit, id.revision); !s.ok()) return s;
  if (absl::Status s = write_head(id.revision, id.digest); !s.ok()) return s;
  const std::string epoch =
      str_cat("UPDATE meta SET epoch = ", static_cast<int64_t>(id.epoch.value()));
  if (absl::Status s = database_.execute(epoch); !s.ok()) return s;
  return transaction->commit();
}

absl::Status SqliteStore::replace_with(const std::filesystem::path& saved) {
  absl::StatusOr<sqlite::Database> source = sqlite::Database::open(saved);
  if (!source.ok()) return source.status();
  if (absl::Status copied = source->copy_to(database_); !copied.ok()) return copied;
  // The log has held the whole database: it need not stay so long. When it does, no harm is done.
  database_.execute("PRAGMA wal_checkpoint(TRUNCATE)").IgnoreError();
  return absl::OkStatus();
}

}  // namespace limpet
