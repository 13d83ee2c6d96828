// Carries changes out, one after the other: plan, dry run, commit, publish.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "core/routing/compile.h"
#include "server/apply.h"
#include "server/publisher.h"
#include "storage/store.h"

namespace limpet {

// The state to start from: what is stored, after giving a new database its first state.
absl::StatusOr<Snapshot> open_state(Store& store, const ChangeContext& context);

// Thread-safe: changes take turns, each for as long as its commit lasts.
class Applier {
 public:
  struct Outcome {
    absl::Status status;  // anything but OK: nothing was changed
    std::vector<Violation> violations;  // with INVALID_ARGUMENT
    StateId state;  // that holds the change
    std::vector<v1::ObjectResult> results;
  };

  // Requires: the publisher's head is what the store holds. Both must outlive the applier, and
  // nobody else commits or publishes.
  Applier(Store& store, Publisher& publisher);

  // `peer`: from where the request came, for the audit.
  Outcome apply(std::span<const v1::Resource> resources, const std::string& peer,
                const ChangeContext& context);
  Outcome remove(std::span<const v1::EntryKey> keys, bool ignore_not_found,
                 const std::string& peer, const ChangeContext& context);

 private:
  // Requires: the lock is held.
  Outcome carry_out(Plan plan, const Snapshot& before, const AuditRecord& audit);

  std::mutex mutex_;
  Store& store_;
  Publisher& publisher_;
  // Of the head:
  SliceIndex index_;
  std::shared_ptr<const RoutingTable> table_;
};

}  // namespace limpet
