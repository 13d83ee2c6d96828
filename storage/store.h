// Where the ordered state is kept. The engine behind it is SQLite today; the interface asks for
// nothing that a replicated store could not do as well: a commit is a compare-and-swap of the
// head revision, and everything else reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "core/snapshot/snapshot.h"

namespace limpet {

// An entry to store, with what its bytes say of its identity. Entries of state have neither uid
// nor generation.
struct StoredObject {
  EntryPtr entry;
  std::string uid;
  int64_t generation = 0;
};

// One transaction's changes. No key occurs twice.
struct Batch {
  std::vector<StoredObject> upserts;
  std::vector<EntryKey> removed;

  bool empty() const { return upserts.empty() && removed.empty(); }
};

Delta delta_of(const Batch& batch);

// Who changed what, kept in the change's own transaction.
struct AuditRecord {
  int64_t unix_ms = 0;
  std::string actor;    // empty: not known
  std::string peer;     // from where; empty: the server itself
  std::string action;   // "apply", "delete", ...
  std::string message;  // in words
};

// Where a request comes from.
struct Origin {
  std::string actor;  // empty: not known
  std::string peer;   // "ipv4:127.0.0.1:41234"; empty: the server itself
};

struct StoredAudit {
  uint64_t id = 0;        // grows
  uint64_t revision = 0;  // 0: it made none
  AuditRecord record;
};

// What a revision did, without the bytes.
struct RevisionRecord {
  enum class Change { kCreated, kConfigured, kRemoved };
  uint64_t revision = 0;
  AuditRecord audit;
  std::vector<std::pair<EntryKey, Change>> changes;  // ordered by key
};

struct RevisionQuery {
  size_t limit = 0;
  uint64_t before = 0;  // only older ones; 0: any
  // Only those that changed it, and of their changes this one.
  std::optional<EntryKey> object = std::nullopt;
};

// The first answer to a request that its client named, so that the same request again gets it
// again. Kept for as long as its revision is.
struct RequestRecord {
  std::string id;      // empty: the client gave none, and nothing is kept
  std::string digest;  // of the request
  std::string answer;
};

// What is kept of the past: the newest `revisions`, of these none older than `age_ms`, and at
// least the head.
struct Retention {
  uint64_t revisions = 10'000;
  int64_t age_ms = int64_t{90} * 24 * 3600 * 1000;
  uint64_t audit_records = 100'000;
  // Nothing is forgotten until so many revisions can be: forgetting writes to the disk once more.
  uint64_t batch = 64;
};

// The action of the audit record with which a saved database begins in a new place. Between its
// revision and the one before lie those of the database that it replaced: they are not this one's.
inline constexpr char kRestoreAction[] = "restore";

// Not thread-safe, but for save_to(): one call at a time.
class Store {
 public:
  virtual ~Store() = default;

  // The state as it was last committed. DATA_LOSS when what is stored cannot be that.
  virtual absl::StatusOr<Snapshot> load() = 0;

  // Makes the batch revision `expected_revision` + 1 and returns that; it is durable then.
  // Requires: the entries carry that revision. `digest` is that of the state after the batch.
  // ABORTED: the head is not `expected_revision`. RESOURCE_EXHAUSTED: the disk is full.
  // UNAVAILABLE: it cannot be written. After any error nothing is changed, and a later commit takes
  // the same revision; but where the disk took the bytes and failed to sync them, a crash before
  // that may leave this one stored, as a whole.
  virtual absl::StatusOr<uint64_t> commit(uint64_t expected_revision, const Batch& batch,
                                          const Digest& digest, const AuditRecord& audit,
                                          const RequestRecord& request) = 0;
  // Keeps the answer to a request that changed nothing, as of the head.
  virtual absl::Status remember(const RequestRecord& request) = 0;
  virtual absl::StatusOr<std::optional<RequestRecord>> find_request(const std::string& id) = 0;

  // The oldest revision whose state can be had; 0, the empty state, until something is compacted.
  virtual absl::StatusOr<uint64_t> oldest_revision() = 0;
  // The revision at which this database was restored last; 0: never.
  virtual absl::StatusOr<uint64_t> last_restore() = 0;
  // The way from the head back to the state of a revision. Costs in proportion to what changed
  // since. OUT_OF_RANGE: compacted away, not there yet, or of a database that was replaced.
  virtual absl::StatusOr<Delta> way_back_to(uint64_t revision) = 0;
  // The way to a revision from the one before. OUT_OF_RANGE: as above; of the oldest revision
  // itself the way is gone, and to a restore there is none.
  virtual absl::StatusOr<Delta> way_to(uint64_t revision) = 0;
  // Newest first; fewer than the limit where they changed very much.
  virtual absl::StatusOr<std::vector<RevisionRecord>> revisions(const RevisionQuery& query) = 0;
  virtual absl::StatusOr<std::vector<StoredAudit>> audit(size_t limit, uint64_t before_id) = 0;
  // Writes down what made no revision.
  virtual absl::Status note(const AuditRecord& audit) = 0;

  // Forgets some of what need not be kept any more, and returns soon: to be called after every
  // commit.
  virtual absl::Status compact(const Retention& retention, int64_t now_unix_ms) = 0;

  // The whole database as it is at one revision, whose name is returned, in one file of mode 0600.
  // The path has what it had before or all of the new file, also across a power cut. Thread-safe:
  // beside every other call, but not two at a time with one path. RESOURCE_EXHAUSTED: the disk is
  // full.
  virtual absl::StatusOr<StateId> save_to(const std::filesystem::path& path) = 0;
  // Opens what save_to() wrote, here or elsewhere, as a database of its own in that file, and
  // brings it up to date there. INVALID_ARGUMENT: it is damaged, or no such database.
  // FAILED_PRECONDITION: a newer program wrote it.
  virtual absl::StatusOr<std::unique_ptr<Store>> open_saved(const std::filesystem::path& path) = 0;
  // commit() of a saved database that is to replace another: under another epoch, and at any later
  // revision. The batch's entries carry that.
  virtual absl::Status begin_anew(const StateId& id, const Batch& batch,
                                  const AuditRecord& audit) = 0;
  // Makes this database what the file holds, all of it or, after any error, nothing; durable then.
  // Requires: open_saved() opened the file, and what it returned is gone.
  virtual absl::Status replace_with(const std::filesystem::path& saved) = 0;
};

}  // namespace limpet
