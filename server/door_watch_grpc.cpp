#include "server/door_watch_grpc.h"

#include <utility>

#include <boost/asio/post.hpp>

#include "server/door/answer.h"

namespace limpet {

namespace asio = boost::asio;

void Door::Watch::start(v1::Management::Stub& stub) {
  wait(kFirstHeartbeat);
  stub.async()->Watch(&context_, &request_, this);
  AddHold();  // StartRead() is not called from gRPC's own calls alone
  StartRead(&message_);
  StartCall();
}

void Door::Watch::abandon() {
  context_.TryCancel();
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  if (reading_ == Reading::kHeld) RemoveHold();
  if (reading_ == Reading::kHeld) reading_ = Reading::kOver;
}

void Door::Watch::read_next() {
  const std::lock_guard lock(mutex_);
  if (reading_ != Reading::kHeld) return;
  reading_ = Reading::kAsked;
  StartRead(&message_);
}

void Door::Watch::OnReadDone(bool ok) {
  std::string events = ok ? events_of(message_) : std::string();
  {
    const std::lock_guard lock(mutex_);
    if (!ok || abandoned_) {
      reading_ = Reading::kOver;
      return RemoveHold();
    }
    reading_ = Reading::kHeld;
  }
  asio::post(door_.io_, [self = shared_from_this(), events = std::move(events)]() mutable {
    self->on_events(std::move(events));
  });
}

void Door::Watch::OnDone(const grpc::Status& status) {
  const std::shared_ptr<Watch> self = shared_from_this();
  asio::post(door_.io_, [self, status] { self->on_end(status); });
  {
    const std::lock_guard lock(door_.mutex_);
    door_.watches_.erase(self);
  }
  door_.end_call();
}

void Door::Watch::wait(std::chrono::milliseconds period) {
  timer_.expires_after(period);
  timer_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
    if (cancelled || self->reply_ == nullptr || self->ended_) return;
    if (!self->begun_) return self->begin();
    if (!self->sending_) {
      self->pending_ = kHeartbeatComment;
      self->flush();
    }
    self->wait(kHeartbeat);
  });
}

void Door::Watch::begin() {
  begun_ = true;
  sending_ = true;
  wait(kHeartbeat);
  reply_->begin(kEventStream, [weak = weak_from_this()](bool alive) {
    if (const std::shared_ptr<Watch> self = weak.lock()) self->on_taken(alive);
  });
}

void Door::Watch::on_events(std::string events) {
  if (reply_ == nullptr) return;
  pending_ += events;
  asks_next_ = true;
  begun_ ? flush() : begin();
}

void Door::Watch::on_end(const grpc::Status& status) {
  ended_ = true;
  timer_.cancel();
  if (reply_ == nullptr) return;
  if (!begun_) return std::exchange(reply_, nullptr)->answer(answer_of(error_of(status)));
  pending_ += event_of(error_of(status));
  flush();
}

void Door::Watch::on_taken(bool alive) {
  if (!alive) {
    reply_ = nullptr;
    timer_.cancel();
    return abandon();
  }
  sending_ = false;
  flush();
}

void Door::Watch::flush() {
  if (sending_ || reply_ == nullptr) return;
  if (!pending_.empty()) {
    sending_ = true;
    return reply_->send(std::exchange(pending_, {}));
  }
  if (ended_) return std::exchange(reply_, nullptr)->end();
  if (std::exchange(asks_next_, false)) read_next();
}

}  // namespace limpet
