#include "proxy/control/sync_state.h"

#include <utility>

#include "core/snapshot/wire.h"

namespace limpet {

void SyncState::accept(Snapshot next) {
  // A stream that began while `next` came to serve may be bringing the way from the state before.
  const bool outdated =
      arriving_ && arriving_->from.revision != 0 && arriving_->from != next.id();
  if (outdated) arriving_.reset();
  held_ = std::move(next);
  trusted_ = true;
}

StateId SyncState::resume() const {
  const StateId& id = held_.id();
  return trusted_ ? id : StateId{id.epoch, id.revision, Digest()};
}

SyncState::Update SyncState::on_delta(const v1::Delta& message) {
  Update update;
  update.problem = message.chunk() == 0 ? begin(message) : append(message);
  if (!update.problem.empty()) {
    arriving_.reset();
    update.kind = Update::Kind::kResync;
    return update;
  }
  return arriving_->next_chunk < arriving_->chunks ? update : finish();
}

// Returns the problem; empty if there is none.
std::string SyncState::begin(const v1::Delta& message) {
  const std::optional<StateId> from = from_proto(message.from());
  const std::optional<StateId> to = from_proto(message.to());
  if (!from || !to || to->revision == 0) return "a delta without a state to go to";
  if (message.chunks() == 0) return "a delta of no chunks";
  if (from->revision != 0 && *from != held_.id()) {
    return "a delta that begins at a state that this node does not hold";
  }
  arriving_.emplace();
  arriving_->from = *from;
  arriving_->to = *to;
  arriving_->chunks = message.chunks();
  arriving_->adopt = message.adopt();
  return append(message);
}

std::string SyncState::append(const v1::Delta& message) {
  const std::optional<StateId> to = from_proto(message.to());
  if (!arriving_ || !to || *to != arriving_->to || message.chunk() != arriving_->next_chunk ||
      message.chunks() != arriving_->chunks || message.adopt() != arriving_->adopt) {
    return "chunks of a delta out of order";
  }
  ++arriving_->next_chunk;
  static const Snapshot kNothing;
  const Snapshot& base = arriving_->from.revision == 0 ? kNothing : held_;
  for (const v1::Entry& entry : message.upserts()) {
    EntryPtr decoded = decode_entry(entry, base);
    if (decoded == nullptr) {
      distrust();
      return "a patch that does not fit what this node holds";
    }
    arriving_->delta.upserts.push_back(std::move(decoded));
  }
  for (const v1::EntryKey& key : message.removed()) {
    arriving_->delta.removed.push_back(from_proto(key));
  }
  return {};
}

SyncState::Update SyncState::finish() {
  Arriving arrived = std::move(*arriving_);
  arriving_.reset();
  Update update;
  update.full = arrived.from.revision == 0;
  const Snapshot base = update.full ? Snapshot() : held_;
  update.next = base.apply(arrived.delta, arrived.to.epoch, arrived.to.revision);
  update.delta = std::move(arrived.delta);
  if (update.next.id().digest != arrived.to.digest) {
    // Something was lost or altered on the way.
    distrust();
    update.kind = Update::Kind::kResync;
    update.problem = "the digest after the delta is not the server's";
    return update;
  }
  update.problem = refusal(update.next.id(), arrived.adopt);
  update.kind = update.problem.empty() ? Update::Kind::kActivate : Update::Kind::kReject;
  return update;
}

// Empty: the state may be taken.
std::string SyncState::refusal(const StateId& next, bool adopt) const {
  if (next.epoch < held_.id().epoch ||
      (next.epoch == held_.id().epoch && next.revision < held_.id().revision)) {
    return "the server's state is older than the one that this node serves";
  }
  if (held_.id().revision == 0 || next.epoch == held_.id().epoch || adopt) return {};
  return "the server's database is another one; let this node follow with: gwctl nodes adopt";
}

}  // namespace limpet
