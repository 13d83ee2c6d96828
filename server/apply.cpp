#include "server/apply.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "limpet/v1/state.pb.h"
#include "server/dns_slices.h"
#include "server/endpoint_states.h"
#include "server/secrets.h"

namespace limpet {

using google::protobuf::Message;

namespace {

std::string at(std::string_view list, size_t index) { return str_cat(list, "[", index, "]"); }

// The resources of the request as they may be stored; every violation goes into `violations`.
class RequestReader {
 public:
  RequestReader(const Snapshot& before, const ChangeContext& context, const SecretKeys* keys,
                std::vector<Violation>& violations)
      : before_(before), context_(context), keys_(keys), violations_(violations) {}

  // Nothing when the resource holds no object at all.
  std::optional<v1::Resource> read(const v1::Resource& source, size_t index) {
    const std::string place = at("resources", index);
    if (object_of(source) == nullptr) {
      violations_.push_back({place, "holds no object of a kind that this server knows"});
      return std::nullopt;
    }
    v1::Resource resource = source;
    clear_server_owned(*object_of(resource));
    const EntryKey key = key_of(resource);
    std::vector<Violation> found = validate(resource);
    if (resource.has_secret() && keys_ == nullptr) {
      found.push_back({"", "is a Secret, and the server has no key to seal it with"});
    } else if (resource.has_secret() && found.empty()) {
      seal_secret(*keys_, context_.random, before_.find(key), *resource.mutable_secret(), found);
    }
    for (Violation& violation : found) {
      const bool of_field = !violation.field.empty();
      violations_.push_back({of_field ? str_cat(place, ".", violation.field) : place,
                             std::move(violation.message)});
    }
    if (resource.has_endpoint_slice()) {
      std::string problem =
          check_not_generated(before_.find(key), &resource.endpoint_slice().metadata());
      if (!problem.empty()) violations_.push_back({place, std::move(problem)});
    }
    const auto [first, added] = seen_.emplace(key, index);
    if (!added && !key.name.empty()) {
      violations_.push_back({str_cat(place, ".metadata.name"),
                             str_cat("is the same object as ", at("resources", first->second),
                                     " (", to_string(key), "); name it once")});
    }
    return resource;
  }

  bool contains(const EntryKey& key) const { return seen_.contains(key); }

 private:
  const Snapshot& before_;
  const ChangeContext& context_;
  const SecretKeys* const keys_;
  std::vector<Violation>& violations_;
  std::map<EntryKey, size_t> seen_;
};

// Names the first few: an error's text travels in a header.
absl::Status not_found(std::vector<std::string> missing) {
  constexpr size_t kMaxNamed = 20;
  const size_t more = missing.size() > kMaxNamed ? missing.size() - kMaxNamed : 0;
  missing.resize(missing.size() - more);
  return absl::NotFoundError(str_cat("not found: ", absl::StrJoin(missing, ", "),
                                     more == 0 ? "" : str_cat(" and ", more, " more")));
}

// The keys that a request has deleted so far, and what that does.
class Removals {
 public:
  Removals(const Snapshot& before, Batch& batch) : before_(before), batch_(batch) {}

  v1::ObjectResult::Outcome remove(const EntryKey& key) {
    if (before_.find(key) == nullptr) return v1::ObjectResult::NOT_FOUND;
    if (seen_.insert(key).second) batch_.removed.push_back(key);
    return v1::ObjectResult::DELETED;
  }
  bool contains(const EntryKey& key) const { return seen_.contains(key); }

 private:
  const Snapshot& before_;
  Batch& batch_;
  std::set<EntryKey> seen_;
};

using Labels = google::protobuf::Map<std::string, std::string>;

bool has_labels(const Entry& entry, const Labels& wanted) {
  const absl::StatusOr<v1::Resource> resource = parse_resource(entry.key.kind, entry.bytes);
  if (!resource.ok()) return false;
  const Labels& labels = metadata_of(*object_of(*resource)).labels();
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
    const auto found = labels.find(label.first);
    return found != labels.end() && found->second == label.second;
  });
}

