// Where the ordered state is kept. The engine behind it is SQLite today; the interface asks for
// nothing that a replicated store could not do as well: a commit is a compare-and-swap of the
// head revision, and everything else reads.
#pragma once

#include <cstdint>
#include <string>
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

// Not thread-safe: one call at a time.
class Store {
 public:
  virtual ~Store() = default;

  // The state as it was last committed. DATA_LOSS when what is stored cannot be that.
  virtual absl::StatusOr<Snapshot> load() = 0;

  // Makes the batch revision `expected_revision` + 1 and returns that; it is durable then.
  // Requires: the entries carry that revision. `digest` is that of the state after the batch.
  // ABORTED: the head is not `expected_revision`. RESOURCE_EXHAUSTED: the disk is full.
  // UNAVAILABLE: it cannot be written. After any error nothing is changed.
  virtual absl::StatusOr<uint64_t> commit(uint64_t expected_revision, const Batch& batch,
                                          const Digest& digest, const AuditRecord& audit) = 0;
};

}  // namespace limpet
