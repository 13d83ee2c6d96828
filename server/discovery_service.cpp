#include "server/discovery_service.h"

#include <string>
#include <tuple>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/resource/secret.h"
#include "core/snapshot/wire.h"
#include "server/context.h"
#include "server/grpc_status.h"
#include "server/node_session.h"

namespace limpet {

// One node's stream.
//
// Lifetime: gRPC calls no reaction after OnDone(), and calls that only once Finish() was called
// and every started operation has ended. Until then the stream holds itself (self_). The others
// (fan-out, registry, heartbeats) hold it weakly or find `ending_` set, and then do nothing.
//
// Threads: reactions come one at a time for reads and one at a time for writes, on gRPC's
// threads; published(), heartbeat() and end() come from any. The mutex guards what is marked so.
// No call into the registry, the publisher or the cache is made under it.
//
// Messages are raw on the wire's side: a delta's bytes are made once and go out on every stream
// that needs them.
class DiscoveryService::Stream final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
      public std::enable_shared_from_this<Stream> {
 public:
  Stream(DiscoveryService& service, std::string peer, Caller caller)
      : service_(service),
        peer_(std::move(peer)),
        caller_(std::move(caller)),
        session_(service.parts_.all()) {}

  void start() {
    self_ = shared_from_this();
    StartRead(&incoming_);
  }

  void published() {
    std::optional<NodeSession::Update> update;
    {
      const std::lock_guard lock(mutex_);
      if (ending_) return;
      update = session_.on_published();
    }
    tell_if_held();
    if (update) send(*update);
  }

  // False: the node does not wait for it.
  absl::StatusOr<bool> adopt() {
    NodeSession::Next next;
    {
      const std::lock_guard lock(mutex_);
      if (ending_) return absl::UnavailableError("is going");
      if (session_.waits_for().empty()) return false;
      next = session_.on_adopt();
    }
    if (!next.ok()) return next.status();
    if (*next) send(**next);
    return true;
  }

  void heartbeat() {
    {
      const std::lock_guard lock(mutex_);
      if (session_.greeted()) {
        heartbeat_due_ = !writing_;
        pump();
        return;
      }
      if (++ticks_without_hello_ <= kTicksUntilHello) return;
    }
    end(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "no Hello on the stream"));
  }

  // The first call decides the status. A write in flight ends first.
  void end(const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    ending_ = true;
    final_ = status;
    if (!writing_) Finish(final_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return end(grpc::Status::OK);  // the node has gone, or will say no more
    v1::NodeMessage message;
    grpc::ProtoBufferReader reader(&incoming_);
    const absl::Status handled = message.ParseFromZeroCopyStream(&reader)
                                     ? handle(message)
                                     : absl::InvalidArgumentError("not a NodeMessage");
    incoming_.Clear();
    if (!handled.ok()) {
      spdlog::warn("node {} ({}): {}", ticket_.node_id, peer_, handled.ToString());
      return end(to_grpc(handled));
    }
    const std::lock_guard lock(mutex_);
    if (!ending_) StartRead(&incoming_);
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok && !ending_) {
      ending_ = true;
      final_ = grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream broke");
    }
    if (ending_) return Finish(final_);
    pump();
  }

  void OnCancel() override { end(grpc::Status::CANCELLED); }

  void OnDone() override {
    service_.registry_.disconnected(ticket_, unix_ms_now());
    if (!ticket_.node_id.empty()) spdlog::info("node {} ({}) is gone", ticket_.node_id, peer_);
    service_.remove(this);
    self_.reset();  // the end, unless somebody is looking just now
  }

 private:
  static constexpr int kTicksUntilHello = 2;

  absl::Status handle(const v1::NodeMessage& message) {
    switch (message.message_case()) {
      case v1::NodeMessage::kHello:
        return hello(message.hello());
      case v1::NodeMessage::kAck:
        return ack(message.ack());
      case v1::NodeMessage::kNack:
        return nack(message.nack());
      case v1::NodeMessage::kHeartbeat: {
        const v1::Heartbeat& heartbeat = message.heartbeat();
        service_.registry_.seen(ticket_, unix_ms_now());
        service_.registry_.kept(ticket_,
                                {Epoch(heartbeat.kept_epoch()), heartbeat.kept_revision(), {}});
        const std::lock_guard lock(mutex_);
        return session_.on_heartbeat().status();
      }
      case v1::NodeMessage::kReport: {
        service_.registry_.reported(ticket_, message.report(), unix_ms_now());
        const std::lock_guard lock(mutex_);
        return session_.on_heartbeat().status();
      }
      case v1::NodeMessage::kHealth: {
        found(message.health());
        const std::lock_guard lock(mutex_);
        return session_.on_heartbeat().status();
      }
      case v1::NodeMessage::MESSAGE_NOT_SET:
        break;
    }
    return absl::InvalidArgumentError("a message of a kind that this server does not know");
  }