// In the order of their keys, without those that are generated.
std::set<EntryKey> keys_with(const Snapshot& snapshot, const Labels& labels) {
  std::set<EntryKey> keys;
  for (const KindInfo& info : user_kinds()) {
    snapshot.for_each(info.kind, [&](const EntryPtr& entry) {
      if (has_labels(*entry, labels) && !is_generated(entry)) keys.insert(entry->key);
    });
  }
  return keys;
}

// The keys of `deletes`; one that is among the resources too, or is none, is a violation.
std::vector<EntryKey> read_deletes(const Snapshot& before, const v1::ApplyRequest& request,
                                   const RequestReader& reader,
                                   std::vector<Violation>& violations) {
  std::vector<EntryKey> keys;
  for (int i = 0; i < request.deletes_size(); ++i) {
    const std::string place = at("deletes", static_cast<size_t>(i));
    const absl::StatusOr<EntryKey> key = resolve_key(request.deletes(i));
    if (!key.ok()) {
      violations.push_back({place, str_cat(key.status().message())});
    } else if (reader.contains(*key)) {
      violations.push_back(
          {place, str_cat("is among the resources too (", to_string(*key), "); name it once")});
    } else if (auto problem = check_not_generated(before.find(*key)); !problem.empty()) {
      violations.push_back({place, std::move(problem)});
    } else {
      keys.push_back(*key);
    }
  }
  return keys;
}

void plan_removals(const Snapshot& before, const v1::ApplyRequest& request,
                   const std::vector<EntryKey>& deletes, const RequestReader& reader, Plan& plan) {
  Removals removals(before, plan.batch);
  for (const EntryKey& key : deletes) {
    plan.results.push_back(result_of(key, removals.remove(key)));
  }
  if (request.prune_labels().empty()) return;
  for (const EntryKey& key : keys_with(before, request.prune_labels())) {
    if (reader.contains(key) || removals.contains(key)) continue;
    plan.results.push_back(result_of(key, removals.remove(key)));
  }
}

}  // namespace

Stored make_stored(v1::Resource& resource, const EntryKey& key, const EntryPtr& old,
                   uint64_t revision, const ChangeContext& context) {
  Message& object = *object_of(resource);
  v1::ObjectMeta& metadata = mutable_metadata_of(object);
  metadata.set_namespace_(key.ns);
  v1::ObjectResult::Outcome outcome = v1::ObjectResult::CREATED;
  const absl::StatusOr<v1::Resource> previous =
      old == nullptr ? absl::NotFoundError("") : parse_resource(key.kind, old->bytes);
  if (previous.ok()) {
    // What was given once stays, so that equal input gives equal bytes.
    const Message& old_object = *object_of(*previous);
    const v1::ObjectMeta& old_metadata = metadata_of(old_object);
    const bool same_content = content_of(object) == content_of(old_object);
    metadata.set_uid(old_metadata.uid());
    metadata.set_creation_timestamp(old_metadata.creation_timestamp());
    metadata.set_generation(old_metadata.generation() + (same_content ? 0 : 1));
    outcome = v1::ObjectResult::CONFIGURED;
  } else {
    metadata.set_uid(random_uuid(context));
    metadata.set_creation_timestamp(rfc3339_utc(context.now_unix_ms));
    metadata.set_generation(1);
  }
  auto entry = std::make_shared<Entry>();
  entry->key = key;
  entry->revision = revision;
  entry->bytes = serialize(object);
  if (old != nullptr && old->bytes == entry->bytes) outcome = v1::ObjectResult::UNCHANGED;
  return Stored{{std::move(entry), metadata.uid(), metadata.generation()}, outcome};
}

v1::ObjectResult result_of(const EntryKey& key, v1::ObjectResult::Outcome outcome) {
  v1::ObjectResult result;
  v1::EntryKey& named = *result.mutable_key();
  named.set_kind(key.kind);
  named.set_namespace_(key.ns);
  named.set_name(key.name);
  result.set_outcome(outcome);
  return result;
}

