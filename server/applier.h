// Carries changes out, one after the other: plan, dry run, commit, publish.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
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
  Applier(Store& store, Publisher& publisher, const Retention& retention = {});

  // `origin`: for the audit. With `validate_only` the outcome is what would be, with the head's
  // name.
  Outcome apply(const v1::ApplyRequest& request, const Origin& origin,
                const ChangeContext& context);
  Outcome remove(const v1::DeleteRequest& request, const Origin& origin,
                 const ChangeContext& context);
  Outcome rollback(const v1::RollbackRequest& request, const Origin& origin,
                   const ChangeContext& context);

  // The past, from the store: to be read where waiting for the disk is no harm. Errors as the
  // Store's. Revision 0 is the empty state.
  absl::StatusOr<Snapshot> state_at(uint64_t revision);
  absl::StatusOr<Delta> way_to(uint64_t revision);
  absl::StatusOr<v1::ListRevisionsResponse> revisions(const v1::ListRevisionsRequest& request);
  absl::StatusOr<v1::ListAuditResponse> audit(const v1::ListAuditRequest& request);
  absl::StatusOr<v1::DiffResponse> diff(const v1::DiffRequest& request);

  // Writes down what made no revision: refused calls, tokens.
  absl::Status note(const AuditRecord& audit);

 private:
  // A request on its way.
  struct Change {
    const v1::ChangeOptions& options;
    AuditRecord audit;
    RequestRecord request;  // the answer is filled in once there is one
  };
  using Planner = std::function<absl::StatusOr<Plan>(const Snapshot& before)>;

  Outcome change(const char* action, const google::protobuf::Message& request,
                 const v1::ChangeOptions& options, const Origin& origin,
                 const ChangeContext& context, const Planner& plan);
  // Requires, of these: the lock is held.
  absl::StatusOr<Snapshot> locked_state_at(uint64_t revision);
  std::optional<Outcome> answer_again(const RequestRecord& request);
  Outcome carry_out(Plan plan, const Snapshot& before, Change& change);
  Outcome keep_answer(Outcome outcome, Change& change);

  std::mutex mutex_;
  Store& store_;
  Publisher& publisher_;
  const Retention retention_;
  // Of the head:
  SliceIndex index_;
  std::shared_ptr<const RoutingTable> table_;
};

}  // namespace limpet
