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

absl::Status check_labels(const google::protobuf::Map<std::string, std::string>& labels) {
  constexpr size_t kMaxLabels = 64;
  constexpr size_t kMaxLength = 253;
  if (labels.size() > kMaxLabels) {
    return absl::InvalidArgumentError(str_cat("a node has at most ", kMaxLabels, " labels"));
  }
  for (const auto& [key, value] : labels) {
    if (key.empty() || key.size() > kMaxLength || value.size() > kMaxLength) {
      return absl::InvalidArgumentError(
          str_cat("a node's labels have keys of 1 to ", kMaxLength, " characters, and values of ",
                  "at most as many"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

NodeSession::Next NodeSession::on_hello(const v1::Hello& hello,
                                        std::shared_ptr<const StateSource> part) {
  if (greeted_) return absl::InvalidArgumentError("a second Hello on one stream");
  if (!is_node_id(hello.node_id())) {
    return absl::InvalidArgumentError(
        "the node_id of a Hello must be 1 to 253 printable characters without spaces");
  }
  const std::optional<StateId> claimed = from_proto(hello.state());
  if (!claimed) return absl::InvalidArgumentError("Hello with a digest that is not 32 bytes");
  constexpr size_t kMaxText = 253;
  if (hello.address().size() > kMaxText || hello.build().size() > kMaxText) {
    return absl::InvalidArgumentError(
        str_cat("the address and build of a Hello have at most ", kMaxText, " characters"));
  }
  if (absl::Status valid = check_labels(hello.labels()); !valid.ok()) return valid;
  greeted_ = true;
  part_ = std::move(part);
  const StateId head = source().head().id();
  if (std::optional<Snapshot> known = source().find(*claimed)) {
    active_ = *claimed;
    held_ = *std::move(known);
  } else if (claimed->revision != 0 && claimed->epoch != head.epoch) {
    active_ = *claimed;
  } else if (claimed->revision > head.revision) {
    active_ = *claimed;
    ahead_ = true;
  }
  // Else it is too old, or not what it was here: everything is sent.
  return next();
}

NodeSession::Next NodeSession::on_ack(const v1::Ack& ack) {
  if (absl::Status s = require_hello(); !s.ok()) return s;
  const std::optional<StateId> state = from_proto(ack.state());
  if (!state) return absl::InvalidArgumentError("Ack with a digest that is not 32 bytes");
  if (in_flight_ && in_flight_->id() == *state) {
    held_ = *std::exchange(in_flight_, std::nullopt);
    active_ = held_.id();
    ahead_ = adopting_ = false;
    rejected_ = 0;
    return next();
  }
  if (*state == held_.id()) return std::nullopt;  // said again
  // Not the Ack of another database's state of that number, which a node may still send that was
  // about to serve it when it came here.
  if (in_flight_ && in_flight_->id().epoch == state->epoch &&
      in_flight_->id().revision == state->revision) {
    return absl::DataLossError(str_cat("the node's state at revision ", state->revision,
                                       " has digest ", state->digest.to_hex(), ", not ",
                                       in_flight_->id().digest.to_hex()));
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

NodeSession::Next NodeSession::on_adopt() {
  if (absl::Status s = require_hello(); !s.ok()) return s;
  const StateId head = source().head().id();
  if (!is_foreign(head) || adopting_) return std::nullopt;
  // Sessions order what they know by (epoch, revision): no node goes back in that.
  if (ahead_ || active_.epoch > head.epoch) return absl::FailedPreconditionError(waits_for());
  adopting_ = true;
  return next();
}

std::optional<NodeSession::Update> NodeSession::next() {
  if (in_flight_) return std::nullopt;
  Snapshot head = source().head();
  const bool refused = rejected_ != 0 && head.id().revision <= rejected_;
  if (refused || head.id() == active_) return std::nullopt;
  const bool adopt = is_foreign(head.id());
  if (adopt && !adopting_) return std::nullopt;
  in_flight_ = head;
  return Update{held_, std::move(head), adopt};
}

bool NodeSession::is_foreign(const StateId& head) const {
  return ahead_ || (active_.revision != 0 && active_.epoch != head.epoch);
}

std::string NodeSession::waits_for() const {
  const StateId head = source().head().id();
  if (adopting_ || !is_foreign(head)) return {};
  const std::string serves =
      str_cat("serves revision ", active_.revision, " of epoch ", absl::Hex(active_.epoch.value()));
  constexpr char kNewEpoch[] =
      "; give the server's database a new epoch (gwctl snapshot save, then restore) first";
  if (ahead_) {
    return str_cat(serves, ", of which the server has only ", head.revision,
                   ": its database was replaced by an older copy", kNewEpoch);
  }
  if (active_.epoch > head.epoch) {
    return str_cat(serves, ", and the server's database is of an older one", kNewEpoch);
  }
  return str_cat(serves, ", and the server's database is another one; let it follow with: ",
                 "gwctl nodes adopt");
}

absl::Status NodeSession::require_hello() const {
  if (greeted_) return absl::OkStatus();
  return absl::FailedPreconditionError("the first message of a stream must be a Hello");
}

}  // namespace limpet
