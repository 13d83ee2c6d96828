#include "storage/sqlite_store.h"

#include <string>
#include <utility>

#include <absl/strings/match.h>

#include "core/base/text.h"
#include "storage/migrations.h"

namespace limpet {
namespace {

absl::Status check_integrity(sqlite::Database& database) {
  const absl::StatusOr<std::string> answer = database.query_text("PRAGMA integrity_check(1)");
  if (!answer.ok()) return answer.status();
  if (*answer == "ok") return absl::OkStatus();
  return absl::DataLossError(str_cat("the database is damaged: ", *answer));
}

absl::Status in_file(const std::filesystem::path& path, const absl::Status& status) {
  // SQLite's own errors name it already, by its absolute path.
  if (absl::StrContains(status.message(), path.filename().string())) return status;
  return absl::Status(status.code(), str_cat(path.string(), ": ", status.message()));
}

}  // namespace

absl::StatusOr<StateId> SqliteStore::read_head(sqlite::Database& database) {
  auto select = database.prepare("SELECT epoch, revision, digest FROM meta");
  if (!select.ok()) return select.status();
  const absl::StatusOr<bool> row = select->step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::DataLossError("the database does not name its state");
  const std::optional<Digest> digest = Digest::from_bytes(select->bytes(2));
  if (!digest) return absl::DataLossError("the database's digest cannot be read");
  return StateId{Epoch(static_cast<uint64_t>(select->int64(0))),
                 static_cast<uint64_t>(select->int64(1)), *digest};
}

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& path,
                                                               Epoch epoch_if_new,
                                                               const SqliteOptions& options) {
  absl::StatusOr<sqlite::Database> database = sqlite::Database::open(path);
  if (!database.ok()) return database.status();
  std::unique_ptr<SqliteStore> store(new SqliteStore(*std::move(database), path, options));
  if (absl::Status ready = store->prepare(epoch_if_new); !ready.ok()) {
    return in_file(path, ready);
  }
  return store;
}

absl::Status SqliteStore::prepare(Epoch epoch_if_new) {
  const std::string pragmas =
      str_cat("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;",
              "PRAGMA max_page_count = ", options_.max_pages, ";");
  if (absl::Status set = database_.execute(pragmas); !set.ok()) return set;
  if (absl::Status checked = check_integrity(database_); !checked.ok()) return checked;
  if (absl::Status migrated = migrate(database_); !migrated.ok()) return migrated;
  // The first start names the state; later ones find it named.
  auto insert = database_.prepare(
      "INSERT OR IGNORE INTO meta (only_row, epoch, revision, digest) VALUES (1, ?1, 0, ?2)");
  if (!insert.ok()) return insert.status();
  const std::string empty = Digest().to_bytes();
  insert->bind(1, static_cast<int64_t>(epoch_if_new.value())).bind_blob(2, empty);
  return insert->run();
}

absl::StatusOr<Snapshot> SqliteStore::load() {
  // One transaction, so that the objects are those that the head names.
  absl::StatusOr<sqlite::Transaction> reading = sqlite::Transaction::begin(database_);
  if (!reading.ok()) return reading.status();
  const absl::StatusOr<StateId> head = read_head(database_);
  if (!head.ok()) return head.status();
  auto select =
      database_.prepare("SELECT kind, namespace, name, revision, bytes FROM objects");
  if (!select.ok()) return select.status();
  Delta all;
  while (true) {
    const absl::StatusOr<bool> row = select->step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    auto entry = std::make_shared<Entry>();
    entry->key = {std::string(select->bytes(0)), std::string(select->bytes(1)),
                  std::string(select->bytes(2))};
    entry->revision = static_cast<uint64_t>(select->int64(3));
    entry->bytes = select->bytes(4);
    all.upserts.push_back(std::move(entry));
  }
  Snapshot snapshot = Snapshot().apply(all, head->epoch, head->revision);
  if (snapshot.id().digest != head->digest) {
    return absl::DataLossError(
        "the stored objects are not those that were committed (their digest differs); restore a "
        "backup of the data directory");
  }
  return snapshot;
}

