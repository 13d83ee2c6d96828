#include "server/key_rotation.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>

#include "server/context.h"
#include "server/look_later.h"

namespace limpet {

namespace asio = boost::asio;

KeyRotation::KeyRotation(Parts parts, Times times)
    : parts_(parts), times_(times), timer_(parts.io) {}

std::shared_ptr<KeyRotation> KeyRotation::start(Parts parts, Times times) {
  std::shared_ptr<KeyRotation> self(new KeyRotation(parts, times));
  const auto tell =
      look_later<KeyRotation>(parts.io, self, [](KeyRotation& alive) { alive.look(); });
  self->subscriptions_.push_back(parts.publisher.published().subscribe(tell));
  self->subscriptions_.push_back(parts.registry.changed().subscribe(tell));
  self->subscriptions_.push_back(parts.registry.kept_changed().subscribe(tell));
  tell();
  return self;
}

void KeyRotation::look() {
  const Snapshot head = parts_.publisher.head();
  look_for_late_nodes(head);
  if (stepping_) {
    again_ = true;
    return;
  }
  const bool settled = unix_ms_now() >= times_.settled_unix_ms;
  if (!began_.empty() || (settled && awaits_nodes(head))) return step();
  wait(head, 0);
}

// Those that serve a state in which an older key mints, or came with one.
bool KeyRotation::look_for_late_nodes(const Snapshot& head) {
  bool stays = false;
  const NodeRegistry::Places nodes = parts_.registry.places();
  for (const NodeRegistry::Place& node : nodes.nodes) {
    if (!node.connected) continue;
    stays |= mints_with_older(head, node.active);
    const bool is_news = node.first_version > nodes_version_;
    if (!is_news || !mints_with_older(head, node.first)) continue;
    if (began_.size() < kMaxBegan) began_.push_back(node.first);
  }
  nodes_version_ = nodes.version;
  return stays;
}

// For what needs no news but time; at least so long.
void KeyRotation::wait(const Snapshot& head, int64_t least_ms) {
  const int64_t now = unix_ms_now();
  const int64_t settled = times_.settled_unix_ms;
  std::optional<int64_t> next = next_key_step_unix_ms(head, times_.rotate_after_ms, now);
  if (now < settled && awaits_nodes(head)) next = std::min(next.value_or(settled), settled);
  if (look_for_late_nodes(head)) {
    const int64_t again = now + kMintedStepMs;
    next = std::min(next.value_or(again), again);
  }
  if (next) {
    wake_at(std::max(*next, now + least_ms));
  } else {
    timer_.cancel();
  }
}

void KeyRotation::wake_at(int64_t unix_ms) {
  using Time = asio::system_timer::time_point;
  timer_.expires_at(Time(std::chrono::milliseconds(unix_ms)));
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
    if (cancelled) return;
    if (const auto alive = weak.lock(); alive != nullptr && !alive->stepping_) alive->step();
  });
}

void KeyRotation::step() {
  timer_.cancel();
  KeyFacts facts;
  facts.began = std::exchange(began_, {});
  facts.rotate_after_ms = times_.rotate_after_ms;
  facts.settled = unix_ms_now() >= times_.settled_unix_ms;
  stepping_ = parts_.worker.post([&registry = parts_.registry, &applier = parts_.applier,
                                  &io = parts_.io, weak = weak_from_this(), facts]() mutable {
    facts.nodes = registry.places();  // those of now: one may have come meanwhile
    const Applier::Outcome outcome = applier.step_keys(facts, make_change_context());
    asio::post(io, [weak, status = outcome.status, began = std::move(facts.began)] {
      if (const auto alive = weak.lock()) alive->stepped(status, began);
    });
  });
  if (stepping_) return;
  began_ = std::move(facts.began);
  wake_at(unix_ms_now() + kRetryMs);
}

void KeyRotation::stepped(const absl::Status& status, const std::vector<StateId>& began) {
  stepping_ = false;
  if (!status.ok()) {
    spdlog::error("a step of the session keys is not stored, it is tried again: {}",
                  status.ToString());
    began_.insert(began_.end(), began.begin(), began.end());
    return wake_at(unix_ms_now() + kRetryMs);
  }
  if (std::exchange(again_, false)) return look();
  // A step that is due and not made, as the state does not compile, is none to hurry for.
  wait(parts_.publisher.head(), kRetryMs);
}

}  // namespace limpet
