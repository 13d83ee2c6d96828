#include "server/restore.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "core/snapshot/wire.h"
#include "limpet/v1/state.pb.h"

namespace limpet {
namespace {

// Created later than both, in the units that session tokens and nodes compare.
Epoch later_epoch(Epoch one, Epoch other, const ChangeContext& context) {
  const auto random = static_cast<uint32_t>(random_id(context));
  const Epoch now = Epoch::make(context.now_unix_ms, random);
  const uint64_t created = std::max(now.created(), std::max(one.created(), other.created()) + 1);
  return Epoch(created << 24 | (random & 0xFFFFFFU));
}

EntryPtr kept_key(const Entry& live, bool seals, uint64_t revision) {
  v1::StickyKey key;
  // What cannot be read opens nothing; the dry run of the whole refuses it.
  const bool read = key.ParseFromString(live.bytes);
  auto entry = std::make_shared<Entry>();
  entry->key = live.key;
  entry->revision = revision;
  key.set_mints(key.mints() && seals);
  entry->bytes = read ? serialize(key) : live.bytes;
  return entry;
}

}  // namespace

RestorePlan plan_restore(const Snapshot& saved, const Snapshot& live,
                         const ChangeContext& context) {
  RestorePlan plan;
  const uint64_t revision = std::max(saved.id().revision, live.id().revision) + 1;
  // A file without any key is that of a server that never ran: then ours go on as they are.
  const bool seals = saved.size(kStickyKeyKind) == 0;
  live.for_each(kStickyKeyKind, [&](const EntryPtr& key) {
    if (saved.find(key->key) != nullptr) return;
    plan.batch.upserts.push_back({kept_key(*key, seals, revision), "", 0});
    ++plan.kept_keys;
  });
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
