// Carries changes out, one after the other: plan, dry run, commit, publish.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/routing/compile.h"
#include "server/apply.h"
#include "server/dns_slices.h"
#include "server/health_verdicts.h"
#include "server/keys.h"
#include "server/publisher.h"
#include "server/secret_keys.h"
#include "server/service_endpoints.h"
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

  // What a restore has to do with on the disk.
  struct RestoreFiles {
    std::filesystem::path saved;     // is written to, whatever comes of it
    std::filesystem::path replaced;  // the database that was there before is kept here
  };
  struct Restored {
    absl::Status status;                // anything but OK: nothing was changed
    std::vector<Violation> violations;  // with INVALID_ARGUMENT
    StateId state;                      // what is served from now on
    StateId saved;                      // what the file held
    StateId replaced;                   // what was served before
    uint32_t created = 0;               // of users' objects, and so on
    uint32_t changed = 0;
    uint32_t deleted = 0;
    uint32_t kept_keys = 0;
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
  // Results name the EndpointStates, where the request names an endpoint (server/evict.h).
  Outcome evict(const v1::EvictSessionsRequest& request, const Origin& origin,
                const ChangeContext& context);
  // Results name the EndpointStates (server/drain.h).
  Outcome drain(const v1::DrainRequest& request, const Origin& origin,
                const ChangeContext& context);
  // Of these EndpointStates, those whose deadline has passed, by the actor "drain". No revision
  // when there are none.
  Outcome end_drains(const std::vector<EntryKey>& states, const ChangeContext& context);
  // What the nodes find of endpoints (server/health_verdicts.h), by the actor "health". No revision
  // when none of it changes anything.
  Outcome take_verdicts(const std::vector<HealthVerdict>& verdicts,
                        const ChangeContext& context);
  // Of the head; empty also when there is no such Service.
  std::vector<ServiceEndpoint> endpoints(const ServiceName& service);
  // NOT_FOUND: the Service, or the endpoint (server/service_endpoints.h).
  absl::StatusOr<std::vector<ServiceEndpoint>> find_endpoint(const ServiceName& service,
                                                             const std::string& text);

  // Results name the key (server/keys.h).
  Outcome rotate_keys(const v1::RotateKeysRequest& request, const Origin& origin,
                      const ChangeContext& context);
  // Keys that come, mint or are gone, by the actor "keys". No revision when it is not time.
  Outcome step_keys(const KeyFacts& facts, const ChangeContext& context);

  // What DNS says, by the actor "dns". No revision when it is what is stored.
  Outcome resolve(const std::vector<DnsUpdate>& updates, const ChangeContext& context);

  // Secrets are sealed under these from now on, and those that are sealed under another of them
  // anew, by the actor "secrets". What cannot be opened is told in the log, and stays as it is.
  Outcome use_secret_keys(std::shared_ptr<const SecretKeys> keys, const ChangeContext& context);
  // Null: there are none, and no Secret is taken.
  std::shared_ptr<const SecretKeys> secret_keys() const;

  // The newest state in a file, without waiting for changes. Errors as the Store's.
  absl::StatusOr<StateId> save_to(const std::filesystem::path& path) {
    return store_.save_to(path);
  }
  // Makes a saved database the server's, under a new epoch. With `validate_only` the outcome is
  // what would be, but for the epoch.
  Restored restore(const RestoreFiles& files, const v1::ChangeOptions& options,
                   const Origin& origin, const ChangeContext& context);

  // The past, from the store: to be read where waiting for the disk is no harm. Errors as the
  // Store's. Revision 0 is the empty state.
  absl::StatusOr<Snapshot> state_at(uint64_t revision);
  // The state from which one who knows it can be told what came after. OUT_OF_RANGE also when it
  // is of before a restore: what he knows may be another database's.
  absl::StatusOr<Snapshot> state_to_go_on_from(uint64_t revision);
  // The state one revision after this one. ABORTED: that is of a database that was replaced.
  absl::StatusOr<Snapshot> state_after(const Snapshot& told);
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
  // `keys_before`: null where nothing depended on what could be opened before.
  Outcome reseal(const ChangeContext& context, const SecretKeys* keys_before);

  mutable std::mutex keys_mutex_;
  std::shared_ptr<const SecretKeys> secret_keys_;  // guarded by it
  std::mutex mutex_;
  Store& store_;
  Publisher& publisher_;
  const Retention retention_;
  // Of the head:
  SliceIndex index_;
  std::shared_ptr<const RoutingTable> table_;
};

}  // namespace limpet
