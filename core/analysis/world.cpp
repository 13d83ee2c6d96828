#include "core/analysis/world.h"

#include <map>
#include <utility>

#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "core/resource/object.h"
#include "core/routing/status.h"
#include "limpet/v1/state.pb.h"

namespace limpet {
namespace {

using Entries = std::map<EntryKey, EntryPtr>;

void put(Entries& entries, EntryKey key, std::string bytes) {
  auto entry = std::make_shared<Entry>();
  entry->key = key;
  entry->bytes = std::move(bytes);
  entries[std::move(key)] = std::move(entry);
}

void put_identities(Entries& entries, const v1::EndpointSlice& slice) {
  const std::string& ns = slice.metadata().namespace_();
  const std::string_view service = service_of(slice);
  for (const v1::Endpoint& endpoint : slice.endpoints()) {
    for (const v1::EndpointPort& port : slice.ports()) {
      const std::string name = endpoint_state_name(service, endpoint, port.port());
      if (name.empty()) continue;
      v1::EndpointState state;
      state.set_uid(named_endpoint_uid(ns, service, name));
      put(entries, {std::string(kEndpointStateKind), ns, name}, serialize(state));
    }
  }
}

void clear_status(google::protobuf::Message& object) {
  const auto* field = object.GetDescriptor()->FindFieldByName("status");
  if (field != nullptr) object.GetReflection()->ClearField(&object, field);
}

}  // namespace

World make_world(std::span<const v1::Resource> objects, int64_t now_unix_s) {
  std::map<EntryKey, v1::Resource> by_key;
  for (const v1::Resource& object : objects) {
    const EntryKey key = key_of(object);
    v1::Resource& kept = by_key[key] = object;
    google::protobuf::Message& message = *object_of(kept);
    if (!kept.has_secret()) clear_status(message);
    mutable_metadata_of(message).set_namespace_(key.ns);
  }
  Entries entries;
  World world;
  for (auto& [key, object] : by_key) {
    v1::Resource stored = object;
    clear_status(*object_of(stored));
    put(entries, key, serialize(*object_of(stored)));
    if (object.has_endpoint_slice()) put_identities(entries, object.endpoint_slice());
    world.objects.push_back(std::move(object));
  }
  Delta delta;
  for (const auto& [key, entry] : entries) delta.upserts.push_back(entry);
  CompileResult compiled = compile(Snapshot().apply(delta, Epoch(), 1), nullptr);
  world.table = std::move(compiled.table);
  world.errors = std::move(compiled.errors);
  if (world.table == nullptr) return world;
  StatusSources sources = sources_of(*world.table);
  sources.now_unix_s = now_unix_s;
  for (v1::Resource& object : world.objects) set_status(*world.table, sources, object);
  return world;
}

}  // namespace limpet
