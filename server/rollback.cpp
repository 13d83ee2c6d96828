// Users' objects as they were (plan_rollback of server/apply.h).
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "core/resource/kind.h"
#include "core/snapshot/wire.h"
#include "server/apply.h"
#include "server/dns_slices.h"
#include "server/endpoint_states.h"
#include "server/secrets.h"

namespace limpet {
namespace {

using google::protobuf::Message;

// The object of `past` to be stored on top of `current` (null: it is not there); nothing when it
// is there already, but for its generation.
std::optional<StoredObject> restored(const Entry& past, const EntryPtr& current,
                                     uint64_t revision, const ChangeContext& context,
                                     const SecretKeys* keys) {
  absl::StatusOr<v1::Resource> resource = parse_resource(past.key.kind, past.bytes);
  if (!resource.ok()) return std::nullopt;
  if (keys != nullptr && resource->has_secret()) {
    bring_seals_up_to_date(*keys, context.random, current, *resource->mutable_secret());
  }
  Message& object = *object_of(*resource);
  v1::ObjectMeta& metadata = mutable_metadata_of(object);
  const absl::StatusOr<v1::Resource> now =
      current == nullptr ? absl::NotFoundError("") : parse_resource(past.key.kind, current->bytes);
  if (now.ok()) {
    const Message& current_object = *object_of(*now);
    const bool same_content = content_of(object) == content_of(current_object);
    metadata.set_generation(metadata_of(current_object).generation() + (same_content ? 0 : 1));
  } else {
    // Whatever it was when it was deleted, nobody has seen it since.
    metadata.set_generation(metadata.generation() + 1);
  }
  auto entry = std::make_shared<Entry>();
  entry->key = past.key;
  entry->revision = revision;
  entry->bytes = serialize(object);
  if (current != nullptr && current->bytes == entry->bytes) return std::nullopt;
  return StoredObject{std::move(entry), metadata.uid(), metadata.generation()};
}

}  // namespace

Plan plan_rollback(const Snapshot& before, const SliceIndex& index, const Snapshot& target,
                   const ChangeContext& context, const SecretKeys* keys) {
  Plan plan;
  const uint64_t revision = before.id().revision + 1;
  const Delta way = Snapshot::diff(before, target);
  const auto remove = [&plan](const EntryKey& key) {
    plan.batch.removed.push_back(key);
    plan.results.push_back(result_of(key, v1::ObjectResult::DELETED));
  };
  for (const EntryPtr& past : way.upserts) {
    if (!is_user_kind(past->key.kind)) continue;
    const EntryPtr current = before.find(past->key);
    if (is_generated(current)) continue;
    if (is_generated(past)) {
      if (current != nullptr) remove(past->key);
      continue;
    }
    std::optional<StoredObject> object = restored(*past, current, revision, context, keys);
    if (!object) continue;
    plan.batch.upserts.push_back(*std::move(object));
    plan.results.push_back(result_of(past->key, current == nullptr
                                                    ? v1::ObjectResult::CREATED
                                                    : v1::ObjectResult::CONFIGURED));
  }
  for (const EntryKey& key : way.removed) {
    if (is_user_kind(key.kind) && !is_generated(before.find(key))) remove(key);
  }
  const auto by_key = [](const v1::ObjectResult& a, const v1::ObjectResult& b) {
    return from_proto(a.key()) < from_proto(b.key());
  };
  std::sort(plan.results.begin(), plan.results.end(), by_key);
  derive_dns_slices(before, context, plan.batch);
  derive_endpoint_states(before, index, revision, context, plan.batch);
  return plan;
}

}  // namespace limpet
