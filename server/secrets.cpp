#include "server/secrets.h"

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <absl/strings/escaping.h>

#include "core/base/text.h"
#include "core/resource/condition.h"
#include "core/resource/secret.h"

namespace limpet {
namespace {

EntryKey secret_key(const v1::Secret& secret) {
  const v1::ObjectMeta& metadata = secret.metadata();
  return {std::string(kSecretKind),
          metadata.namespace_().empty() ? "default" : metadata.namespace_(), metadata.name()};
}

// What cannot be read has no values.
v1::Secret secret_of(const Entry& entry) {
  v1::Secret secret;
  if (!secret.ParseFromString(entry.bytes)) secret.Clear();
  return secret;
}

// To base64. False: one of them stays sealed.
bool open_values(const SecretKeys* keys, const EntryKey& key, v1::Secret& secret) {
  bool all = true;
  for (auto& [item, value] : *secret.mutable_data()) {
    absl::StatusOr<std::string> opened = absl::FailedPreconditionError("there are no keys");
    if (keys != nullptr) opened = keys->open({key, item}, value);
    if (opened.ok()) {
      value = absl::Base64Escape(*opened);
    } else {
      all = false;
    }
  }
  return all;
}

// The values as they were written, by item: base64 or the mask decoded, plain text over it.
struct Written {
  std::map<std::string, std::string> values;
  std::map<std::string, bool> kept;  // items that are masked
};

Written written_of(const v1::Secret& secret) {
  Written written;
  const auto put = [&](const std::string& item, std::string value, bool masked) {
    written.kept[item] = masked;
    written.values[item] = std::move(value);
  };
  for (const auto& [item, value] : secret.data()) {
    std::string decoded;
    if (value != kSecretMask) absl::Base64Unescape(value, &decoded);
    put(item, std::move(decoded), value == kSecretMask);
  }
  for (const auto& [item, value] : secret.string_data()) {
    put(item, value, value == kSecretMask);
  }
  return written;
}

// As it is to be stored: with the values that the mask keeps. What cannot be opened is not judged.
void check_tls(const SecretKeys& keys, const EntryKey& key, const v1::Secret& secret,
               std::vector<Violation>& violations) {
  v1::Secret opened = secret;
  open_values(&keys, key, opened);
  for (const ItemProblem& problem : check_known_items(opened)) {
    violations.push_back({item_field(problem.item), problem.message});
  }
}

bool same_values(const v1::Secret& one, const v1::Secret& other) {
  const std::map<std::string, std::string> a(one.data().begin(), one.data().end());
  const std::map<std::string, std::string> b(other.data().begin(), other.data().end());
  return a == b;
}

void check_update(const v1::Secret& old, const v1::Secret& secret,
                  std::vector<Violation>& violations) {
  if (old.type() != secret.type()) {
    violations.push_back({"type", str_cat("must stay ", old.type(),
                                          "; delete the Secret to make one of another type")});
  }
  if (!old.immutable()) return;
  if (!secret.immutable()) {
    violations.push_back({"immutable", "must stay true; delete the Secret to make a new one"});
  }
  if (!same_values(old, secret)) {
    violations.push_back({"data", "is immutable; delete the Secret to make a new one"});
  }
}

bool same_value(const SecretKeys* keys, const SecretPlace& place, const std::string& before,
                const std::string& after) {
  if (before == after) return true;
  if (keys == nullptr) return false;
  const auto one = keys->open(place, before);
  const auto other = keys->open(place, after);
  return one.ok() && other.ok() && *one == *other;
}

// The first value of it that cannot be opened, and why.
std::optional<std::string> unreadable_value(const SecretKeys* keys, const Entry& entry) {
  const v1::Secret secret = secret_of(entry);
  const std::map<std::string, std::string> sorted(secret.data().begin(), secret.data().end());
  for (const auto& [item, sealed] : sorted) {
    if (keys == nullptr)
      return str_cat(item_field(item),
                     " is sealed, and the server has no "
                     "--secrets-key-file");
    const absl::StatusOr<std::string> value = keys->open({entry.key, item}, sealed);
    if (!value.ok()) return str_cat(item_field(item), " ", std_view(value.status().message()));
  }
  return std::nullopt;
}

}  // namespace

bool has_secrets(const v1::ApplyRequest& request) {
  for (const v1::Resource& resource : request.resources()) {
    if (resource.has_secret()) return true;
  }
  return false;
}

v1::ApplyRequest with_fingerprints(const v1::ApplyRequest& request, const SecretKeys& keys) {
  v1::ApplyRequest copy = request;
  for (v1::Resource& resource : *copy.mutable_resources()) {
    if (!resource.has_secret()) continue;
    v1::Secret& secret = *resource.mutable_secret();
    const EntryKey key = secret_key(secret);
    for (auto* items : {secret.mutable_data(), secret.mutable_string_data()}) {
      for (auto& [item, value] : *items) value = keys.fingerprint({key, item}, value);
    }
    auto& annotations = *secret.mutable_metadata()->mutable_annotations();
    annotations.erase(std::string(kLastAppliedAnnotation));
  }
  return copy;
}

void seal_secret(const SecretKeys& keys, const FillRandom& fill_random, const EntryPtr& old,
                 v1::Secret& secret, std::vector<Violation>& violations) {
  const EntryKey key = secret_key(secret);
  const v1::Secret stored = old == nullptr ? v1::Secret() : secret_of(*old);
  const Written written = written_of(secret);
  secret.clear_string_data();
  secret.clear_data();
  secret.mutable_metadata()->mutable_annotations()->erase(std::string(kLastAppliedAnnotation));
  if (secret.type().empty()) secret.set_type("Opaque");
  const size_t violations_before = violations.size();
  for (const auto& [item, value] : written.values) {
    const auto found = stored.data().find(item);
    const bool is_stored = found != stored.data().end();
    const bool masked = written.kept.at(item);
    if (masked && !is_stored) {
      violations.push_back({item_field(item), str_cat(kSecretMask,
                                                      " keeps the stored value, and "
                                                      "there is none; give the value")});
      continue;
    }
    const SecretPlace place{key, item};
    bool keep = masked;
    if (!keep && is_stored) {
      const absl::StatusOr<std::string> now = keys.open(place, found->second);
      keep = now.ok() && *now == value;
    }
    (*secret.mutable_data())[item] = keep ? found->second : keys.seal(place, value, fill_random);
  }
  if (old != nullptr) check_update(stored, secret, violations);
  if (violations.size() == violations_before) check_tls(keys, key, secret, violations);
}

Plan plan_reseal(const Snapshot& before, const SecretKeys& keys, const FillRandom& fill_random,
                 const SecretKeys* keys_before) {
  Plan plan;
  before.for_each(kSecretKind, [&](const EntryPtr& entry) {
    v1::Secret secret = secret_of(*entry);
    bool changed = false;
    for (auto& [item, sealed] : *secret.mutable_data()) {
      const bool was_open = keys_before == nullptr || keys_before->has_key_of(sealed);
      if (keys.is_newest(sealed) && was_open) continue;
      const absl::StatusOr<std::string> value = keys.open({entry->key, item}, sealed);
      if (!value.ok()) continue;
      sealed = keys.seal({entry->key, item}, *value, fill_random);
      changed = true;
    }
    if (!changed) return;
    auto next = std::make_shared<Entry>();
    next->key = entry->key;
    next->revision = before.id().revision + 1;
    next->bytes = serialize(secret);
    plan.results.push_back(result_of(next->key, v1::ObjectResult::CONFIGURED));
    plan.batch.upserts.push_back(
        {std::move(next), secret.metadata().uid(), secret.metadata().generation()});
  });
  return plan;
}

void bring_seals_up_to_date(const SecretKeys& keys, const FillRandom& fill_random,
                            const EntryPtr& current, v1::Secret& past) {
  const EntryKey key = secret_key(past);
  const v1::Secret now = current == nullptr ? v1::Secret() : secret_of(*current);
  for (auto& [item, sealed] : *past.mutable_data()) {
    const SecretPlace place{key, item};
    const auto found = now.data().find(item);
    if (found != now.data().end() && same_value(&keys, place, found->second, sealed)) {
      sealed = found->second;
    } else if (!keys.is_newest(sealed)) {
      const absl::StatusOr<std::string> value = keys.open(place, sealed);
      if (value.ok()) sealed = keys.seal(place, *value, fill_random);
    }
  }
}

void mask_difference(const SecretKeys* keys, v1::Secret& before, v1::Secret& after) {
  std::vector<std::string> changed;
  const EntryKey key = secret_key(before);
  for (const auto& [item, sealed] : before.data()) {
    const auto other = after.data().find(item);
    if (other == after.data().end()) continue;
    if (!same_value(keys, {key, item}, sealed, other->second)) changed.push_back(item);
  }
  mask_values(before);
  mask_values(after);
  for (const std::string& item : changed) {
    (*before.mutable_data())[item] = std::string(kMaskBefore);
    (*after.mutable_data())[item] = std::string(kMaskAfter);
  }
}

bool same_secrets(const SecretKeys* keys, const v1::Secret& before, const v1::Secret& after) {
  v1::Secret one = before;
  v1::Secret other = after;
  mask_difference(keys, one, other);
  clear_server_owned(one);
  clear_server_owned(other);
  return serialize(one) == serialize(other);
}

v1::Secret opened_secret(const SecretKeys* keys, const Entry& entry) {
  v1::Secret secret = secret_of(entry);
  open_values(keys, entry.key, secret);
  return secret;
}

EntryPtr open_for_nodes(const SecretKeys* keys, const Entry& entry, SecretItems items) {
  v1::Secret secret = secret_with(secret_of(entry), items);
  if (!open_values(keys, entry.key, secret)) return nullptr;
  auto opened = std::make_shared<Entry>();
  opened->key = entry.key;
  opened->revision = entry.revision;
  opened->bytes = serialize(secret);
  return opened->bytes.size() > kMaxObjectBytes ? nullptr : opened;
}

void tell_readable(const SecretKeys* keys, const Entry& entry, v1::Secret& secret) {
  const std::optional<std::string> problem = unreadable_value(keys, entry);
  const Verdict verdict =
      problem ? Verdict{kFalse, "KeyMissing", *problem} : Verdict{kTrue, "Readable", ""};
  set_condition(*secret.mutable_status()->add_conditions(), "Readable",
                secret.metadata().generation(), verdict);
}

std::string unreadable_text(const SecretKeys* keys, const Snapshot& state) {
  size_t count = 0;
  std::string first;
  state.for_each(kSecretKind, [&](const EntryPtr& entry) {
    const std::optional<std::string> problem = unreadable_value(keys, *entry);
    if (problem && ++count == 1) first = str_cat(to_string(entry->key), ": ", *problem);
  });
  if (count == 0) return {};
  return str_cat(count, count == 1 ? " Secret" : " Secrets",
                 " cannot be opened; give the key that sealed them in --secrets-key-file (nothing "
                 "is lost meanwhile); the first is ",
                 first);
}

}  // namespace limpet
