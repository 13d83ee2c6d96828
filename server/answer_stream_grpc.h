// Calls that are answered with a stream of messages: what Watch, WatchNodes and WaitActive have in
// common. A message is made when the one before it is written: a slow client delays nobody and has
// no queue.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include <absl/status/status.h>
#include <grpcpp/grpcpp.h>

#include "core/base/text.h"
#include "server/grpc_status.h"
#include "server/signal.h"

namespace limpet {

template <typename Response>
class AnswerStreams;

// One call. Lifetime and threads as of DiscoveryService::Stream: it holds itself until OnDone().
template <typename Response>
class AnswerStream : public grpc::ServerWriteReactor<Response>,
                     public std::enable_shared_from_this<AnswerStream<Response>> {
 public:
  // Sends the next message, if there is one and none is being written.
  void look() {
    const std::lock_guard lock(mutex_);
    if (writing_ || ending_ || !next(outgoing_)) return;
    writing_ = true;
    this->StartWrite(&outgoing_);
  }

  // The first call decides the status. A write in flight ends first.
  void end(const absl::Status& status) {
    const std::lock_guard lock(mutex_);
    end_locked(to_grpc(status));
  }

  void OnWriteDone(bool ok) final {
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
      if (ending_) return this->Finish(final_);
      if (!ok) return end_locked(grpc::Status::CANCELLED);
    }
    look();  // what changed meanwhile
  }

  void OnCancel() final { end(absl::CancelledError()); }

  void OnDone() final {
    streams_->remove(this);
    subscription_ = {};
    self_.reset();  // the end, unless somebody is looking just now
  }

 protected:
  // Fills in the message to send now; false: there is nothing new, or the stream was ended. The
  // lock is held.
  virtual bool next(Response& message) = 0;

  // Requires: the lock is held.
  void end_locked(const grpc::Status& status) {
    if (ending_) return;
    ending_ = true;
    final_ = status;
    if (!writing_) this->Finish(final_);
  }
  // From next(): its message is the last. Requires: the lock is held.
  void end_after_this() { ending_ = true; }

  std::mutex mutex_;

 private:
  friend class AnswerStreams<Response>;

  AnswerStreams<Response>* streams_ = nullptr;
  Signal::Subscription subscription_;
  std::shared_ptr<AnswerStream> self_;
  // Guarded by the lock:
  bool writing_ = false;
  bool ending_ = false;
  grpc::Status final_;
  Response outgoing_;  // while writing_
};

// The calls of one method that are being answered. Thread-safe. Must outlive the gRPC server.
template <typename Response>
class AnswerStreams {
 public:
  using Reactor = grpc::ServerWriteReactor<Response>;
  using Stream = AnswerStream<Response>;

  explicit AnswerStreams(size_t max_streams) : max_streams_(max_streams) {}

  // For a call that is not to be: ends at once.
  static Reactor* refuse(const absl::Status& status) { return new Refused(status); }

  // The stream looks now and whenever the signal is given, until it is done.
  Reactor* start(const std::shared_ptr<Stream>& stream, Signal& signal) {
    {
      const std::lock_guard lock(mutex_);
      if (!stopped_.ok()) return refuse(stopped_);
      if (streams_.size() >= max_streams_) {
        return refuse(absl::ResourceExhaustedError(
            str_cat(max_streams_, " such calls are being answered; try again later")));
      }
      streams_.emplace(stream.get(), stream);
    }
    stream->streams_ = this;
    stream->self_ = stream;
    stream->subscription_ = signal.subscribe([weak = std::weak_ptr<Stream>(stream)] {
      if (const std::shared_ptr<Stream> alive = weak.lock()) alive->look();
    });
    stream->look();
    return stream.get();
  }

  // Ends those that are being answered.
  void end_all(const absl::Status& status) {
    std::vector<std::shared_ptr<Stream>> streams;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [stream, weak] : streams_) {
        if (std::shared_ptr<Stream> alive = weak.lock()) streams.push_back(std::move(alive));
      }
    }
    for (const std::shared_ptr<Stream>& stream : streams) stream->end(status);
  }

  // Ends them all, and each that comes later.
  void stop(const absl::Status& status) {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = status;
    }
    end_all(status);
  }

 private:
  friend Stream;

  class Refused final : public Reactor {
   public:
    explicit Refused(const absl::Status& status) { this->Finish(to_grpc(status)); }
    void OnDone() override { delete this; }
  };

  void remove(Stream* stream) {
    const std::lock_guard lock(mutex_);
    streams_.erase(stream);
  }

  const size_t max_streams_;
  std::mutex mutex_;
  absl::Status stopped_;  // not OK: no stream is started any more
  std::unordered_map<Stream*, std::weak_ptr<Stream>> streams_;
};

}  // namespace limpet
