#include "server/endpoint_states.h"

#include <map>
#include <set>

#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "limpet/v1/state.pb.h"

namespace limpet {
namespace {

// A slice's fate in the batch; null: removed.
using ChangedSlices = std::map<EntryKey, EntryPtr>;
// The endpoints of a Service by their EndpointState's name, with the endpoint's own ("": unnamed).
using Listed = std::map<std::string, std::string>;

ChangedSlices changed_slices(const Batch& batch) {
  ChangedSlices changed;
  for (const StoredObject& object : batch.upserts) {
    if (object.entry->key.kind == "EndpointSlice") changed[object.entry->key] = object.entry;
  }
  for (const EntryKey& key : batch.removed) {
    if (key.kind == "EndpointSlice") changed[key] = nullptr;
  }
  return changed;
}

// The Services that the changed slices belong to, or belonged to before.
std::set<ServiceName> touched_services(const Snapshot& before, const ChangedSlices& changed) {
  std::set<ServiceName> services;
  const auto note = [&](const EntryPtr& entry) {
    if (entry == nullptr) return;
    const v1::EndpointSlice slice = slice_of(*entry);
    if (!service_of(slice).empty()) services.emplace(entry->key.ns, service_of(slice));
  };
  for (const auto& [key, after] : changed) {
    note(before.find(key));
    note(after);
  }
  return services;
}

void list_endpoints(const EntryPtr& entry, std::string_view service, Listed& listed) {
  if (entry == nullptr) return;
  const v1::EndpointSlice slice = slice_of(*entry);
  if (service_of(slice) != service) return;
  for (const v1::Endpoint& endpoint : slice.endpoints()) {
    for (const v1::EndpointPort& port : slice.ports()) {
      std::string name = endpoint_state_name(service, endpoint, port.port());
      if (!name.empty()) listed.emplace(std::move(name), endpoint_name(endpoint));
    }
  }
}

struct Endpoints {
  Listed before;
  Listed after;
};

Endpoints endpoints_of(const ServiceName& service, const Snapshot& before,
                       const SliceIndex& index, const ChangedSlices& changed) {
  Endpoints endpoints;
  for (const std::string& name : index.slices_of(service)) {
    const EntryKey key{"EndpointSlice", service.first, name};
    const EntryPtr slice = before.find(key);
    list_endpoints(slice, service.second, endpoints.before);
    if (!changed.contains(key)) list_endpoints(slice, service.second, endpoints.after);
  }
  for (const auto& [key, after] : changed) {
    if (key.ns == service.first) list_endpoints(after, service.second, endpoints.after);
  }
  return endpoints;
}

StoredObject new_state(EntryKey key, uint64_t uid, uint64_t revision) {
  v1::EndpointState state;
  state.set_uid(uid);
  auto entry = std::make_shared<Entry>();
  entry->key = std::move(key);
  entry->revision = revision;
  entry->bytes = serialize(state);
  return StoredObject{std::move(entry), "", 0};
}

}  // namespace

void derive_endpoint_states(const Snapshot& before, const SliceIndex& index, uint64_t revision,
                            const ChangeContext& context, Batch& batch) {
  const ChangedSlices changed = changed_slices(batch);
  for (const ServiceName& service : touched_services(before, changed)) {
    const auto& [ns, service_name] = service;
    const Endpoints endpoints = endpoints_of(service, before, index, changed);
    for (const auto& [state, name] : endpoints.before) {
      if (endpoints.after.contains(state)) continue;
      batch.removed.push_back({std::string(kEndpointStateKind), ns, state});
    }
    for (const auto& [state, name] : endpoints.after) {
      EntryKey key{std::string(kEndpointStateKind), ns, state};
      if (before.find(key) != nullptr) continue;
      const uint64_t uid =
          name.empty() ? random_id(context) : named_endpoint_uid(ns, service_name, name);
      batch.upserts.push_back(new_state(std::move(key), uid, revision));
    }
  }
}

}  // namespace limpet