std::string content_of(const Message& object) {
  const std::unique_ptr<Message> copy(object.New());
  copy->CopyFrom(object);
  for (const char* name : {"metadata", "api_version"}) {
    if (const auto* field = copy->GetDescriptor()->FindFieldByName(name)) {
      copy->GetReflection()->ClearField(copy.get(), field);
    }
  }
  return serialize(*copy);
}

absl::StatusOr<EntryKey> resolve_key(const v1::EntryKey& key) {
  const KindInfo* info = find_kind(key.kind());
  if (info == nullptr) return absl::InvalidArgumentError(str_cat("unknown kind ", key.kind()));
  if (key.name().empty()) return absl::InvalidArgumentError("a name is required");
  EntryKey resolved{key.kind(), key.namespace_(), key.name()};
  if (!info->namespaced) {
    resolved.ns.clear();
  } else if (resolved.ns.empty()) {
    resolved.ns = "default";
  }
  return resolved;
}

Plan plan_apply(const Snapshot& before, const SliceIndex& index, const v1::ApplyRequest& request,
                const ChangeContext& context, const SecretKeys* keys) {
  Plan plan;
  const auto count = static_cast<size_t>(request.resources_size());
  if (count + static_cast<size_t>(request.deletes_size()) > kMaxRequestObjects) {
    plan.violations.push_back(
        {"resources", str_cat("has more than ", kMaxRequestObjects, " objects")});
    return plan;
  }
  RequestReader reader(before, context, keys, plan.violations);
  std::vector<v1::Resource> readable;
  readable.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    auto resource = reader.read(request.resources(static_cast<int>(i)), i);
    if (resource) readable.push_back(*std::move(resource));
  }
  const std::vector<EntryKey> deletes = read_deletes(before, request, reader, plan.violations);
  if (!plan.violations.empty()) return plan;

  // Nothing can be refused from here on.
  const uint64_t revision = before.id().revision + 1;
  plan.resources = readable.size();
  for (v1::Resource& resource : readable) {
    const EntryKey key = key_of(resource);
    Stored stored = make_stored(resource, key, before.find(key), revision, context);
    plan.results.push_back(result_of(key, stored.outcome));
    if (stored.outcome != v1::ObjectResult::UNCHANGED) {
      plan.batch.upserts.push_back(std::move(stored.object));
    }
  }
  plan_removals(before, request, deletes, reader, plan);
  derive_dns_slices(before, context, plan.batch);
  derive_endpoint_states(before, index, revision, context, plan.batch);
  return plan;
}

absl::StatusOr<Plan> plan_delete(const Snapshot& before, const SliceIndex& index,
                                 const v1::DeleteRequest& request,
                                 const ChangeContext& context) {
  Plan plan;
  std::vector<std::string> missing;
  Removals removals(before, plan.batch);
  for (int i = 0; i < request.keys_size(); ++i) {
    const absl::StatusOr<EntryKey> key = resolve_key(request.keys(i));
    if (!key.ok()) {
      plan.violations.push_back(
          {at("keys", static_cast<size_t>(i)), str_cat(key.status().message())});
      continue;
    }
    if (std::string problem = check_not_generated(before.find(*key)); !problem.empty()) {
      plan.violations.push_back({at("keys", static_cast<size_t>(i)), std::move(problem)});
      continue;
    }
    plan.results.push_back(result_of(*key, removals.remove(*key)));
    if (plan.results.back().outcome() == v1::ObjectResult::NOT_FOUND) {
      missing.push_back(to_string(*key));
    }
  }
  if (!plan.violations.empty()) {
    plan.batch = {};
    plan.results.clear();
    return plan;
  }
  if (!missing.empty() && !request.ignore_not_found()) return not_found(std::move(missing));
  derive_dns_slices(before, context, plan.batch);
  derive_endpoint_states(before, index, before.id().revision + 1, context, plan.batch);
  return plan;
}

}  // namespace limpet
