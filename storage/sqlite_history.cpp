// The past in SQLite: reading it back, and forgetting it.
//
// `changes` holds whole entries, so that the state of a revision is, for each object, its newest
// change up to there. Only what changed since is looked up: the rest is as it is now.
//
// Every revision has its audit record, and a restore's one says where a gap ends: the revisions
// from the one before it up to there were another database's. Their states cannot be had.
#include "storage/sqlite_store.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"

namespace limpet {
namespace {

// One compaction forgets at most this many revisions, and stops early after this many rows: each
// commit adds one revision, so that the past shrinks while no commit waits long for it.
constexpr int kCompactRevisions = 128;
constexpr int64_t kCompactRows = 1000;
// A list of revisions ends with the one that brings its changes beyond this.
constexpr size_t kMaxListedChanges = 100'000;
// Audit records that made no revision: refused calls among them must not push out others.
constexpr int kMaxNotes = 10'000;

EntryKey key_at(const sqlite::Statement& row, int column) {
  return {std::string(row.bytes(column)), std::string(row.bytes(column + 1)),
          std::string(row.bytes(column + 2))};
}

void bind_key(sqlite::Statement& statement, int index, const EntryKey& key) {
  statement.bind(index, key.kind).bind(index + 1, key.ns).bind(index + 2, key.name);
}

AuditRecord audit_at(const sqlite::Statement& row, int column) {
  return {row.int64(column), std::string(row.bytes(column + 1)),
          std::string(row.bytes(column + 2)), std::string(row.bytes(column + 3)),
          std::string(row.bytes(column + 4))};
}

// Rows of (kind, namespace, name, revision, is there, bytes).
absl::StatusOr<Delta> read_delta(sqlite::Statement& rows) {
  Delta delta;
  while (true) {
    const absl::StatusOr<bool> row = rows.step();
    if (!row.ok()) return row.status();
    if (!*row) return delta;
    if (rows.int64(4) == 0) {
      delta.removed.push_back(key_at(rows, 0));
      continue;
    }
    auto entry = std::make_shared<Entry>();
    entry->key = key_at(rows, 0);
    entry->revision = static_cast<uint64_t>(rows.int64(3));
    entry->bytes = rows.bytes(5);
    delta.upserts.push_back(std::move(entry));
  }
}

// SQLite's LIMIT and "older than": numbers without a bound are its largest.
int64_t bound(uint64_t value) {
  constexpr uint64_t kLargest = INT64_MAX;
  return static_cast<int64_t>(value == 0 ? kLargest : std::min(value, kLargest));
}

}  // namespace

absl::StatusOr<SqliteStore::Range> SqliteStore::range() {
  auto select = database_.prepare("SELECT oldest, revision FROM meta");
  if (!select.ok()) return select.status();
  const absl::StatusOr<bool> row = select->step();
  if (!row.ok()) return row.status();
  if (!*row) return absl::DataLossError("the database does not name its state");
  return Range{static_cast<uint64_t>(select->int64(0)), static_cast<uint64_t>(select->int64(1))};
}

absl::Status SqliteStore::check_kept(uint64_t revision) {
  const absl::StatusOr<Range> kept = range();
  if (!kept.ok()) return kept.status();
  if (revision > kept->head) {
    return absl::OutOfRangeError(
        str_cat("revision ", revision, " does not exist yet; the newest is ", kept->head));
  }
  if (revision < kept->oldest) {
    return absl::OutOfRangeError(
        str_cat("revision ", revision, " is compacted away; the oldest kept is ", kept->oldest));
  }
  const absl::StatusOr<uint64_t> restore = restore_over(revision);
  if (!restore.ok()) return restore.status();
  if (*restore == 0) return absl::OkStatus();
  return absl::OutOfRangeError(str_cat("revision ", revision,
                                       " is of the database that was replaced by a restore, at "
                                       "revision ",
                                       *restore));
}

// The restore that ends the gap in which the revision lies; 0: it is this database's own.
absl::StatusOr<uint64_t> SqliteStore::restore_over(uint64_t revision) {
  if (revision == 0) return 0;
  auto select = database_.prepare(
      "SELECT revision, action FROM audit WHERE revision >= ?1 ORDER BY revision LIMIT 1");
  if (!select.ok()) return select.status();
  const absl::StatusOr<bool> row = select->bind(1, static_cast<int64_t>(revision)).step();
  if (!row.ok()) return row.status();
  if (!*row || select->bytes(1) != kRestoreAction) return 0;
  const auto next = static_cast<uint64_t>(select->int64(0));
  return next == revision ? 0 : next;
}

// The newest revision of this database's own before that one; 0 when there is none.
absl::StatusOr<uint64_t> SqliteStore::revision_before(uint64_t revision) {
  auto select = database_.prepare("SELECT max(revision) FROM audit WHERE revision < ?1");
  if (!select.ok()) return select.status();
  const absl::StatusOr<bool> row = select->bind(1, static_cast<int64_t>(revision)).step();
  if (!row.ok()) return row.status();
  return static_cast<uint64_t>(select->int64(0));
}

absl::StatusOr<uint64_t> SqliteStore::last_restore() {
  auto select = database_.prepare(
      "SELECT revision FROM audit WHERE action = ?1 ORDER BY revision DESC LIMIT 1");
  if (!select.ok()) return select.status();
  const absl::StatusOr<bool> row = select->bind(1, kRestoreAction).step();
  if (!row.ok()) return row.status();
  return *row ? static_cast<uint64_t>(select->int64(0)) : 0;
}

absl::StatusOr<uint64_t> SqliteStore::oldest_revision() {
  const absl::StatusOr<Range> kept = range();
  if (!kept.ok()) return kept.status();
  return kept->oldest;
}

absl::StatusOr<Delta> SqliteStore::way_back_to(uint64_t revision) {
  if (absl::Status kept = check_kept(revision); !kept.ok()) return kept;
  // One row for each object that changed since, with what it was then: nothing (all NULL) when it
  // was not there yet.
  auto select = database_.prepare(
      "SELECT since.kind, since.namespace, since.name, then_.revision, "
      "then_.bytes IS NOT NULL, then_.bytes "
      "FROM (SELECT DISTINCT kind, namespace, name FROM changes WHERE revision > ?1) AS since "
      "LEFT JOIN changes AS then_ ON then_.kind = since.kind "
      "AND then_.namespace = since.namespace AND then_.name = since.name "
      "AND then_.revision = (SELECT max(revision) FROM changes AS c WHERE c.kind = since.kind "
      "AND c.namespace = since.namespace AND c.name = since.name AND c.revision <= ?1)");
  if (!select.ok()) return select.status();
  select->bind(1, static_cast<int64_t>(revision));
  return read_delta(*select);
}

absl::StatusOr<Delta> SqliteStore::way_to(uint64_t revision) {
  if (absl::Status kept = check_kept(revision == 0 ? 0 : revision - 1); !kept.ok()) return kept;
  if (absl::Status kept = check_kept(revision); !kept.ok()) return kept;
  const absl::StatusOr<uint64_t> restore = last_restore();
  if (!restore.ok()) return restore.status();
  if (revision != 0 && *restore == revision) {
    return absl::OutOfRangeError(str_cat("revision ", revision, " restored another database"));
  }
  auto select = database_.prepare(
      "SELECT kind, namespace, name, revision, bytes IS NOT NULL, bytes FROM changes "
      "WHERE revision = ?1");
  if (!select.ok()) return select.status();
  select->bind(1, static_cast<int64_t>(revision));
  return read_delta(*select);
}

absl::StatusOr<std::vector<RevisionRecord>> SqliteStore::revisions(const RevisionQuery& query) {
  const absl::StatusOr<Range> kept = range();
  if (!kept.ok()) return kept.status();
  constexpr char kOfObject[] =
      "AND revision IN (SELECT revision FROM changes "
      "WHERE kind = ?4 AND namespace = ?5 AND name = ?6) ";
  auto select = database_.prepare(
      str_cat("SELECT revision, unix_ms, actor, peer, action, message FROM audit "
              "WHERE revision > 0 AND revision >= ?1 AND revision < ?2 ",
              query.object ? kOfObject : "", "ORDER BY revision DESC LIMIT ?3"));
  if (!select.ok()) return select.status();
  select->bind(1, static_cast<int64_t>(kept->oldest)).bind(2, bound(query.before));
  select->bind(3, bound(query.limit));
  if (query.object) bind_key(*select, 4, *query.object);
  std::vector<RevisionRecord> records;
  while (true) {
    const absl::StatusOr<bool> row = select->step();
    if (!row.ok()) return row.status();
    if (!*row) break;
    records.push_back({static_cast<uint64_t>(select->int64(0)), audit_at(*select, 1), {}});
  }
  if (absl::Status read = read_changes(query.object, records); !read.ok()) return read;
  return records;
}

absl::Status SqliteStore::read_changes(const std::optional<EntryKey>& object,
                                       std::vector<RevisionRecord>& revisions) {
  using Change = RevisionRecord::Change;
  auto select = database_.prepare(
      str_cat("SELECT kind, namespace, name, bytes IS NULL, created FROM changes "
              "WHERE revision = ?1 ",
              object ? "AND kind = ?2 AND namespace = ?3 AND name = ?4"
                     : "ORDER BY kind, namespace, name"));
  if (!select.ok()) return select.status();
  size_t changes = 0;
  for (size_t i = 0; i < revisions.size(); ++i) {
    RevisionRecord& record = revisions[i];
    select->bind(1, static_cast<int64_t>(record.revision));
    if (object) bind_key(*select, 2, *object);
    while (true) {
      const absl::StatusOr<bool> row = select->step();
      if (!row.ok()) return row.status();
      if (!*row) break;
      const Change made = select->int64(4) != 0 ? Change::kCreated : Change::kConfigured;
      record.changes.emplace_back(key_at(*select, 0),
                                  select->int64(3) != 0 ? Change::kRemoved : made);
    }
    select->reset();
    changes += record.changes.size();
    if (changes > kMaxListedChanges) revisions.resize(i + 1);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredAudit>> SqliteStore::audit(size_t limit, uint64_t before_id) {
  auto select = database_.prepare(
      "SELECT id, revision, unix_ms, actor, peer, action, message FROM audit WHERE id < ?1 "
      "ORDER BY id DESC LIMIT ?2");
  if (!select.ok()) return select.status();
  select->bind(1, bound(before_id)).bind(2, bound(limit));
  std::vector<StoredAudit> records;
  while (true) {
    const absl::StatusOr<bool> row = select->step();
    if (!row.ok()) return row.status();
    if (!*row) return records;
    records.push_back({static_cast<uint64_t>(select->int64(0)),
                       static_cast<uint64_t>(select->int64(1)), audit_at(*select, 2)});
  }
}

absl::Status SqliteStore::note(const AuditRecord& audit) {
  if (absl::Status written = write_audit(audit, 0); !written.ok()) return written;
  return database_.execute(
      str_cat("DELETE FROM audit WHERE revision = 0 AND id <= (SELECT id FROM audit "
              "WHERE revision = 0 ORDER BY id DESC LIMIT 1 OFFSET ", kMaxNotes, ")"));
}

absl::Status SqliteStore::write_request(const RequestRecord& request, uint64_t revision) {
  if (request.id.empty()) return absl::OkStatus();
  auto insert = database_.prepare("INSERT INTO requests VALUES (?,?,?,?)");
  if (!insert.ok()) return insert.status();
  insert->bind(1, request.id).bind(2, static_cast<int64_t>(revision));
  return insert->bind_blob(3, request.digest).bind_blob(4, request.answer).run();
}

absl::Status SqliteStore::remember(const RequestRecord& request) {
  const absl::StatusOr<Range> kept = range();
  if (!kept.ok()) return kept.status();
  return write_request(request, kept->head);
}

absl::StatusOr<std::optional<RequestRecord>> SqliteStore::find_request(const std::string& id) {
  auto select = database_.prepare("SELECT digest, answer FROM requests WHERE id = ?1");
  if (!select.ok()) return select.status();
  const absl::StatusOr<bool> row = select->bind(1, id).step();
  if (!row.ok()) return row.status();
  if (!*row) return std::nullopt;
  return RequestRecord{id, std::string(select->bytes(0)), std::string(select->bytes(1))};
}

absl::StatusOr<uint64_t> SqliteStore::oldest_wanted(const Range& range,
                                                    const Retention& retention,
                                                    int64_t now_unix_ms) {
  const uint64_t by_count =
      range.head >= retention.revisions ? range.head - retention.revisions + 1 : 0;
  // A revision's state was in force until the next came: it is as old as that.
  auto select = database_.prepare(
      "SELECT revision FROM audit WHERE revision > ?1 AND unix_ms >= ?2 "
      "ORDER BY revision LIMIT 1");
  if (!select.ok()) return select.status();
  select->bind(1, static_cast<int64_t>(range.oldest)).bind(2, now_unix_ms - retention.age_ms);
  const absl::StatusOr<bool> row = select->step();
  if (!row.ok()) return row.status();
  const uint64_t by_age = *row ? static_cast<uint64_t>(select->int64(0)) - 1 : range.head;
  // Where another database's revisions lie, the state is that of our own one before them.
  const uint64_t wanted = std::min(range.head, std::max(by_count, by_age));
  const absl::StatusOr<uint64_t> restore = restore_over(wanted);
  if (!restore.ok()) return restore.status();
  return *restore == 0 ? wanted : revision_before(wanted);
}

// What the changes of a revision made the past of. Returns the number of changes forgotten.
absl::StatusOr<int64_t> SqliteStore::forget_superseded(uint64_t by_revision) {
  auto forget = database_.prepare(
      "DELETE FROM changes WHERE rowid IN (SELECT old.rowid FROM changes AS new "
      "JOIN changes AS old ON old.kind = new.kind AND old.namespace = new.namespace "
      "AND old.name = new.name AND old.revision < ?1 WHERE new.revision = ?1)");
  if (!forget.ok()) return forget.status();
  forget->bind(1, static_cast<int64_t>(by_revision));
  if (absl::Status done = forget->run(); !done.ok()) return done;
  return database_.query_int64("SELECT changes()");
}

absl::Status SqliteStore::compact(const Retention& retention, int64_t now_unix_ms) {
  const absl::StatusOr<Range> kept = range();
  if (!kept.ok()) return kept.status();
  const absl::StatusOr<uint64_t> wanted = oldest_wanted(*kept, retention, now_unix_ms);
  if (!wanted.ok()) return wanted.status();
  if (*wanted < kept->oldest + std::max<uint64_t>(retention.batch, 1)) return absl::OkStatus();

  absl::StatusOr<sqlite::Transaction> transaction = sqlite::Transaction::begin(database_);
  if (!transaction.ok()) return transaction.status();
  uint64_t oldest = kept->oldest;
  int64_t rows = 0;
  for (int i = 0; i < kCompactRevisions && oldest < *wanted && rows < kCompactRows; ++i) {
    const absl::StatusOr<uint64_t> restore = restore_over(oldest + 1);
    if (!restore.ok()) return restore.status();
    oldest = *restore == 0 ? oldest + 1 : *restore;
    const absl::StatusOr<int64_t> forgotten = forget_superseded(oldest);
    if (!forgotten.ok()) return forgotten.status();
    rows += *forgotten;
  }
  // A removal needs no trace once nothing before it is kept. A restore does: a gap ends there.
  const std::string rest = str_cat(
      "UPDATE meta SET oldest = ", oldest, "; DELETE FROM requests WHERE revision < ", oldest,
      "; DELETE FROM changes WHERE revision > ", kept->oldest == 0 ? 0 : kept->oldest - 1,
      " AND revision < ", oldest, " AND bytes IS NULL",
      // Of a revision that is kept, its record is part of the history.
      "; DELETE FROM audit WHERE revision > 0 AND revision < ", oldest,
      " AND id <= (SELECT max(id) FROM audit) - ", retention.audit_records, " AND action <> '",
      kRestoreAction, "';");
  if (absl::Status done = database_.execute(rest); !done.ok()) return done;
  return transaction->commit();
}

}  // namespace limpet
