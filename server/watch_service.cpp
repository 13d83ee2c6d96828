#include "server/watch_service.h"

#include <optional>
#include <utility>

#include "server/grpc_status.h"
#include "server/restore.h"
#include "server/watcher.h"

namespace limpet {

// One Watch.
class WatchService::Stream final : public AnswerStream<v1::WatchResponse> {
 public:
  Stream(WatchService& service, WatchFilter filter, uint64_t from_revision)
      : service_(service), filter_(std::move(filter)), from_revision_(from_revision) {}

 private:
  // Requires, of all below but on_fetched(): the lock is held.

  bool next(v1::WatchResponse& message) override {
    if (fetching_) return false;
    if (!watcher_ && !begin()) return false;
    if (!watcher_->telling() && !step()) return false;
    message = watcher_->next_message();
    return true;
  }

  // False: the state to begin with is being fetched.
  bool begin() {
    std::optional<Snapshot> state = Snapshot();
    if (from_revision_ != 0) state = service_.publisher_.at(from_revision_);
    if (!state) {
      fetch([from = from_revision_](Applier& applier) {
        return applier.state_to_go_on_from(from);
      });
      return false;
    }
    watcher_.emplace(filter_, *std::move(state));
    return true;
  }

  // False: there is nothing newer, or it is being fetched.
  bool step() {
    Snapshot head = service_.publisher_.head();
    const uint64_t revision = watcher_->revision();
    if (revision != 0 && watcher_->state().id().epoch != head.id().epoch) {
      end_locked(to_grpc(database_replaced(head.id())));
      return false;
    }
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
    fetch([told](Applier& applier) { return applier.state_after(told); });
    return false;
  }

  template <typename Read>
  void fetch(Read read) {
    fetching_ = true;
    const bool accepted =
        service_.worker_.post([stream = shared_from_this(), this, read = std::move(read)] {
          on_fetched(read(service_.applier_));
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
        watcher_.emplace(filter_, *std::move(state));
      }
    }
    look();
  }

  WatchService& service_;
  const WatchFilter filter_;
  const uint64_t from_revision_;
  // Guarded by the lock:
  std::optional<Watcher> watcher_;
  bool fetching_ = false;
};

grpc::ServerWriteReactor<v1::WatchResponse>* WatchService::start(
    const v1::WatchRequest& request) {
  absl::StatusOr<WatchFilter> filter = WatchFilter::parse(request);
  if (!filter.ok()) return streams_.refuse(filter.status());
  return streams_.start(
      std::make_shared<Stream>(*this, *std::move(filter), request.from_revision()),
      publisher_.published());
}

}  // namespace limpet
