// One watch of the HTTP door: takes a message of the API's stream when the one before it was taken
// by the other side, so that a slow reader has no queue.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include <boost/asio/steady_timer.hpp>

#include "server/door_grpc.h"

namespace limpet {

// Lifetime: the door holds it until OnDone(). Threads: gRPC's call OnReadDone() and OnDone(); what
// concerns the reply is done on the io_context's, by posting to it.
class Door::Watch final : public grpc::ClientReadReactor<v1::WatchResponse>,
                          public std::enable_shared_from_this<Watch> {
 public:
  Watch(Door& door, v1::WatchRequest request, std::shared_ptr<HttpReply> reply)
      : door_(door), request_(std::move(request)), reply_(std::move(reply)), timer_(door.io_) {}

  grpc::ClientContext& context() { return context_; }
  void start(v1::Management::Stub& stub);
  // Nobody listens any more. On any thread, while the door holds it.
  void abandon();

  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  // On the io_context's thread:
  void wait(std::chrono::milliseconds period);
  void begin();
  void on_events(std::string events);
  void on_end(const grpc::Status& status);
  void on_taken(bool alive);
  void flush();

  // The next message, once.
  void read_next();

  Door& door_;
  const v1::WatchRequest request_;
  grpc::ClientContext context_;
  v1::WatchResponse message_;

  std::mutex mutex_;
  // Guarded by the lock. While held, a message has come and the next is not asked for.
  enum class Reading { kAsked, kHeld, kOver } reading_ = Reading::kAsked;
  bool abandoned_ = false;

  // On the io_context's thread:
  std::shared_ptr<HttpReply> reply_;  // null: the other side is gone, or all was said
  boost::asio::steady_timer timer_;
  std::string pending_;     // to be sent when what is being sent was taken
  bool asks_next_ = false;  // when `pending_` was taken
  bool begun_ = false;
  bool sending_ = false;
  bool ended_ = false;  // by the API: nothing comes after `pending_`
};

}  // namespace limpet