  absl::Status hello(const v1::Hello& hello) {
    const absl::Status admitted = service_.access_.admit_node(caller_, peer_, hello);
    if (!admitted.ok()) return admitted;
    auto part = service_.parts_.of({hello.gateways().begin(), hello.gateways().end()});
    if (!part.ok()) return part.status();
    StateId active;
    const NodeSession::Next next =
        step([&] { return session_.on_hello(hello, *std::move(part)); }, active);
    if (!next.ok()) return next.status();
    NodeRegistry::Stream stream;
    stream.end = [weak = weak_from_this()](const absl::Status& status) {
      if (const std::shared_ptr<Stream> self = weak.lock()) self->end(to_grpc(status));
    };
    stream.adopt = [weak = weak_from_this()]() -> absl::StatusOr<bool> {
      if (const std::shared_ptr<Stream> self = weak.lock()) return self->adopt();
      return absl::UnavailableError("is going");
    };
    auto ticket = service_.registry_.connect(hello, peer_, std::move(stream), unix_ms_now());
    if (!ticket.ok()) return ticket.status();
    std::string waits_for;
    {
      const std::lock_guard lock(mutex_);
      ticket_ = *std::move(ticket);
      waits_for = session_.waits_for();
    }
    spdlog::info("node {} ({}) holds revision {}{}", ticket_.node_id, peer_,
                 hello.state().revision(), *next || !waits_for.empty() ? "" : ", the newest");
    if (active.revision != 0) service_.registry_.active(ticket_, active, 0, unix_ms_now());
    if (!waits_for.empty()) {
      spdlog::warn("node {} ({}) {}", ticket_.node_id, peer_, waits_for);
      tell_if_held();
    }
    if (*next) send(**next);
    return absl::OkStatus();
  }

  absl::Status ack(const v1::Ack& ack) {
    StateId active;
    const NodeSession::Next next = step([&] { return session_.on_ack(ack); }, active);
    if (!next.ok()) return next.status();
    // An older Ack said again does not take a refusal back.
    if (active == from_proto(ack.state()) && !refusing()) {
      service_.registry_.active(ticket_, active, ack.apply_micros(), unix_ms_now());
    } else {
      service_.registry_.seen(ticket_, unix_ms_now());
    }
    tell_if_held();  // what was on its way when the database was replaced is the last for now
    if (*next) send(**next);
    return absl::OkStatus();
  }

  // Looks again when it has told: who adopts the node meanwhile has the last word.
  void tell_if_held() {
    const auto look = [this] {
      const std::lock_guard lock(mutex_);
      return std::tuple(ticket_, session_.active(), session_.waits_for());
    };
    const auto [ticket, active, waits_for] = look();
    if (waits_for.empty()) return;
    service_.registry_.held(ticket, active, waits_for);
    if (std::get<2>(look()).empty()) service_.registry_.released(ticket);
  }

  absl::Status nack(const v1::Nack& nack) {
    StateId active;
    const NodeSession::Next next = step([&] { return session_.on_nack(nack); }, active);
    if (!next.ok()) return next.status();
    // The first reason says most; `gwctl nodes` has the others.
    const v1::Nack::Reason& first =
        nack.reasons().empty() ? v1::Nack::Reason::default_instance() : nack.reasons(0);
    const std::string object =
        first.object().kind().empty() ? "the update" : to_string(from_proto(first.object()));
    spdlog::warn("node {} refuses revision {}, 1 of {} reasons: {} {}: {}", ticket_.node_id,
                 nack.revision(), nack.reasons_size(), object, first.field(), first.message());
    service_.registry_.rejected(ticket_, nack, unix_ms_now());
    tell_if_held();
    if (*next) send(**next);
    return absl::OkStatus();
  }

  void found(const v1::HealthReport& health) {
    if (service_.registry_.found(ticket_, health, unix_ms_now()) || told_of_too_many_) return;
    told_of_too_many_ = true;
    spdlog::warn("node {} ({}) tries more than {} endpoints; what it finds of others is dropped",
                 ticket_.node_id, peer_, HealthFindings::kMaxOfNode);
  }

  bool refusing() {
    const std::lock_guard lock(mutex_);
    return session_.rejected() != 0;
  }

