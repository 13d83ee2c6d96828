#include "tests/stream/coupling.h"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "core/snapshot/wire.h"

namespace limpet {
namespace {

std::string name_of(const StateId& id) { return to_proto(id).SerializeAsString(); }

}  // namespace

Coupling::Coupling(uint64_t seed, size_t nodes, bool copies, Counts& counts)
    : random_(seed), counts_(counts), nodes_(nodes), copies_(copies) {
  for (size_t i = 0; i < nodes; ++i) nodes_[i].id = "node-" + std::to_string(i);
}

// Everything that is on its way arrives.
void Coupling::drain() {
  constexpr int kMaxEvents = 10'000;
  for (int event = 0; event < kMaxEvents; ++event) {
    bool idle = true;
    for (const StreamPtr& stream : std::vector<StreamPtr>(streams_)) {
      idle = idle && !stream->news && !stream->broken && stream->to_server.empty();
      look(*stream);
      receive_at_server(*stream);
    }
    for (Node& node : nodes_) {
      const Stream* stream = node.stream.get();
      const bool quiet = stream == nullptr || (stream->to_node.empty() && !stream->broken);
      idle = idle && quiet && !node.activating;
      receive_at_node(node);
      finish_activation(node);
    }
    if (idle) return;
  }
  ADD_FAILURE() << "the two sides do not come to rest";
}

void Coupling::come_to_rest(bool adopting) {
  faults_ = false;
  constexpr int kMaxRounds = 20;
  for (int round = 0; round < kMaxRounds && !settled(); ++round) {
    for (Node& node : nodes_) connect(node);
    drain();
    if (adopting) adopt();
    drain();
  }
  EXPECT_TRUE(settled());
  for (const Node& node : nodes_) {
    EXPECT_EQ(node.state.held().id(), head().id());
    if (node.stream == nullptr || !node.stream->session) continue;
    EXPECT_EQ(node.stream->session->active(), head().id());
    EXPECT_EQ(node.stream->session->rejected(), 0U);
    EXPECT_EQ(node.stream->session->waits_for(), "");
  }
}

bool Coupling::settled() const {
  return std::all_of(nodes_.begin(), nodes_.end(), [this](const Node& node) {
    return node.stream != nullptr && node.state.held().id() == head().id();
  });
}

// The messages sent last never arrive.
void Coupling::cut(Stream& stream) {
  stream.broken = true;
  stream.to_server.resize(draw(stream.to_server.size() + 1));
  stream.to_node.resize(draw(stream.to_node.size() + 1));
}

void Coupling::release(Snapshot next) {
  had_[name_of(next.id())] = next;
  publisher_->publish(std::move(next));
  for (const StreamPtr& stream : streams_) stream->news = true;
}

void Coupling::replace(Snapshot next) {
  had_[name_of(next.id())] = next;
  restart_server(std::move(next));
}

void Coupling::close(Stream& stream) {
  stream.broken = true;
  stream.session.reset();
  stream.to_server.clear();
  std::erase_if(streams_, [&](const StreamPtr& other) { return other.get() == &stream; });
}

void Coupling::restart_server(Snapshot state) {
  while (!streams_.empty()) close(*StreamPtr(streams_.back()));
  publisher_ = std::make_unique<Publisher>(std::move(state));
}

void Coupling::adopt() {
  adopted_.insert(head().id().epoch);
  for (const StreamPtr& stream : std::vector<StreamPtr>(streams_)) {
    if (!stream->session->greeted()) continue;
    const NodeSession::Next next = stream->session->on_adopt();
    if (!next.ok()) continue;  // not even then
    stream->adopted = true;
    if (*next) send(*stream, **next);
  }
}

void Coupling::look(Stream& stream) {
  if (!stream.session || !std::exchange(stream.news, false)) return;
  if (const auto update = stream.session->on_published()) send(stream, *update);
}

void Coupling::receive_at_server(Stream& stream) {
  if (!stream.session) return;
  const StreamPtr held = *std::find_if(streams_.begin(), streams_.end(),
                                       [&](const StreamPtr& s) { return s.get() == &stream; });
  if (stream.to_server.empty()) {
    if (stream.broken) close(stream);
    return;
  }
  const v1::NodeMessage message = std::move(stream.to_server.front());
  stream.to_server.pop_front();
  NodeSession::Next next = std::nullopt;
  if (message.has_hello()) {
    next = stream.session->on_hello(message.hello());
  } else if (message.has_ack()) {
    if (from_proto(message.ack().state()) == stream.in_flight) stream.in_flight.reset();
    next = stream.session->on_ack(message.ack());
  } else {
    const uint64_t revision = message.nack().revision();
    if (stream.in_flight && stream.in_flight->revision == revision) stream.in_flight.reset();
    next = stream.session->on_nack(message.nack());
  }
  // A copy that was put in the database's place makes revisions of its own by the old numbers.
  EXPECT_TRUE(copies_ || !absl::IsDataLoss(next.status())) << next.status();
  if (!next.ok()) {
    ++counts_.closed;
    close(stream);
  } else if (*next) {
    send(stream, **next);
  }
}

void Coupling::send(Stream& stream, const NodeSession::Update& update) {
  EXPECT_FALSE(stream.in_flight.has_value()) << "two updates in flight";
  EXPECT_EQ(update.to.id(), head().id()) << "not the newest";
  EXPECT_TRUE(!update.adopt || stream.adopted) << "no operator has said so";
  stream.in_flight = update.to.id();
  const auto messages = deltas_.get(update.from, update.to, update.adopt);
  for (const std::string& bytes : *messages) {
    EXPECT_LE(bytes.size(), kMaxChunkBytes);
    counts_.largest = std::max(counts_.largest, bytes.size());
    if (!stream.broken) stream.to_node.push_back(bytes);
  }
}

void Coupling::connect(Node& node) {
  if (node.stream != nullptr) return;
  node.stream = std::make_shared<Stream>(*publisher_);
  streams_.push_back(node.stream);
  v1::NodeMessage message;
  message.mutable_hello()->set_node_id(node.id);
  const StateId held = node.state.resume();
  if (held.revision != 0) *message.mutable_hello()->mutable_state() = to_proto(held);
  answer(node, std::move(message));
}

void Coupling::answer(Node& node, v1::NodeMessage message) {
  if (node.stream == nullptr || node.stream->broken) return;
  node.stream->to_server.push_back(std::move(message));
}

void Coupling::nack(Node& node, uint64_t revision) {
  v1::NodeMessage message;
  message.mutable_nack()->set_revision(revision);
  answer(node, std::move(message));
}

void Coupling::receive_at_node(Node& node) {
  if (node.stream == nullptr) return;
  Stream& stream = *node.stream;
  if (stream.to_node.empty()) {
    if (stream.broken) lose_stream(node);
    return;
  }
  v1::ServerMessage message;
  EXPECT_TRUE(message.ParseFromString(stream.to_node.front()));
  stream.to_node.pop_front();
  for (const v1::Entry& entry : message.delta().upserts()) {
    counts_.patches += entry.patch().empty() ? 0 : 1;
  }
  if (faults_ && chance(50)) alter(node, *message.mutable_delta());
  on_delta(node, message.delta());
}

// What only the digest can tell.
void Coupling::alter(Node& node, v1::Delta& delta) {
  if (delta.upserts().empty()) return;
  v1::Entry& entry = *delta.mutable_upserts(static_cast<int>(draw(delta.upserts_size())));
  entry.clear_patch();
  entry.set_object("altered");
  node.altered = true;
  ++counts_.altered;
}

// What NodeControl does with it.
void Coupling::on_delta(Node& node, const v1::Delta& delta) {
  using Kind = SyncState::Update::Kind;
  SyncState::Update update = node.state.on_delta(delta);
  node.in_delta = update.kind == Kind::kPartial;
  if (update.kind == Kind::kPartial) return;
  if (update.kind == Kind::kReject) {
    ++counts_.rejected;
    return nack(node, delta.to().revision());
  }
  if (update.kind == Kind::kResync || node.activating) {
    ++counts_.resyncs;
    // What the server sends is right, so nothing of what is held is given up for it.
    EXPECT_TRUE(node.altered || node.state.resume() == node.served) << update.problem;
    return lose_stream(node);
  }
  if (faults_ && chance(10)) {
    ++counts_.refused;
    return nack(node, update.next.id().revision);
  }
  node.activating = std::move(update);
}

void Coupling::finish_activation(Node& node) {
  if (!node.activating) return;
  const Snapshot next = std::exchange(node.activating, std::nullopt)->next;
  check_state(node, next);
  node.state.accept(next);
  node.served = next.id();
  node.altered = false;
  ++counts_.activated;
  on_serving(node, next);
  if (chance(2)) node.file = next;
  v1::NodeMessage message;
  *message.mutable_ack()->mutable_state() = to_proto(next.id());
  answer(node, std::move(message));
}

// A state that a server had, all of it; never an older one, and another epoch's only by adoption.
void Coupling::check_state(const Node& node, const Snapshot& state) {
  const auto found = had_.find(name_of(state.id()));
  ASSERT_NE(found, had_.end()) << node.id << " would serve revision " << state.id().revision;
  EXPECT_TRUE(Snapshot::diff(state, found->second).empty());
  const StateId& before = node.served;
  if (before.revision == 0) return;
  EXPECT_GE(state.id().epoch, before.epoch);
  if (state.id().epoch == before.epoch) {
    EXPECT_GE(state.id().revision, before.revision);
    return;
  }
  ++counts_.left_epochs;
  EXPECT_EQ(adopted_.count(state.id().epoch), 1U) << "no operator has said so";
}

void Coupling::lose_stream(Node& node) {
  if (node.stream == nullptr) return;
  counts_.cut_deltas += std::exchange(node.in_delta, false) ? 1 : 0;
  node.stream->broken = true;
  node.stream->to_node.clear();
  node.stream.reset();
  node.state.on_stream_lost();
}

void Coupling::restart_node(Node& node) {
  lose_stream(node);
  node.activating.reset();
  node.state = SyncState(node.file);
  node.served = node.file.id();
  node.altered = false;
  on_restarted(node);
}

}  // namespace limpet