absl::StatusOr<uint64_t> SqliteStore::commit(uint64_t expected_revision, const Batch& batch,
                                             const Digest& digest, const AuditRecord& audit,
                                             const RequestRecord& request) {
  const uint64_t revision = expected_revision + 1;
  for (const StoredObject& object : batch.upserts) {
    if (object.entry->revision != revision) {
      return absl::InternalError(str_cat(to_string(object.entry->key), " carries revision ",
                                         object.entry->revision, " in a commit of ", revision));
    }
  }
  absl::StatusOr<sqlite::Transaction> transaction = sqlite::Transaction::begin(database_);
  if (!transaction.ok()) return transaction.status();
  if (absl::Status s = check_head(expected_revision); !s.ok()) return s;
  if (absl::Status s = write_upserts(batch); !s.ok()) return s;
  if (absl::Status s = write_removals(batch, revision); !s.ok()) return s;
  if (absl::Status s = write_audit(audit, revision); !s.ok()) return s;
  if (absl::Status s = write_request(request, revision); !s.ok()) return s;
  if (absl::Status s = write_head(revision, digest); !s.ok()) return s;
  if (absl::Status s = transaction->commit(); !s.ok()) return s;
  return revision;
}

absl::Status SqliteStore::check_head(uint64_t expected_revision) {
  const absl::StatusOr<int64_t> head = database_.query_int64("SELECT revision FROM meta");
  if (!head.ok()) return head.status();
  if (static_cast<uint64_t>(*head) == expected_revision) return absl::OkStatus();
  return absl::AbortedError(str_cat("the state is at revision ", *head, ", not at ",
                                    expected_revision, "; read it again and retry"));
}

absl::Status SqliteStore::write_upserts(const Batch& batch) {
  // Every write goes to the state and to its history alike.
  auto object = database_.prepare("INSERT OR REPLACE INTO objects VALUES (?,?,?,?,?,?,?)");
  if (!object.ok()) return object.status();
  auto change = database_.prepare(
      "INSERT INTO changes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NOT EXISTS ("
      "SELECT 1 FROM objects WHERE kind = ?2 AND namespace = ?3 AND name = ?4))");
  if (!change.ok()) return change.status();
  for (const StoredObject& upsert : batch.upserts) {
    const Entry& entry = *upsert.entry;
    const auto revision = static_cast<int64_t>(entry.revision);
    // The change comes first: it asks whether the object was there.
    change->bind(1, revision).bind(2, entry.key.kind).bind(3, entry.key.ns);
    change->bind(4, entry.key.name).bind(5, upsert.uid).bind(6, upsert.generation);
    if (absl::Status s = change->bind_blob(7, entry.bytes).run(); !s.ok()) return s;
    object->bind(1, entry.key.kind).bind(2, entry.key.ns).bind(3, entry.key.name);
    object->bind(4, upsert.uid).bind(5, upsert.generation).bind(6, revision);
    if (absl::Status s = object->bind_blob(7, entry.bytes).run(); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status SqliteStore::write_removals(const Batch& batch, uint64_t revision) {
  // The change keeps the uid that went: a later object of the name is another one.
  auto change = database_.prepare(
      "INSERT INTO changes SELECT ?1, kind, namespace, name, uid, generation, NULL, 0 "
      "FROM objects WHERE kind = ?2 AND namespace = ?3 AND name = ?4");
  if (!change.ok()) return change.status();
  auto remove =
      database_.prepare("DELETE FROM objects WHERE kind = ?1 AND namespace = ?2 AND name = ?3");
  if (!remove.ok()) return remove.status();
  for (const EntryKey& key : batch.removed) {
    change->bind(1, static_cast<int64_t>(revision)).bind(2, key.kind).bind(3, key.ns);
    if (absl::Status s = change->bind(4, key.name).run(); !s.ok()) return s;
    remove->bind(1, key.kind).bind(2, key.ns).bind(3, key.name);
    if (absl::Status s = remove->run(); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status SqliteStore::write_audit(const AuditRecord& audit, uint64_t revision) {
  auto insert = database_.prepare(
      "INSERT INTO audit (revision, unix_ms, actor, peer, action, message) "
      "VALUES (?,?,?,?,?,?)");
  if (!insert.ok()) return insert.status();
  insert->bind(1, static_cast<int64_t>(revision)).bind(2, audit.unix_ms).bind(3, audit.actor);
  insert->bind(4, audit.peer).bind(5, audit.action).bind(6, audit.message);
  return insert->run();
}

absl::Status SqliteStore::write_head(uint64_t revision, const Digest& digest) {
  auto update = database_.prepare("UPDATE meta SET revision = ?1, digest = ?2");
  if (!update.ok()) return update.status();
  const std::string bytes = digest.to_bytes();
  update->bind(1, static_cast<int64_t>(revision)).bind_blob(2, bytes);
  return update->run();
}

}  // namespace limpet
