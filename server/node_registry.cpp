#include "server/node_registry.h"

#include <algorithm>
#include <set>
#include <utility>

#include <absl/strings/str_join.h>

#include "core/base/text.h"
#include "core/snapshot/wire.h"

namespace limpet {
namespace {

bool is_stale(const v1::NodeStatus& status, int64_t now_unix_ms) {
  return status.connected() &&
         now_unix_ms - status.last_seen_unix_ms() > NodeRegistry::kStaleMs;
}

}  // namespace

absl::StatusOr<NodeRegistry::Ticket> NodeRegistry::connect(const v1::Hello& hello,
                                                           const std::string& peer, Stream stream,
                                                           int64_t now_unix_ms) {
  Stream replaced;
  Ticket ticket{hello.node_id(), 0};
  {
    const std::lock_guard lock(mutex_);
    if (!nodes_.contains(hello.node_id()) && nodes_.size() >= kMaxNodes && !make_room()) {
      return absl::ResourceExhaustedError(str_cat(kMaxNodes, " nodes are connected already"));
    }
    Node& node = nodes_[hello.node_id()];
    replaced = std::exchange(node.stream, std::move(stream));
    node.stream_number = ticket.stream = ++last_stream_;
    let_findings_grow_old(hello.node_id(), node, now_unix_ms);
    node.active = node.first = node.kept = StateId();
    node.status.Clear();
    node.status.set_node_id(hello.node_id());
    node.status.set_connected(true);
    node.status.set_peer(peer);
    node.status.set_address(hello.address());
    node.status.set_build(hello.build());
    *node.status.mutable_gateways() = hello.gateways();
    *node.status.mutable_labels() = hello.labels();
    node.status.set_connected_since_unix_ms(now_unix_ms);
    hear(node, now_unix_ms);
    touch(node);
  }
  if (replaced.end) {
    replaced.end(absl::AbortedError(str_cat("another stream of node ", hello.node_id(), " from ",
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
    node->status.set_held(false);
    node->status.set_rejected_revision(0);
    node->status.clear_rejected_reasons();
    hear(*node, now_unix_ms);
    touch(*node);
    if (node->first.revision == 0) {
      node->first = state;
      node->first_version = node->version;
    }
  }
  changed_.notify();
}

void NodeRegistry::rejected(const Ticket& ticket, const v1::Nack& nack, int64_t now_unix_ms) {
  {
    const std::lock_guard lock(mutex_);
    Node* node = find(ticket);
    if (node == nullptr) return;
    node->status.set_held(false);
    node->status.set_rejected_revision(nack.revision());
    node->status.clear_rejected_reasons();
    const int kept = std::min(nack.reasons_size(), static_cast<int>(kMaxReasons));
    for (int i = 0; i < kept; ++i) *node->status.add_rejected_reasons() = nack.reasons(i);
    hear(*node, now_unix_ms);
    touch(*node);
  }
  changed_.notify();
}

void NodeRegistry::held(const Ticket& ticket, const StateId& active, const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    Node* node = find(ticket);
    if (node == nullptr || node->active != active) return;
    node->status.set_held(true);
    node->status.set_rejected_revision(0);
    node->status.clear_rejected_reasons();
    node->status.add_rejected_reasons()->set_message(reason);
    touch(*node);
  }
  changed_.notify();
}

absl::StatusOr<std::vector<std::string>> NodeRegistry::adopt(const v1::AdoptNodesRequest& request) {
  std::vector<std::pair<Ticket, Stream>> streams;
  {
    const std::lock_guard lock(mutex_);
    std::set<std::string> wanted(request.node_ids().begin(), request.node_ids().end());
    for (const auto& [id, node] : nodes_) {
      if (node.stream_number == 0 || !(request.all() || wanted.erase(id) != 0)) continue;
      streams.emplace_back(Ticket{id, node.stream_number}, node.stream);
    }
    if (!request.all() && !wanted.empty()) {
      return absl::NotFoundError(str_cat("not connected: ", absl::StrJoin(wanted, ", ")));
    }
  }
  std::vector<std::string> adopted;
  absl::Status refused;
  for (const auto& [ticket, stream] : streams) {
    const std::string& id = ticket.node_id;
    const absl::StatusOr<bool> waited = stream.adopt();
    if (waited.ok() && *waited) {
      adopted.push_back(id);
      released(ticket);
    }
    if (waited.ok()) continue;
    refused.Update(
        absl::Status(waited.status().code(), str_cat(id, " ", waited.status().message())));
  }
  if (!refused.ok()) return refused;
  return adopted;
}

void NodeRegistry::released(const Ticket& ticket) {
  {
    const std::lock_guard lock(mutex_);
    Node* node = find(ticket);
    if (node == nullptr || !node->status.held()) return;
    node->status.set_held(false);
    node->status.clear_rejected_reasons();
    touch(*node);
  }
  changed_.notify();
}

void NodeRegistry::reported(const Ticket& ticket, const v1::Report& report, int64_t now_unix_ms) {
  {
    const std::lock_guard lock(mutex_);
    Node* node = find(ticket);
    if (node == nullptr) return;
    *node->status.mutable_report() = report;
    hear(*node, now_unix_ms);
    touch(*node);
  }
  changed_.notify();
}

bool NodeRegistry::found(const Ticket& ticket, const v1::HealthReport& report,
                         int64_t now_unix_ms) {
  HealthFindings::Taken taken;
  bool well_again = false;
  {
    const std::lock_guard lock(mutex_);
    Node* node = find(ticket);
    if (node == nullptr) return true;
    well_again = hear(*node, now_unix_ms);
    if (well_again) touch(*node);
    taken = findings_.take(ticket.node_id, report);
  }
  if (well_again) changed_.notify();
  if (taken.news) findings_changed_.notify();
  return taken.all;
}

void NodeRegistry::seen(const Ticket& ticket, int64_t now_unix_ms) {
  {
    const std::lock_guard lock(mutex_);
    Node* node = find(ticket);
    if (node == nullptr || !hear(*node, now_unix_ms)) return;
    touch(*node);
  }
  changed_.notify();
}

void NodeRegistry::kept(const Ticket& ticket, const StateId& state) {
  {
    const std::lock_guard lock(mutex_);
    Node* node = find(ticket);
    if (node == nullptr || node->kept == state) return;
    node->kept = state;
  }
  kept_changed_.notify();
}

bool NodeRegistry::hear(Node& node, int64_t now_unix_ms) {
  node.status.set_last_seen_unix_ms(now_unix_ms);
  if (!std::exchange(node.known_stale, false)) return false;
  findings_.set_silent(node.status.node_id(), false);
  return true;
}

void NodeRegistry::look_for_stale(int64_t now_unix_ms) {
  bool news = false;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [id, node] : nodes_) {
      if (node.findings_until_ms != 0 && now_unix_ms >= node.findings_until_ms) {
        news |= findings_.drop_old(id);
        node.findings_until_ms = 0;
      }
      if (node.known_stale || !is_stale(node.status, now_unix_ms)) continue;
      node.known_stale = news = true;
      findings_.set_silent(id, true);
      touch(node);
    }
  }
  if (news) changed_.notify();
}

void NodeRegistry::disconnected(const Ticket& ticket, int64_t now_unix_ms) {
  Stream ended;  // owns the stream's memory, perhaps: let go outside of the lock
  {
    const std::lock_guard lock(mutex_);
    Node* node = find(ticket);
    if (node == nullptr) return;
    node->stream_number = 0;
    ended = std::exchange(node->stream, {});
    let_findings_grow_old(ticket.node_id, *node, now_unix_ms);
    node->status.set_connected(false);
    node->status.set_held(false);
    hear(*node, now_unix_ms);
    touch(*node);
  }
  changed_.notify();
}

std::vector<v1::NodeStatus> NodeRegistry::list(int64_t now_unix_ms) const {
  return changes_since(0, now_unix_ms).nodes;
}

NodeRegistry::Changes NodeRegistry::changes_since(uint64_t version, int64_t now_unix_ms) const {
  const std::lock_guard lock(mutex_);
  Changes changes{version_, {}, forgotten_};
  for (const auto& [id, node] : nodes_) {
    if (node.version <= version) continue;
    v1::NodeStatus& status = changes.nodes.emplace_back(node.status);
    status.set_stale(is_stale(status, now_unix_ms));
  }
  return changes;
}

NodeRegistry::Places NodeRegistry::places() const {
  const std::lock_guard lock(mutex_);
  Places places{version_, {}};
  places.nodes.reserve(nodes_.size());
  for (const auto& [id, node] : nodes_) {
    places.nodes.push_back(
        {id, node.stream_number != 0, node.active, node.first, node.first_version, node.kept});
  }
  return places;
}

bool NodeRegistry::knows(const std::string& node_id) const {
  const std::lock_guard lock(mutex_);
  return nodes_.contains(node_id);
}

v1::WaitActiveResponse NodeRegistry::progress(Epoch epoch, uint64_t revision,
                                              uint32_t percent) const {
  const std::lock_guard lock(mutex_);
  v1::WaitActiveResponse progress;
  progress.set_revision(revision);
  uint32_t connected = 0;
  uint32_t active = 0;
  for (const auto& [id, node] : nodes_) {
    if (node.stream_number == 0) continue;
    ++connected;
    if (node.active.epoch == epoch && node.active.revision >= revision) {
      ++active;
      continue;
    }
    progress.add_pending(id);
    const bool refused = node.status.rejected_revision() >= revision && revision != 0;
    if (refused || node.status.held()) {
      *progress.add_rejected() = node.status;
    }
  }
  progress.set_connected(connected);
  progress.set_active(active);
  progress.set_done(uint64_t{active} * 100 >= uint64_t{connected} * percent);
  return progress;
}

uint32_t NodeRegistry::of_other_epochs(Epoch epoch) const {
  const std::lock_guard lock(mutex_);
  return static_cast<uint32_t>(std::count_if(nodes_.begin(), nodes_.end(), [&](const auto& item) {
    const Node& node = item.second;
    return node.stream_number != 0 && node.active.revision != 0 && node.active.epoch != epoch;
  }));
}

NodeRegistry::Node* NodeRegistry::find(const Ticket& ticket) {
  const auto found = nodes_.find(ticket.node_id);
  const bool ours =
      found != nodes_.end() && ticket.stream != 0 && found->second.stream_number == ticket.stream;
  return ours ? &found->second : nullptr;
}

void NodeRegistry::let_findings_grow_old(const std::string& id, Node& node, int64_t now_unix_ms) {
  findings_.grow_old(id);
  if (node.findings_until_ms == 0) node.findings_until_ms = now_unix_ms + kStaleMs;
}

size_t NodeRegistry::connected() const {
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(std::count_if(nodes_.begin(), nodes_.end(), [](const auto& item) {
    return item.second.stream_number != 0;
  }));
}

bool NodeRegistry::make_room() {
  auto oldest = nodes_.end();
  for (auto node = nodes_.begin(); node != nodes_.end(); ++node) {
    if (node->second.stream_number != 0) continue;
    if (oldest == nodes_.end() ||
        node->second.status.last_seen_unix_ms() < oldest->second.status.last_seen_unix_ms()) {
      oldest = node;
    }
  }
  if (oldest == nodes_.end()) return false;
  findings_.forget(oldest->first);
  nodes_.erase(oldest);
  ++forgotten_;
  return true;
}

}  // namespace limpet
