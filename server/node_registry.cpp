#include "server/node_registry.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/snapshot/wire.h"

namespace limpet {

absl::StatusOr<NodeRegistry::Ticket> NodeRegistry::connect(const v1::Hello& hello,
                                                           const std::string& peer, End end,
                                                           int64_t now_unix_ms) {
  End replaced;
  Ticket ticket{hello.node_id(), 0};
  {
    const std::lock_guard lock(mutex_);
    if (!nodes_.contains(hello.node_id()) && nodes_.size() >= kMaxNodes && !make_room()) {
      return absl::ResourceExhaustedError(str_cat(kMaxNodes, " nodes are connected already"));
    }
    Node& node = nodes_[hello.node_id()];
    replaced = std::exchange(node.end, std::move(end));
    node.stream = ticket.stream = ++last_stream_;
    node.active = StateId();
    node.status.Clear();
    node.status.set_node_id(hello.node_id());
    node.status.set_connected(true);
    node.status.set_peer(peer);
    node.status.set_address(hello.address());
    node.status.set_build(hello.build());
    node.status.set_last_seen_unix_ms(now_unix_ms);
    node.status.set_connected_since_unix_ms(now_unix_ms);
  }
  if (replaced) {
    replaced(absl::AbortedError(str_cat("another stream of node ", hello.node_id(), " from ",
                                        peer, " has taken this one's place")));
  }
  changed_.notify();
  return ticket;
}

void NodeRegistry::active(const Ticket& ticket, const StateId& state, int64_t apply_micros,
                          int64_t now_unix_ms) {
  {
    const std::lock_guard lock(mutex_);
    Node* node = find(ticket);
    if (node == nullptr) return;
    node->active = state;
    *node->status.mutable_active() = to_proto(state);
    node->status.set_apply_micros(apply_micros);
    node->status.set_rejected_revision(0);
    node->status.clear_rejected_reasons();
    node->status.set_last_seen_unix_ms(now_unix_ms);
  }
  changed_.notify();
}

void NodeRegistry::rejected(const Ticket& ticket, const v1::Nack& nack, int64_t now_unix_ms) {
  {
    const std::lock_guard lock(mutex_);
    Node* node = find(ticket);
    if (node == nullptr) return;
    node->status.set_rejected_revision(nack.revision());
    node->status.clear_rejected_reasons();
    const int kept = std::min(nack.reasons_size(), static_cast<int>(kMaxReasons));
    for (int i = 0; i < kept; ++i) *node->status.add_rejected_reasons() = nack.reasons(i);
    node->status.set_last_seen_unix_ms(now_unix_ms);
  }
  changed_.notify();
}

void NodeRegistry::reported(const Ticket& ticket, const v1::Report& report,
                            int64_t now_unix_ms) {
  const std::lock_guard lock(mutex_);
  Node* node = find(ticket);
  if (node == nullptr) return;
  *node->status.mutable_report() = report;
  node->status.set_last_seen_unix_ms(now_unix_ms);
}

void NodeRegistry::seen(const Ticket& ticket, int64_t now_unix_ms) {
  const std::lock_guard lock(mutex_);
  if (Node* node = find(ticket)) node->status.set_last_seen_unix_ms(now_unix_ms);
}

void NodeRegistry::disconnected(const Ticket& ticket, int64_t now_unix_ms) {
  End ended;  // owns the stream's memory, perhaps: let go outside of the lock
  {
    const std::lock_guard lock(mutex_);
    Node* node = find(ticket);
    if (node == nullptr) return;
    node->stream = 0;
    ended = std::exchange(node->end, nullptr);
    node->status.set_connected(false);
    node->status.set_last_seen_unix_ms(now_unix_ms);
  }
  changed_.notify();
}

std::vector<v1::NodeStatus> NodeRegistry::list(int64_t now_unix_ms) const {
  const std::lock_guard lock(mutex_);
  std::vector<v1::NodeStatus> nodes;
  nodes.reserve(nodes_.size());
  for (const auto& [id, node] : nodes_) {
    v1::NodeStatus& status = nodes.emplace_back(node.status);
    status.set_stale(status.connected() &&
                     now_unix_ms - status.last_seen_unix_ms() > kStaleMs);
  }
  return nodes;
}

v1::WaitActiveResponse NodeRegistry::progress(Epoch epoch, uint64_t revision) const {
  const std::lock_guard lock(mutex_);
  v1::WaitActiveResponse progress;
  progress.set_revision(revision);
  uint32_t connected = 0;
  uint32_t active = 0;
  for (const auto& [id, node] : nodes_) {
    if (node.stream == 0) continue;
    ++connected;
    if (node.active.epoch == epoch && node.active.revision >= revision) {
      ++active;
      continue;
    }
    progress.add_pending(id);
    if (node.status.rejected_revision() >= revision && revision != 0) {
      *progress.add_rejected() = node.status;
    }
  }
  progress.set_connected(connected);
  progress.set_active(active);
  progress.set_done(active == connected);
  return progress;
}

NodeRegistry::Node* NodeRegistry::find(const Ticket& ticket) {
  const auto found = nodes_.find(ticket.node_id);
  const bool ours = found != nodes_.end() && ticket.stream != 0 &&
                    found->second.stream == ticket.stream;
  return ours ? &found->second : nullptr;
}

bool NodeRegistry::make_room() {
  auto oldest = nodes_.end();
  for (auto node = nodes_.begin(); node != nodes_.end(); ++node) {
    if (node->second.stream != 0) continue;
    if (oldest == nodes_.end() || node->second.status.last_seen_unix_ms() <
                                      oldest->second.status.last_seen_unix_ms()) {
      oldest = node;
    }
  }
  if (oldest == nodes_.end()) return false;
  nodes_.erase(oldest);
  return true;
}

}  // namespace limpet
