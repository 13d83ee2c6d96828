#include "server/watch_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "server/grpc_status.h"
#include "server/refused_stream_grpc.h"
#include "server/watcher.h"

namespace limpet {

// One Watch. Lifetime as of DiscoveryService::Stream. Messages are made one at a time, when the
// one before is written: a slow client delays nobody and has no queue.
class WatchService::Stream final : public grpc::ServerWriteReactor<v1::WatchResponse>,
                                   public std::enable_shared_from_this<Stream> {
 public:
  Stream(WatchService& service, const v1::WatchRequest& request)
      : service_(service), request_(request) {}

  void start() {
    self_ = shared_from_this();
    subscription_ = service_.publisher_.published().subscribe([weak = weak_from_this()] {
      if (const std::shared_ptr<Stream> stream = weak.lock()) stream->look();
    });
    look();
  }

  void end(const grpc::Status& status) {
    const std::lock_guard lock(mutex_);
    end_locked(status);
  }

  void OnWriteDone(bool ok) override {
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
      if (ending_) return Finish(final_);
      if (!ok) return end_locked(grpc::Status::CANCELLED);
    }
    look();  // what changed meanwhile
  }

  void OnCancel() override { end(grpc::Status::CANCELLED); }

  void OnDone() override {
    service_.remove(this);
    subscription_ = {};
    self_.reset();
  }

 private:
  // Requires, of all below but look(): the lock is held.

  void end_locked(const grpc::Status& status) {
    if (ending_) return;
    ending_ = true;
    final_ = status;
    if (!writing_) Finish(final_);
  }

  // Sends the next message, if there is one.
  void look() {
    const std::lock_guard lock(mutex_);
    if (writing_ || ending_ || fetching_) return;
    if (!watcher_ && !begin()) return;
    if (!watcher_->telling() && !step()) return;
    outgoing_ = watcher_->next_message();
    writing_ = true;
    StartWrite(&outgoing_);
  }

  // False: the state to begin with is being fetched.
  bool begin() {
    const uint64_t from = request_.from_revision();
    std::optional<Snapshot> state = Snapshot();
    if (from != 0) state = service_.publisher_.at(from);
    if (!state) {
      fetch([from](Applier& applier) { return applier.state_at(from); });
      return false;
    }
    watcher_.emplace(request_.kind(), request_.namespace_(), *std::move(state));
    return true;
  }

  // False: there is nothing newer, or it is being fetched.
  bool step() {
    Snapshot head = service_.publisher_.head();
    const uint64_t revision = watcher_->revision();
    if (revision >= head.id().revision) return false;
    if (revision == 0) {
      // How what there is came to be is not told.
      watcher_->step_to(std::move(head));
      return true;
    }
    if (std::optional<Snapshot> next = service_.publisher_.at(revision + 1)) {
      watcher_->step_to(*std::move(next));
      return true;
    }
    const Snapshot& told = watcher_->state();
    fetch([told](Applier& applier) -> absl::StatusOr<Snapshot> {
      const absl::StatusOr<Delta> way = applier.way_to(told.id().revision + 1);
      if (!way.ok()) return way.status();
      return told.apply(*way, told.id().epoch, told.id().revision + 1);
    });
    return false;
  }

  template <typename Read>
  void fetch(Read read) {
    fetching_ = true;
    const bool accepted =
        service_.worker_.post([stream = shared_from_this(), read = std::move(read)] {
          stream->on_fetched(read(stream->service_.applier_));
        });
    if (accepted) return;
    end_locked(to_grpc(absl::ResourceExhaustedError("too many requests are waiting")));
  }

  void on_fetched(absl::StatusOr<Snapshot> state) {
    {
      const std::lock_guard lock(mutex_);
      fetching_ = false;
      if (!state.ok()) return end_locked(to_grpc(state.status()));
      if (watcher_) {
        watcher_->step_to(*std::move(state));
      } else {
        watcher_.emplace(request_.kind(), request_.namespace_(), *std::move(state));
      }
    }
    look();
  }

  WatchService& service_;
  const v1::WatchRequest request_;
  Signal::Subscription subscription_;
  std::shared_ptr<Stream> self_;

  std::mutex mutex_;
  // Guarded by it:
  std::optional<Watcher> watcher_;
  bool fetching_ = false;
  bool writing_ = false;
  bool ending_ = false;
  grpc::Status final_;
  v1::WatchResponse outgoing_;
};

grpc::ServerWriteReactor<v1::WatchResponse>* WatchService::start(
    const v1::WatchRequest& request) {
  using Refused = RefusedStream<v1::WatchResponse>;
  if (!request.kind().empty() && !is_user_kind(request.kind())) {
    return new Refused(absl::InvalidArgumentError(str_cat("unknown kind ", request.kind())));
  }
  auto stream = std::make_shared<Stream>(*this, request);
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return new Refused(absl::UnavailableError("the server is stopping"));
    if (streams_.size() >= kMaxWatches) {
      return new Refused(absl::ResourceExhaustedError("too many callers are watching"));
    }
    streams_.emplace(stream.get(), stream);
  }
  stream->start();
  return stream.get();
}

void WatchService::stop() {
  std::vector<std::shared_ptr<Stream>> streams;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const auto& [stream, weak] : streams_) {
      if (std::shared_ptr<Stream> alive = weak.lock()) streams.push_back(std::move(alive));
    }
  }
  for (const std::shared_ptr<Stream>& stream : streams) {
    stream->end(to_grpc(absl::UnavailableError("the server is stopping")));
  }
}

void WatchService::remove(Stream* stream) {
  const std::lock_guard lock(mutex_);
  streams_.erase(stream);
}

}  // namespace limpet
