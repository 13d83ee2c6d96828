#include "server/applier.h"

#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "core/snapshot/wire.h"
#include "server/guard.h"
#include "server/history.h"
#include "server/keys.h"
#include "server/request_options.h"
#include "server/restore.h"
#include "server/secrets.h"

namespace limpet {
namespace {

// What the nodes would refuse, as violations of the request where it is in the request.
std::vector<Violation> violations_of(const std::vector<CompileError>& errors,
                                     const std::vector<v1::ObjectResult>& results) {
  std::vector<Violation> violations;
  for (const CompileError& error : errors) {
    std::string place = to_string(error.object);
    for (size_t i = 0; i < results.size(); ++i) {
      const v1::EntryKey& key = results[i].key();
      if (EntryKey{key.kind(), key.namespace_(), key.name()} == error.object) {
        place = str_cat("resources[", i, "]");
      }
    }
    violations.push_back(
        {error.field.empty() ? place : str_cat(place, ".", error.field), error.message});
  }
  return violations;
}

Applier::Outcome refusal(std::vector<Violation> violations) {
  Applier::Outcome outcome;
  outcome.status = absl::InvalidArgumentError(
      violations.size() == 1 ? "1 violation" : str_cat(violations.size(), " violations"));
  outcome.violations = std::move(violations);
  return outcome;
}

Applier::Outcome failure(absl::Status status) {
  return Applier::Outcome{std::move(status), {}, {}, {}};
}

// A disk that fails is the operator's business too, and whoever asked may be somebody else.
absl::Status not_stored(uint64_t revision, const absl::Status& why) {
  const std::string message =
      str_cat("revision ", revision, " is not stored, and nothing is changed: ", why.message());
  spdlog::error("{}", message);
  return absl::Status(why.code(), message);
}

std::string answer_of(const Applier::Outcome& outcome) {
  v1::ApplyResponse answer;
  *answer.mutable_state() = to_proto(outcome.state);
  answer.mutable_results()->Assign(outcome.results.begin(), outcome.results.end());
  return serialize(answer);
}

// What ails a file that was sent is the sender's to mend, not a loss of the server's.
absl::Status of_the_file(const absl::Status& status) {
  const auto code =
      absl::IsDataLoss(status) ? absl::StatusCode::kInvalidArgument : status.code();
  return absl::Status(code, str_cat("the saved database cannot be used: ", status.message()));
}

absl::Status no_secret_keys() {
  return absl::FailedPreconditionError(
      "Secrets are kept sealed, and this server has no key for that; make one (gwctl pki "
      "secrets-key FILE) and start the server with --secrets-key-file FILE");
}

void tell_unreadable(const SecretKeys* keys, const Snapshot& state) {
  const std::string text = unreadable_text(keys, state);
  if (!text.empty()) spdlog::error("{}", text);
}

void count_restored(const Snapshot& before, const Delta& way, Applier::Restored& outcome) {
  for (const EntryPtr& entry : way.upserts) {
    if (!is_user_kind(entry->key.kind)) continue;
    ++(before.find(entry->key) == nullptr ? outcome.created : outcome.changed);
  }
  for (const EntryKey& key : way.removed) {
    if (is_user_kind(key.kind)) ++outcome.deleted;
  }
}

}  // namespace

absl::StatusOr<Snapshot> open_state(Store& store, const ChangeContext& context) {
  absl::StatusOr<Snapshot> stored = store.load();
  if (!stored.ok()) return stored;
  const Plan first = plan_first_state(*stored, context);
  if (first.batch.empty()) return stored;
  const StateId before = stored->id();
  Snapshot next = stored->apply(delta_of(first.batch), before.epoch, before.revision + 1);
  const AuditRecord audit{context.now_unix_ms, "", "", "init", "first session key"};
  const auto revision = store.commit(before.revision, first.batch, next.id().digest, audit, {});
  if (!revision.ok()) return revision.status();
  return next;
}

Applier::Applier(Store& store, Publisher& publisher, const Retention& retention)
    : store_(store), publisher_(publisher), retention_(retention), index_(publisher.head()) {
  CompileResult compiled = compile(publisher.head(), nullptr);
  table_ = std::move(compiled.table);
  publisher_.set_table(table_);
  // An older program stored what this one cannot compile. The next change that mends it goes in.
  for (const CompileError& error : compiled.errors) {
    spdlog::error("stored {} does not compile: {} {}", to_string(error.object), error.field,
                  error.message);
  }
}

Applier::Outcome Applier::apply(const v1::ApplyRequest& request, const Origin& origin,
                                const ChangeContext& context) {
  const bool secrets = has_secrets(request);
  const std::shared_ptr<const SecretKeys> keys = secret_keys();
  if (secrets && keys == nullptr) return failure(no_secret_keys());
  const auto plan = [&](const Snapshot& before) {
    // Those of now: they may have been changed while this one waited for its turn.
    const std::shared_ptr<const SecretKeys> sealing = secret_keys();
    return plan_apply(before, index_, request, context, sealing.get());
  };
  if (!secrets || request.options().request_id().empty()) {
    return change("apply", request, request.options(), origin, context, plan);
  }
  return change("apply", with_fingerprints(request, *keys), request.options(), origin,
                context, plan);
}

std::shared_ptr<const SecretKeys> Applier::secret_keys() const {
  const std::lock_guard lock(keys_mutex_);
  return secret_keys_;
}

Applier::Outcome Applier::use_secret_keys(std::shared_ptr<const SecretKeys> keys,
                                          const ChangeContext& context) {
  const std::lock_guard lock(mutex_);
  {
    const std::lock_guard keys_lock(keys_mutex_);
    secret_keys_.swap(keys);
  }
  return reseal(context, keys.get());
}

Applier::Outcome Applier::reseal(const ChangeContext& context, const SecretKeys* keys_before) {
  const Snapshot before = publisher_.head();
  const std::shared_ptr<const SecretKeys> keys = secret_keys();
  tell_unreadable(keys.get(), before);
  if (keys == nullptr) return Outcome{absl::OkStatus(), {}, before.id(), {}};
  const v1::ChangeOptions options;
  Change change{options, {context.now_unix_ms, "secrets", "", "reseal", "under the first key"}, {}};
  return carry_out(plan_reseal(before, *keys, context.random, keys_before), before, change);
}

Applier::Outcome Applier::remove(const v1::DeleteRequest& request, const Origin& origin,
                                 const ChangeContext& context) {
  return change("delete", request, request.options(), origin, context, [&](const Snapshot& before) {
    return plan_delete(before, index_, request, context);
  });
}

Applier::Outcome Applier::rollback(const v1::RollbackRequest& request, const Origin& origin,
                                   const ChangeContext& context) {
  if (request.to() == 0) return refusal({{"to", "is required: the revision to go back to"}});
  v1::ChangeOptions options = request.options();
  if (options.message().empty()) options.set_message(str_cat("to revision ", request.to()));
  const auto plan = [&](const Snapshot& before) -> absl::StatusOr<Plan> {
    const absl::StatusOr<Snapshot> target = locked_state_at(request.to());
    if (!target.ok()) return target.status();
    return plan_rollback(before, index_, *target, context, secret_keys().get());
  };
  return change("rollback", request, options, origin, context, plan);
}

Applier::Outcome Applier::resolve(const std::vector<DnsUpdate>& updates,
                                  const ChangeContext& context) {
  // Endpoints follow DNS however many of them it takes away.
  v1::ChangeOptions options;
  options.set_allow_mass_delete(true);
  Change change{options,
                {context.now_unix_ms, "dns", "", "resolve", describe_dns_updates(updates)},
                {}};
  const std::lock_guard lock(mutex_);
  const Snapshot before = publisher_.head();
  return carry_out(plan_dns_updates(before, index_, updates, context), before, change);
}

absl::StatusOr<Snapshot> Applier::locked_state_at(uint64_t revision) {
  const Snapshot head = publisher_.head();
  const absl::StatusOr<Delta> way = store_.way_back_to(revision);
  if (!way.ok()) return way.status();
  return head.apply(*way, head.id().epoch, revision);
}

absl::StatusOr<Snapshot> Applier::state_at(uint64_t revision) {
  const std::lock_guard lock(mutex_);
  return locked_state_at(revision);
}

absl::StatusOr<Snapshot> Applier::state_to_go_on_from(uint64_t revision) {
  const std::lock_guard lock(mutex_);
  const absl::StatusOr<uint64_t> restore = store_.last_restore();
  if (!restore.ok()) return restore.status();
  if (revision < *restore) {
    return absl::OutOfRangeError(str_cat("revision ", revision, " is of before the restore at ",
                                         "revision ", *restore, "; list anew"));
  }
  return locked_state_at(revision);
}

absl::StatusOr<Snapshot> Applier::state_after(const Snapshot& told) {
  const std::lock_guard lock(mutex_);
  const StateId head = publisher_.head().id();
  if (told.id().epoch != head.epoch) return database_replaced(head);
  const uint64_t revision = told.id().revision + 1;
  const absl::StatusOr<Delta> way = store_.way_to(revision);
  if (!way.ok()) return way.status();
  return told.apply(*way, head.epoch, revision);
}

Applier::Restored Applier::restore(const RestoreFiles& files, const v1::ChangeOptions& options,
                                   const Origin& origin, const ChangeContext& context) {
  Restored outcome;
  const auto refuse = [&](const absl::Status& status) {
    outcome.status = status;
    return outcome;
  };
  outcome.violations = validate_options(options);
  if (!outcome.violations.empty()) return refuse(absl::InvalidArgumentError("bad options"));

  const std::lock_guard lock(mutex_);
  const Snapshot before = publisher_.head();
  if (absl::Status s = check_expected_revision(options, before.id()); !s.ok()) return refuse(s);
  absl::StatusOr<std::unique_ptr<Store>> saved = store_.open_saved(files.saved);
  if (!saved.ok()) return refuse(of_the_file(saved.status()));
  const absl::StatusOr<Snapshot> state = (*saved)->load();
  if (!state.ok()) return refuse(of_the_file(state.status()));
  const RestorePlan plan = plan_restore(*state, before, context);
  CompileResult compiled = compile(plan.state, nullptr);
  if (!compiled.errors.empty()) {
    outcome.violations = violations_of(compiled.errors, {});
    return refuse(absl::InvalidArgumentError("the nodes would refuse what the file holds"));
  }
  const Delta way = Snapshot::diff(before, plan.state);
  if (!options.allow_mass_delete()) {
    if (absl::Status s = check_mass_delete(before, way); !s.ok()) return refuse(s);
  }
  count_restored(before, way, outcome);
  outcome.state = plan.state.id();
  outcome.saved = state->id();
  outcome.replaced = before.id();
  outcome.kept_keys = plan.kept_keys;
  if (options.validate_only()) return outcome;

  const AuditRecord audit{context.now_unix_ms, origin.actor, origin.peer, kRestoreAction,
                          restore_message(options.message(), state->id(), before.id())};
  absl::Status done = (*saved)->begin_anew(plan.state.id(), plan.batch, audit);
  saved->reset();  // closes the file
  if (done.ok()) done = store_.save_to(files.replaced).status();
  if (done.ok()) done = store_.replace_with(files.saved);
  if (!done.ok()) return refuse(not_stored(plan.state.id().revision, done));
  index_ = SliceIndex(plan.state);
  table_ = std::move(compiled.table);
  publisher_.publish(plan.state, table_);
  // What was saved may be of a time before the first key. The restore stands without it.
  const Outcome resealed = reseal(context, nullptr);
  if (resealed.status.ok()) {
    outcome.state = resealed.state;
  } else {
    spdlog::error("the restored Secrets are not sealed under the first key: {}",
                  std_view(resealed.status.message()));
  }
  return outcome;
}

absl::StatusOr<v1::ListRevisionsResponse> Applier::revisions(
    const v1::ListRevisionsRequest& request) {
  const std::lock_guard lock(mutex_);
  return list_revisions(store_, request);
}

absl::StatusOr<v1::ListAuditResponse> Applier::audit(const v1::ListAuditRequest& request) {
  const std::lock_guard lock(mutex_);
  return list_audit(store_, request);
}

absl::Status Applier::note(const AuditRecord& audit) {
  const std::lock_guard lock(mutex_);
  return store_.note(audit);
}

absl::StatusOr<v1::DiffResponse> Applier::diff(const v1::DiffRequest& request) {
  const absl::StatusOr<Snapshot> from = state_at(request.from());
  if (!from.ok()) return from.status();
  const absl::StatusOr<Snapshot> to =
      request.to() == 0 ? publisher_.head() : state_at(request.to());
  if (!to.ok()) return to.status();
  return diff_of(*from, *to, secret_keys().get());
}

Applier::Outcome Applier::change(const char* action, const google::protobuf::Message& request,
                                 const v1::ChangeOptions& options, const Origin& origin,
                                 const ChangeContext& context, const Planner& plan) {
  if (auto violations = validate_options(options); !violations.empty()) {
    return refusal(std::move(violations));
  }
  Change change{
      options,
      {context.now_unix_ms, origin.actor, origin.peer, action, options.message()},
      {}};
  if (!options.request_id().empty()) {
    change.request = {options.request_id(), request_digest(action, request), ""};
  }
  const std::lock_guard lock(mutex_);
  if (std::optional<Outcome> again = answer_again(change.request)) return *std::move(again);
  const Snapshot before = publisher_.head();
  if (absl::Status s = check_expected_revision(options, before.id()); !s.ok()) return failure(s);
  absl::StatusOr<Plan> planned = plan(before);
  if (!planned.ok()) return failure(planned.status());
  return carry_out(*std::move(planned), before, change);
}

std::optional<Applier::Outcome> Applier::answer_again(const RequestRecord& request) {
  if (request.id.empty()) return std::nullopt;
  const absl::StatusOr<std::optional<RequestRecord>> first = store_.find_request(request.id);
  if (!first.ok()) return failure(first.status());
  if (!*first) return std::nullopt;
  if ((*first)->digest != request.digest) {
    return refusal({{"options.request_id",
                     "was given to another request before; make a new one for each request"}});
  }
  v1::ApplyResponse answer;
  const bool parsed = answer.ParseFromString((*first)->answer);
  const std::optional<StateId> state = from_proto(answer.state());
  if (!parsed || !state) return failure(absl::DataLossError("the kept answer cannot be read"));
  return Outcome{absl::OkStatus(), {}, *state, {answer.results().begin(), answer.results().end()}};
}

Applier::Outcome Applier::carry_out(Plan plan, const Snapshot& before, Change& change) {
  if (!plan.violations.empty()) return refusal(std::move(plan.violations));
  Outcome outcome{absl::OkStatus(), {}, before.id(), std::move(plan.results)};
  if (plan.batch.empty()) return keep_answer(std::move(outcome), change);
  // The dry run: the nodes' own code, on what would be stored. What they would refuse is not.
  const Delta delta = delta_of(plan.batch);
  const uint64_t revision = before.id().revision;
  Snapshot next = before.apply(delta, before.id().epoch, revision + 1);
  CompileResult compiled = compile(next, table_.get());
  if (!compiled.errors.empty()) {
    outcome.results.resize(plan.resources);
    return refusal(violations_of(compiled.errors, outcome.results));
  }
  if (!change.options.allow_mass_delete()) {
    if (absl::Status s = check_mass_delete(before, delta); !s.ok()) return failure(s);
  }
  if (change.options.validate_only()) return outcome;

  // Only what is durable is seen by anybody, and what is kept beside the store follows it.
  outcome.state = next.id();
  change.request.answer = answer_of(outcome);
  const auto committed =
      store_.commit(revision, plan.batch, next.id().digest, change.audit, change.request);
  if (!committed.ok()) return failure(not_stored(revision + 1, committed.status()));
  index_.apply(before, delta);
  table_ = std::move(compiled.table);
  publisher_.publish(std::move(next), table_);
  if (absl::Status s = store_.compact(retention_, change.audit.unix_ms); !s.ok()) {
    spdlog::warn("old revisions stay for now: {}", s.ToString());
  }
  return outcome;
}

// Of a request that changes nothing: the same again must not change anything either, whatever
// happens in between.
Applier::Outcome Applier::keep_answer(Outcome outcome, Change& change) {
  if (change.options.validate_only() || change.request.id.empty()) return outcome;
  change.request.answer = answer_of(outcome);
  if (absl::Status s = store_.remember(change.request); !s.ok()) return failure(s);
  return outcome;
}

}  // namespace limpet