  // Tells the session of an event, and what the node serves after it.
  template <typename Event>
  NodeSession::Next step(Event&& event, StateId& active) {
    const std::lock_guard lock(mutex_);
    NodeSession::Next next = event();
    active = session_.active();
    return next;
  }

  // The session has one update in flight at most, so nobody else is here.
  void send(const NodeSession::Update& update) {
    if (update.to.size(kSecretKind) > 0 && service_.warn_of_plain_text_.exchange(false)) {
      spdlog::warn(
          "private keys of Secrets go to nodes in plain text, for whoever listens on the way; give "
          "--tls-identity and --tls-ca (gwctl pki init makes them)");
    }
    std::shared_ptr<const EncodedChunks> chunks =
        service_.deltas_.get(update.from, update.to, update.adopt);
    const std::lock_guard lock(mutex_);
    chunks_ = std::move(chunks);
    next_chunk_ = 0;
    pump();
  }

  // Requires: the lock is held. Starts the next write, if there is one to start.
  void pump() {
    if (writing_ || ending_) return;
    if (chunks_ != nullptr && next_chunk_ == chunks_->size()) chunks_ = nullptr;
    if (chunks_ != nullptr) {
      heartbeat_due_ = false;
      write(shared_slice((*chunks_)[next_chunk_++]));
    } else if (heartbeat_due_) {
      heartbeat_due_ = false;
      const StateId head = service_.publisher_.head().id();
      v1::ServerMessage message;
      message.mutable_heartbeat()->set_head_revision(head.revision);
      message.mutable_heartbeat()->set_epoch(head.epoch.value());
      write(grpc::Slice(message.SerializeAsString()));
    }
  }

  // Not copied: chunks_ holds the bytes, and every stream that sends them shares it, until gRPC has
  // let go of the slice.
  grpc::Slice shared_slice(const std::string& bytes) const {
    using Holder = std::shared_ptr<const EncodedChunks>;
    return grpc::Slice(
        const_cast<char*>(bytes.data()), bytes.size(),
        [](void* holder) { delete static_cast<Holder*>(holder); }, new Holder(chunks_));
  }

  // Requires: the lock is held.
  void write(const grpc::Slice& message) {
    writing_ = true;
    outgoing_ = grpc::ByteBuffer(&message, 1);
    StartWrite(&outgoing_);
  }

  DiscoveryService& service_;
  const std::string peer_;
  const Caller caller_;
  std::shared_ptr<Stream> self_;

  // Of the read in progress alone:
  grpc::ByteBuffer incoming_;
  bool told_of_too_many_ = false;  // findings
  // Written once, by the read of the Hello, under the lock; other threads read it under the lock.
  NodeRegistry::Ticket ticket_;

  std::mutex mutex_;
  // Guarded by it:
  NodeSession session_;
  bool writing_ = false;
  bool ending_ = false;
  grpc::Status final_;
  std::shared_ptr<const EncodedChunks> chunks_;
  size_t next_chunk_ = 0;
  grpc::ByteBuffer outgoing_;  // while writing_
  bool heartbeat_due_ = false;
  int ticks_without_hello_ = 0;
};

namespace {

// For a stream that is not to be: ends at once.
class RefusedStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

const grpc::Status& stopping() {
  static const grpc::Status status(grpc::StatusCode::UNAVAILABLE, "the server is stopping");
  return status;
}

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* DiscoveryService::Sync(
    grpc::CallbackServerContext* context) {
  absl::StatusOr<Caller> caller = access_.identify(*context);
  if (!caller.ok()) return new RefusedStream(to_grpc(caller.status()));
  auto stream = std::make_shared<Stream>(*this, context->peer(), *std::move(caller));
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return new RefusedStream(stopping());
    if (streams_.size() >= kMaxStreams) {
      return new RefusedStream(
          grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too many streams"));
    }
    streams_.emplace(stream.get(), stream);
  }
  stream->start();
  return stream.get();
}

void DiscoveryService::heartbeat() {
  for (const std::shared_ptr<Stream>& stream : streams()) stream->heartbeat();
}

void DiscoveryService::published() {
  for (const std::shared_ptr<Stream>& stream : streams()) stream->published();
}

void DiscoveryService::stop() {
  fan_out_.stop();
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  for (const std::shared_ptr<Stream>& stream : streams()) stream->end(stopping());
}

std::vector<std::shared_ptr<DiscoveryService::Stream>> DiscoveryService::streams() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Stream>> alive;
  for (const auto& [stream, weak] : streams_) {
    if (std::shared_ptr<Stream> shared = weak.lock()) alive.push_back(std::move(shared));
  }
  return alive;
}

void DiscoveryService::remove(Stream* stream) {
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
}

}  // namespace limpet
