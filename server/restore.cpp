#include "server/restore.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "core/snapshot/wire.h"
#include "limpet/v1/state.pb.h"
#include "server/evict.h"

namespace limpet {
namespace {

// Created later than both, in the units that session tokens and nodes compare.
Epoch later_epoch(Epoch one, Epoch other, const ChangeContext& context) {
  const auto random = static_cast<uint32_t>(random_id(context));
  const Epoch now = Epoch::make(context.now_unix_ms, random);
  const uint64_t created = std::max(now.created(), std::max(one.created(), other.created()) + 1);
  return Epoch(created << 24 | (random & 0xFFFFFFU));
}

// 0: none seals.
uint32_t newest_sealing(const Snapshot& state) {
  uint32_t newest = 0;
  state.for_each(kStickyKeyKind, [&](const EntryPtr& entry) {
    v1::StickyKey key;
    if (key.ParseFromString(entry->bytes) && key.mints()) newest = std::max(newest, key.id());
  });
  return newest;
}

// The key, sealing if it is that one; it sealed last when either database says so (`other`: its
// entry in the other one, null where that has none). What cannot be read opens nothing; the dry
// run of the whole refuses it.
EntryPtr key_for(const Entry& known, const EntryPtr& other, uint32_t sealing, uint64_t revision) {
  v1::StickyKey key;
  const bool read = key.ParseFromString(known.bytes);
  v1::StickyKey there;
  if (other != nullptr && there.ParseFromString(other->bytes)) {
    key.set_minted_until_unix_ms(
        std::max(key.minted_until_unix_ms(), there.minted_until_unix_ms()));
  }
  auto entry = std::make_shared<Entry>();
  entry->key = known.key;
  entry->revision = revision;
  key.set_mints(key.id() == sealing);
  entry->bytes = read ? serialize(key) : known.bytes;
  return entry;
}

// Of the keys of both the newest that seals goes on, alone. Nodes that wait to be adopted have the
// live keys and no others: by a newer id they know that a token is ahead of them and leave it; one
// of an older key that they never had they would take for lost, and bind its session anew.
void plan_keys(const Snapshot& saved, const Snapshot& live, uint64_t revision, RestorePlan& plan) {
  const uint32_t sealing = std::max(newest_sealing(saved), newest_sealing(live));
  saved.for_each(kStickyKeyKind, [&](const EntryPtr& key) {
    EntryPtr next = key_for(*key, live.find(key->key), sealing, revision);
    if (next->bytes != key->bytes) plan.batch.upserts.push_back({std::move(next), "", 0});
  });
  live.for_each(kStickyKeyKind, [&](const EntryPtr& key) {
    if (saved.find(key->key) != nullptr) return;
    plan.batch.upserts.push_back({key_for(*key, nullptr, sealing, revision), "", 0});
    ++plan.kept_keys;
  });
}

// What either has ended is over. The epochs that evictions name are no later than their database's,
// and the restored state's is later than both: nothing that is bound from now on is over by them.
void plan_evictions(const Snapshot& saved, const Snapshot& live, uint64_t revision,
                    RestorePlan& plan) {
  live.for_each(kServiceStateKind, [&](const EntryPtr& entry) {
    v1::ServiceState state;
    if (!state.ParseFromString(entry->bytes)) return;
    const EntryPtr before = saved.find(entry->key);
    v1::ServiceState other;
    if (before != nullptr && !other.ParseFromString(before->bytes)) return;
    auto next = std::make_shared<Entry>();
    next->key = entry->key;
    next->revision = revision;
    next->bytes = serialize(merge_evictions(other, state));
    if (before != nullptr && before->bytes == next->bytes) return;
    plan.batch.upserts.push_back({std::move(next), "", 0});
  });
}

v1::EndpointState endpoint_state(const Entry& entry) {
  v1::EndpointState state;
  if (!state.ParseFromString(entry.bytes)) state.Clear();
  return state;
}

// The nodes have judged the endpoints since, and those that are not well are not by being restored.
// Of others the file's verdicts say how they were then: they are judged anew.
void plan_verdicts(const Snapshot& saved, const Snapshot& live, uint64_t revision,
                   RestorePlan& plan) {
  saved.for_each(kEndpointStateKind, [&](const EntryPtr& entry) {
    const EntryPtr now = live.find(entry->key);
    if (now != nullptr && now->bytes == entry->bytes) return;
    v1::EndpointState state = endpoint_state(*entry);
    const v1::EndpointState judged = now == nullptr ? v1::EndpointState() : endpoint_state(*now);
    state.clear_down();
    if (judged.uid() == state.uid()) *state.mutable_down() = judged.down();
    auto next = std::make_shared<Entry>();
    next->key = entry->key;
    next->revision = revision;
    next->bytes = serialize(state);
    if (next->bytes != entry->bytes) plan.batch.upserts.push_back({std::move(next), "", 0});
  });
}

}  // namespace

RestorePlan plan_restore(const Snapshot& saved, const Snapshot& live,
                         const ChangeContext& context) {
  RestorePlan plan;
  const uint64_t revision = std::max(saved.id().revision, live.id().revision) + 1;
  plan_keys(saved, live, revision, plan);
  plan_evictions(saved, live, revision, plan);
  plan_verdicts(saved, live, revision, plan);
  const Epoch epoch = later_epoch(saved.id().epoch, live.id().epoch, context);
  plan.state = saved.apply(delta_of(plan.batch), epoch, revision);
  return plan;
}

std::string restore_message(std::string_view words, const StateId& saved, const StateId& live) {
  return str_cat(words, words.empty() ? "" : "; ", "revision ", saved.revision, " of epoch ",
                 absl::Hex(saved.epoch.value()), " in the place of revision ", live.revision,
                 " of epoch ", absl::Hex(live.epoch.value()));
}

absl::Status database_replaced(const StateId& head) {
  return absl::AbortedError(
      str_cat("the server's database was replaced by a restored one, of epoch ",
              absl::Hex(head.epoch.value()), ", at revision ", head.revision,
              "; what was told before may not hold any more: read it anew"));
}

}  // namespace limpet
