#include "server/node_session.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/snapshot/wire.h"

namespace limpet {
namespace {

// Node ids are shown, logged and kept: printable, and as long as a host name may be.
bool is_node_id(const std::string& id) {
  constexpr size_t kMaxLength = 253;
  return !id.empty() && id.size() <= kMaxLength &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

NodeSession::Next NodeSession::on_hello(const v1::Hello& hello) {
  if (greeted_) return absl::InvalidArgumentError("a second Hello on one stream");
  if (!is_node_id(hello.node_id())) {
    return absl::InvalidArgumentError(
        "the node_id of a Hello must be 1 to 253 printable characters without spaces");
  }
  const std::optional<StateId> claimed = from_proto(hello.state());
  if (!claimed) return absl::InvalidArgumentError("Hello with a digest that is not 32 bytes");
  greeted_ = true;
  // Of another epoch, too old, ahead of us or not what it was here: everything is sent, and what
  // the node makes of an epoch that is not its own is the node's to decide.
  if (std::optional<Snapshot> known = publisher_.find(*claimed)) held_ = *std::move(known);
  return next();
}

NodeSession::Next NodeSession::on_ack(const v1::Ack& ack) {
  if (absl::Status s = require_hello(); !s.ok()) return s;
  const std::optional<StateId> state = from_proto(ack.state());
  if (!state) return absl::InvalidArgumentError("Ack with a digest that is not 32 bytes");
  if (in_flight_ && in_flight_->id() == *state) {
    held_ = *std::exchange(in_flight_, std::nullopt);
    rejected_ = 0;
    return next();
  }
  if (*state == held_.id()) return std::nullopt;  // said again
  if (in_flight_ && in_flight_->id().revision == state->revision) {
    return absl::DataLossError(
        str_cat("the node's state at revision ", state->revision, " has digest ",
                state->digest.to_hex(), ", not ", in_flight_->id().digest.to_hex()));
  }
  return absl::InvalidArgumentError(
      str_cat("Ack of revision ", state->revision, ", which is not in flight"));
}

NodeSession::Next NodeSession::on_nack(const v1::Nack& nack) {
  if (absl::Status s = require_hello(); !s.ok()) return s;
  if (in_flight_ && in_flight_->id().revision == nack.revision()) {
    in_flight_.reset();
    rejected_ = nack.revision();
    return next();
  }
  if (rejected_ != 0 && rejected_ == nack.revision()) return std::nullopt;  // said again
  return absl::InvalidArgumentError(
      str_cat("Nack of revision ", nack.revision(), ", which is not in flight"));
}

NodeSession::Next NodeSession::on_heartbeat() const {
  if (absl::Status s = require_hello(); !s.ok()) return s;
  return std::nullopt;
}

std::optional<NodeSession::Update> NodeSession::on_published() {
  return greeted_ ? next() : std::nullopt;
}

std::optional<NodeSession::Update> NodeSession::next() {
  if (in_flight_) return std::nullopt;
  Snapshot head = publisher_.head();
  const bool refused = rejected_ != 0 && head.id().revision <= rejected_;
  if (refused || head.id() == held_.id()) return std::nullopt;
  in_flight_ = head;
  return Update{held_, std::move(head)};
}

absl::Status NodeSession::require_hello() const {
  if (greeted_) return absl::OkStatus();
  return absl::FailedPreconditionError("the first message of a stream must be a Hello");
}

}  // namespace limpet
