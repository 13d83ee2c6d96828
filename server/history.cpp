#include "server/history.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "core/resource/secret.h"
#include "core/snapshot/wire.h"
#include "server/apply.h"
#include "server/dns_slices.h"
#include "server/secrets.h"

namespace limpet {
namespace {

size_t listed(uint32_t asked) {
  return std::min(asked == 0 ? kDefaultListed : asked, kMaxListed);
}

v1::ObjectResult::Outcome outcome_of(RevisionRecord::Change change) {
  switch (change) {
    case RevisionRecord::Change::kCreated:
      return v1::ObjectResult::CREATED;
    case RevisionRecord::Change::kConfigured:
      return v1::ObjectResult::CONFIGURED;
    case RevisionRecord::Change::kRemoved:
      return v1::ObjectResult::DELETED;
  }
  return v1::ObjectResult::OUTCOME_UNSPECIFIED;
}

void tell(const AuditRecord& audit, auto& message) {
  message.set_unix_ms(audit.unix_ms);
  message.set_actor(audit.actor);
  message.set_peer(audit.peer);
  message.set_action(audit.action);
  message.set_message(audit.message);
}

// Whether users would see a difference: not in what the server fills in.
absl::StatusOr<bool> same_to_users(const Entry& before, const Entry& after,
                                   const SecretKeys* keys) {
  absl::StatusOr<v1::Resource> one = parse_resource(before.key.kind, before.bytes);
  if (!one.ok()) return one.status();
  absl::StatusOr<v1::Resource> other = parse_resource(after.key.kind, after.bytes);
  if (!other.ok()) return other.status();
  if (one->has_secret()) return same_secrets(keys, one->secret(), other->secret());
  clear_server_owned(*object_of(*one));
  clear_server_owned(*object_of(*other));
  return serialize(*one) == serialize(*other);
}

// In a change whose sides are masked already.
void tell_changed_values(const Entry& before, const Entry& after, const SecretKeys* keys,
                         v1::DiffResponse::Change& change) {
  v1::Secret one;
  v1::Secret other;
  if (!one.ParseFromString(before.bytes) || !other.ParseFromString(after.bytes)) return;
  mask_difference(keys, one, other);
  *change.mutable_before()->mutable_secret()->mutable_data() = one.data();
  *change.mutable_after()->mutable_secret()->mutable_data() = other.data();
}

}  // namespace

absl::StatusOr<v1::Resource> resource_of(const Entry& entry) {
  absl::StatusOr<v1::Resource> resource = parse_resource(entry.key.kind, entry.bytes);
  if (!resource.ok()) return resource;
  if (resource->has_secret()) mask_values(*resource->mutable_secret());
  mutable_metadata_of(*object_of(*resource)).set_resource_version(str_cat(entry.revision));
  return resource;
}

absl::StatusOr<v1::ListRevisionsResponse> list_revisions(
    Store& store, const v1::ListRevisionsRequest& request) {
  RevisionQuery query{listed(request.limit()), request.before()};
  if (request.has_object()) {
    absl::StatusOr<EntryKey> object = resolve_key(request.object());
    if (!object.ok()) return object.status();
    query.object = *std::move(object);
  }
  const absl::StatusOr<uint64_t> oldest = store.oldest_revision();
  if (!oldest.ok()) return oldest.status();
  const auto records = store.revisions(query);
  if (!records.ok()) return records.status();
  v1::ListRevisionsResponse response;
  // The empty state is the past of all, and nobody's revision.
  response.set_oldest(std::max<uint64_t>(*oldest, 1));
  for (const RevisionRecord& record : *records) {
    v1::Revision& revision = *response.add_revisions();
    revision.set_revision(record.revision);
    tell(record.audit, revision);
    for (const auto& [key, change] : record.changes) {
      if (is_user_kind(key.kind)) *revision.add_changes() = result_of(key, outcome_of(change));
    }
  }
  return response;
}

absl::StatusOr<v1::ListAuditResponse> list_audit(Store& store,
                                                 const v1::ListAuditRequest& request) {
  const auto records = store.audit(listed(request.limit()), request.before_id());
  if (!records.ok()) return records.status();
  v1::ListAuditResponse response;
  for (const StoredAudit& stored : *records) {
    v1::ListAuditResponse::Record& record = *response.add_records();
    record.set_id(stored.id);
    record.set_revision(stored.revision);
    tell(stored.record, record);
  }
  return response;
}

absl::StatusOr<v1::DiffResponse> diff_of(const Snapshot& from, const Snapshot& to,
                                         const SecretKeys* keys) {
  const Delta way = Snapshot::diff(from, to);
  std::map<EntryKey, EntryPtr> changed;  // null: deleted
  for (const EntryPtr& entry : way.upserts) changed.emplace(entry->key, entry);
  for (const EntryKey& key : way.removed) changed.emplace(key, nullptr);

  v1::DiffResponse response;
  response.set_from(from.id().revision);
  response.set_to(to.id().revision);
  // What is generated is state, as if it were not there.
  const auto users = [](EntryPtr entry) { return is_generated(entry) ? nullptr : entry; };
  for (const auto& [key, now] : changed) {
    if (!is_user_kind(key.kind)) continue;
    const EntryPtr before = users(from.find(key));
    const EntryPtr after = users(now);
    if (before == nullptr && after == nullptr) continue;
    if (before != nullptr && after != nullptr) {
      const absl::StatusOr<bool> same = same_to_users(*before, *after, keys);
      if (!same.ok()) return same.status();
      if (*same) continue;
    }
    v1::DiffResponse::Change& change = *response.add_changes();
    *change.mutable_key() = to_proto(key);
    const auto put = [](const EntryPtr& entry, v1::Resource& place) {
      absl::StatusOr<v1::Resource> resource = resource_of(*entry);
      if (resource.ok()) place = *std::move(resource);
      return resource.status();
    };
    if (before != nullptr) {
      if (absl::Status s = put(before, *change.mutable_before()); !s.ok()) return s;
    }
    if (after == nullptr) continue;
    if (absl::Status s = put(after, *change.mutable_after()); !s.ok()) return s;
    if (before != nullptr && key.kind == kSecretKind) {
      tell_changed_values(*before, *after, keys, change);
    }
  }
  return response;
}

}  // namespace limpet
