#include "storage/migrations.h"

#include <cstdint>
#include <iterator>

#include "core/base/text.h"

namespace limpet {
namespace {

// Steps are only ever appended: one that has been released is never edited.
constexpr const char* kSteps[] = {
    // 1. `meta` has one row: the state's name. `objects` is the state; `changes` is how it came
    //    to be, by revision, and carries bytes so that earlier states can be rebuilt (NULL: the
    //    object was removed). `audit` says who did it. 64-bit numbers without a sign are kept as
    //    SQLite's signed ones.
    R"sql(
      CREATE TABLE meta (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        epoch INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        digest BLOB NOT NULL
      ) STRICT;
      CREATE TABLE objects (
        kind TEXT NOT NULL,
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        uid TEXT NOT NULL,
        generation INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (kind, namespace, name)
      ) STRICT;
      CREATE TABLE changes (
        revision INTEGER NOT NULL,
        kind TEXT NOT NULL,
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        uid TEXT NOT NULL,
        generation INTEGER NOT NULL,
        bytes BLOB,
        PRIMARY KEY (revision, kind, namespace, name)
      ) STRICT;
      CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        revision INTEGER NOT NULL,
        unix_ms INTEGER NOT NULL,
        actor TEXT NOT NULL,
        peer TEXT NOT NULL,
        action TEXT NOT NULL,
        message TEXT NOT NULL
      ) STRICT;
      CREATE INDEX audit_by_revision ON audit (revision);
    )sql",

    // 2. History can be read and forgotten. `oldest` is the oldest revision whose state can be
    //    had: of each object `changes` has every change after it and the newest up to it.
    //    `created`: the object was not there before. `requests` are answers to give again.
    R"sql(
      ALTER TABLE meta ADD COLUMN oldest INTEGER NOT NULL DEFAULT 0;
      CREATE INDEX changes_by_object ON changes (kind, namespace, name, revision);
      ALTER TABLE changes ADD COLUMN created INTEGER NOT NULL DEFAULT 0;
      UPDATE changes SET created = 1 WHERE bytes IS NOT NULL AND (
        SELECT before.bytes FROM changes AS before
        WHERE before.kind = changes.kind AND before.namespace = changes.namespace
          AND before.name = changes.name AND before.revision < changes.revision
        ORDER BY before.revision DESC LIMIT 1) IS NULL;
      CREATE TABLE requests (
        id TEXT PRIMARY KEY,
        revision INTEGER NOT NULL,
        digest BLOB NOT NULL,
        answer BLOB NOT NULL
      ) STRICT;
      CREATE INDEX requests_by_revision ON requests (revision);
    )sql",
};

}  // namespace

absl::Status migrate(sqlite::Database& database) {
  const auto known = static_cast<int64_t>(std::size(kSteps));
  const absl::StatusOr<int64_t> taken = database.query_int64("PRAGMA user_version");
  if (!taken.ok()) return taken.status();
  if (*taken > known) {
    return absl::FailedPreconditionError(
        str_cat("the database has schema ", *taken, " and this program knows schema ", known,
                "; use the newer program that wrote it"));
  }
  for (int64_t step = *taken; step < known; ++step) {
    absl::StatusOr<sqlite::Transaction> transaction = sqlite::Transaction::begin(database);
    if (!transaction.ok()) return transaction.status();
    const std::string sql = str_cat(kSteps[step], "PRAGMA user_version = ", step + 1, ";");
    if (absl::Status taken_now = database.execute(sql); !taken_now.ok()) return taken_now;
    if (absl::Status committed = transaction->commit(); !committed.ok()) return committed;
  }
  return absl::OkStatus();
}

}  // namespace limpet
