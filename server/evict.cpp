#include "server/evict.h"

#include <map>
#include <utility>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "core/resource/object.h"
#include "core/sticky/session_record.h"
#include "server/service_endpoints.h"

namespace limpet {
namespace {

constexpr uint64_t kWholeService = 0;  // in place of an endpoint's uid

using Eviction = v1::ServiceState::Eviction;
using Evicted = std::map<uint64_t, Eviction>;  // by the endpoint's uid

StateTime time_of(const Eviction& eviction) {
  return {Epoch(eviction.epoch()).created(), eviction.revision()};
}

void add_later(const v1::ServiceState& state, Evicted& evicted) {
  for (const Eviction& eviction : state.evictions()) {
    const auto [found, added] = evicted.emplace(eviction.endpoint_uid(), eviction);
    if (!added && time_of(found->second) < time_of(eviction)) found->second = eviction;
  }
}

// Without those of endpoints that the whole Service's covers.
v1::ServiceState to_state(const Evicted& evicted) {
  v1::ServiceState state;
  const auto whole = evicted.find(kWholeService);
  for (const auto& [uid, eviction] : evicted) {
    const bool covered = uid != kWholeService && whole != evicted.end() &&
                         time_of(eviction) <= time_of(whole->second);
    if (!covered) *state.add_evictions() = eviction;
  }
  return state;
}

std::string full_name(const ServiceName& service) {
  return str_cat(service.first, "/", service.second);
}

v1::ServiceState stored_state(const EntryPtr& entry) {
  v1::ServiceState state;
  if (entry != nullptr && !state.ParseFromString(entry->bytes)) state.Clear();
  return state;
}

}  // namespace

ServiceName service_of(const v1::EvictSessionsRequest& request) {
  return {request.namespace_().empty() ? "default" : request.namespace_(), request.service()};
}

std::string describe_eviction(const v1::EvictSessionsRequest& request) {
  // What is longer names nothing, and must not be what is wrong with the message.
  const auto named = [](std::string_view text) { return text.substr(0, 253); };
  const ServiceName service = service_of(request);
  const std::string name = str_cat(named(service.first), "/", named(service.second));
  if (request.endpoint().empty()) return str_cat("sessions of ", name);
  return str_cat("sessions of endpoint ", named(request.endpoint()), " of ", name);
}

absl::StatusOr<Plan> plan_evict(const Snapshot& before, const SliceIndex& index,
                                const v1::EvictSessionsRequest& request) {
  Plan plan;
  if (request.service().empty()) {
    plan.violations.push_back({"service", "is required: whose sessions end"});
    return plan;
  }
  const ServiceName service = service_of(request);
  if (before.find({"Service", service.first, service.second}) == nullptr) {
    return absl::NotFoundError(str_cat("not found: Service ", full_name(service)));
  }
  const EntryKey key{std::string(kServiceStateKind), service.first, service.second};
  Eviction eviction;
  eviction.set_epoch(before.id().epoch.value());
  eviction.set_revision(before.id().revision + 1);

  Evicted evicted;
  if (request.endpoint().empty()) {
    evicted.emplace(kWholeService, eviction);
  } else {
    const auto endpoints =
        find_endpoints(endpoints_of(before, index, service), service, request.endpoint());
    if (!endpoints.ok()) return endpoints.status();
    add_later(stored_state(before.find(key)), evicted);
    for (const ServiceEndpoint& endpoint : *endpoints) {
      eviction.set_endpoint_uid(endpoint.uid);
      eviction.set_endpoint(endpoint.name);
      evicted.insert_or_assign(endpoint.uid, eviction);
      plan.results.push_back(result_of(endpoint.state, v1::ObjectResult::CONFIGURED));
    }
  }
  const v1::ServiceState state = to_state(evicted);
  if (state.evictions_size() - (evicted.contains(kWholeService) ? 1 : 0) > kMaxEndpointEvictions) {
    return absl::FailedPreconditionError(
        str_cat("sessions of ", kMaxEndpointEvictions, " endpoints of Service ",
                full_name(service), " were evicted one by one, and more are not kept; evict those ",
                "of the Service as a whole: leave the endpoint out"));
  }
  auto entry = std::make_shared<Entry>();
  entry->key = key;
  entry->revision = before.id().revision + 1;
  entry->bytes = serialize(state);
  plan.batch.upserts.push_back({std::move(entry), "", 0});
  return plan;
}

void tell_results(const std::vector<v1::ObjectResult>& results,
                  v1::EvictSessionsResponse& response) {
  std::vector<std::string_view> names;
  for (const v1::ObjectResult& result : results) {
    names.push_back(endpoint_of_state(result.key().name()));
  }
  response.set_endpoint(join(names, ", "));
}

v1::ServiceState merge_evictions(const v1::ServiceState& one, const v1::ServiceState& other) {
  Evicted evicted;
  add_later(one, evicted);
  add_later(other, evicted);
  return to_state(evicted);
}

}  // namespace limpet
