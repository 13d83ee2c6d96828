#include "server/applier.h"

#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/text.h"

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

Applier::Applier(Store& store, Publisher& publisher)
    : store_(store), publisher_(publisher), index_(publisher.head()) {
  CompileResult compiled = compile(publisher.head(), nullptr);
  table_ = std::move(compiled.table);
  // An older program stored what this one cannot compile. The next change that mends it goes in.
  for (const CompileError& error : compiled.errors) {
    spdlog::error("stored {} does not compile: {} {}", to_string(error.object), error.field,
                  error.message);
  }
}

Applier::Outcome Applier::apply(std::span<const v1::Resource> resources, const std::string& peer,
                                const ChangeContext& context) {
  const std::lock_guard lock(mutex_);
  const Snapshot before = publisher_.head();
  return carry_out(plan_apply(before, index_, resources, context), before,
                   {context.now_unix_ms, "", peer, "apply", ""});
}

Applier::Outcome Applier::remove(std::span<const v1::EntryKey> keys, bool ignore_not_found,
                                 const std::string& peer, const ChangeContext& context) {
  const std::lock_guard lock(mutex_);
  const Snapshot before = publisher_.head();
  absl::StatusOr<Plan> plan = plan_delete(before, index_, keys, ignore_not_found, context);
  if (!plan.ok()) return Outcome{plan.status(), {}, {}, {}};
  return carry_out(*std::move(plan), before, {context.now_unix_ms, "", peer, "delete", ""});
}

Applier::Outcome Applier::carry_out(Plan plan, const Snapshot& before, const AuditRecord& audit) {
  if (!plan.violations.empty()) return refusal(std::move(plan.violations));
  if (plan.batch.empty()) {
    return Outcome{absl::OkStatus(), {}, before.id(), std::move(plan.results)};
  }
  // The dry run: the nodes' own code, on what would be stored. What they would refuse is not.
  const Delta delta = delta_of(plan.batch);
  const uint64_t revision = before.id().revision;
  Snapshot next = before.apply(delta, before.id().epoch, revision + 1);
  CompileResult compiled = compile(next, table_.get());
  if (!compiled.errors.empty()) return refusal(violations_of(compiled.errors, plan.results));

  // Only what is durable is seen by anybody, and what is kept beside the store follows it.
  const auto committed = store_.commit(revision, plan.batch, next.id().digest, audit, {});
  if (!committed.ok()) return Outcome{committed.status(), {}, {}, {}};
  index_.apply(before, delta);
  table_ = std::move(compiled.table);
  const StateId state = next.id();
  publisher_.publish(std::move(next));
  return Outcome{absl::OkStatus(), {}, state, std::move(plan.results)};
}

}  // namespace limpet
