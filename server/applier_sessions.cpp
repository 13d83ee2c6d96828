// What is changed about sessions and endpoints beside users' objects: drains, evictions, health
// verdicts, keys.
#include "core/base/text.h"
#include "server/applier.h"
#include "server/drain.h"
#include "server/evict.h"
#include "server/keys.h"
#include "server/request_options.h"

namespace limpet {

Applier::Outcome Applier::evict(const v1::EvictSessionsRequest& request, const Origin& origin,
                                const ChangeContext& context) {
  v1::ChangeOptions options = request.options();
  if (options.message().empty()) options.set_message(describe_eviction(request));
  return change("evict", request, options, origin, context, [&](const Snapshot& before) {
    return plan_evict(before, index_, request);
  });
}

Applier::Outcome Applier::drain(const v1::DrainRequest& request, const Origin& origin,
                                const ChangeContext& context) {
  v1::ChangeOptions options = request.options();
  if (options.message().empty()) options.set_message(describe_drain(request));
  const char* action = request.undo() ? "undrain" : "drain";
  return change(action, request, options, origin, context, [&](const Snapshot& before) {
    return plan_drain(before, index_, request, context);
  });
}

Applier::Outcome Applier::end_drains(const std::vector<EntryKey>& states,
                                     const ChangeContext& context) {
  const v1::ChangeOptions options;
  const std::lock_guard lock(mutex_);
  const Snapshot before = publisher_.head();
  Plan plan = plan_drains_over(before, states, context.now_unix_ms);
  std::vector<EntryKey> over;
  for (const StoredObject& object : plan.batch.upserts) over.push_back(object.entry->key);
  Change change{
      options, {context.now_unix_ms, "drain", "", "deadline", describe_drains_over(over)}, {}};
  return carry_out(std::move(plan), before, change);
}

Applier::Outcome Applier::take_verdicts(const std::vector<HealthVerdict>& verdicts,
                                        const ChangeContext& context) {
  const v1::ChangeOptions options;
  const std::lock_guard lock(mutex_);
  const Snapshot before = publisher_.head();
  // Nobody is judged by a state that does not compile: which endpoints are tried is not known.
  if (table_ == nullptr) return Outcome{absl::OkStatus(), {}, before.id(), {}};
  VerdictPlan planned = plan_verdicts(before, index_, *table_, verdicts, context.now_unix_ms);
  Change change{options, {context.now_unix_ms, "health", "", "verdict", planned.message}, {}};
  return carry_out(std::move(planned.plan), before, change);
}

std::vector<ServiceEndpoint> Applier::endpoints(const ServiceName& service) {
  const std::lock_guard lock(mutex_);
  return endpoints_of(publisher_.head(), index_, service);
}

Applier::Outcome Applier::rotate_keys(const v1::RotateKeysRequest& request, const Origin& origin,
                                      const ChangeContext& context) {
  return change("rotate-keys", request, request.options(), origin, context,
                [&](const Snapshot& before) { return plan_rotation(before, context); });
}

Applier::Outcome Applier::step_keys(const KeyFacts& facts, const ChangeContext& context) {
  const v1::ChangeOptions options;
  const std::lock_guard lock(mutex_);
  const Snapshot before = publisher_.head();
  KeyStep step = plan_key_step(before, table_.get(), facts, context);
  Change change{options, {context.now_unix_ms, "keys", "", "rotate", step.message}, {}};
  return carry_out(std::move(step.plan), before, change);
}

absl::StatusOr<std::vector<ServiceEndpoint>> Applier::find_endpoint(const ServiceName& service,
                                                                    const std::string& text) {
  const std::lock_guard lock(mutex_);
  const Snapshot head = publisher_.head();
  if (head.find({"Service", service.first, service.second}) == nullptr) {
    return absl::NotFoundError(
        str_cat("not found: Service ", service.first, "/", service.second));
  }
  return find_endpoints(endpoints_of(head, index_, service), service, text);
}

}  // namespace limpet
