// What operators do to sessions: they have endpoints left, and end sessions.
#include <algorithm>

#include "core/resource/kind.h"
#include "server/drain.h"
#include "server/evict.h"
#include "tests/simulation/cluster.h"
#include "tests/simulation/objects.h"

namespace limpet::simulation {
namespace {

// As gwctl is told: by its name, or else by its address.
std::string label_of(const Listing& listing) {
  return listing.name.empty() ? ip_of(listing.address) : listing.name;
}

}  // namespace

// False: the Service has nobody.
bool Cluster::any_endpoint(std::string& service, Listing& listing) {
  auto found = now().config.services.begin();
  std::advance(found, static_cast<ptrdiff_t>(draw(now().config.services.size())));
  service = found->first;
  const std::vector<Listing>& listings = found->second.listings;
  if (listings.empty()) return false;
  listing = listings[draw(listings.size())];
  return true;
}

void Cluster::commit(const absl::StatusOr<Plan>& plan, Facts facts, const std::string& words) {
  if (!plan.ok()) {
    problem_ = str_cat("the server refuses: ", plan.status().ToString());
    return;
  }
  if (plan->batch.empty()) return;
  const StateId before = head().id();
  const Snapshot state = head().apply(delta_of(plan->batch), before.epoch, before.revision + 1);
  facts.when = {state.id().epoch.created(), state.id().revision};
  facts.derive();
  keep(state, std::move(facts));
  release(state);
  say("revision ", to_string(now().when), ": ", words);
}

void Cluster::drain_one() {
  v1::DrainRequest request;
  Listing listing;
  std::string service;
  if (!any_endpoint(service, listing)) return;
  const Identity identity = now().by_address.at(address_of(listing));
  request.set_namespace_(kNamespace);
  request.set_service(service);
  request.add_endpoints(label_of(listing));
  Facts facts = now();
  const bool undo = facts.drains.contains(identity) && chance(2);
  request.set_undo(undo);
  if (undo) {
    facts.drains.erase(identity);
  } else {
    const int64_t deadline_s = chance(4) ? 0 : true_s_ + 1 + static_cast<int64_t>(draw(60));
    request.set_deadline_unix_ms(deadline_s * 1000);
    facts.drains[identity] = {deadline_s, false};
  }
  commit(plan_drain(head(), index_, request, context()), std::move(facts),
         str_cat(identity, undo ? " is drained no longer" : " is drained"));
}

// The server looks at the deadlines.
void Cluster::end_drains() {
  std::vector<EntryKey> states;
  head().for_each(kEndpointStateKind, [&](const EntryPtr& entry) { states.push_back(entry->key); });
  Facts facts = now();
  std::string told;
  for (auto& [identity, drain] : facts.drains) {
    if (drain.over || drain.deadline_s == 0 || drain.deadline_s > true_s_) continue;
    drain.over = true;
    told += " " + identity;
  }
  commit(plan_drains_over(head(), states, true_s_ * 1000), std::move(facts),
         "the time is over of" + told);
}

void Cluster::evict_some() {
  v1::EvictSessionsRequest request;
  Listing listing;
  std::string service;
  if (!any_endpoint(service, listing)) return;
  request.set_namespace_(kNamespace);
  request.set_service(service);
  Facts facts = now();
  const When when{now().when.epoch, now().when.revision + 1};
  if (chance(2)) {
    facts.evictions[service] = {when, {}};
    return commit(plan_evict(head(), index_, request), std::move(facts),
                  str_cat("sessions of ", service, " are evicted"));
  }
  request.set_endpoint(label_of(listing));
  const Identity identity = now().by_address.at(address_of(listing));
  facts.evictions[service].of_endpoints[identity] = when;
  commit(plan_evict(head(), index_, request), std::move(facts),
         str_cat("sessions of ", identity, " are evicted"));
}

}  // namespace limpet::simulation
