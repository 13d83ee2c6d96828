#include "server/progress_service.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/resource/object.h"
#include "server/context.h"
#include "server/grpc_status.h"
#include "server/node_watcher.h"
#include "server/restore.h"

namespace limpet {

// One WaitActive: reports the progress whenever it is not what was reported last.
class ProgressService::Wait final : public AnswerStream<v1::WaitActiveResponse> {
 public:
  Wait(NodeRegistry& registry, Publisher& publisher, Epoch epoch, uint64_t revision,
       uint32_t percent)
      : registry_(registry),
        publisher_(publisher),
        epoch_(epoch),
        revision_(revision),
        percent_(percent) {}

 private:
  bool next(v1::WaitActiveResponse& message) override {
    const StateId head = publisher_.head().id();
    if (head.epoch != epoch_) {
      end_locked(to_grpc(database_replaced(head)));
      return false;
    }
    message = registry_.progress(epoch_, revision_, percent_);
    std::string bytes = serialize(message);
    if (bytes == told_) return false;
    told_ = std::move(bytes);
    if (message.done()) end_after_this();
    return true;
  }

  NodeRegistry& registry_;
  Publisher& publisher_;
  const Epoch epoch_;
  const uint64_t revision_;
  const uint32_t percent_;
  std::string told_;  // the last report, serialised
};

// One WatchNodes.
class ProgressService::Watch final : public AnswerStream<v1::WatchNodesResponse> {
 public:
  Watch(NodeRegistry& registry, Publisher& publisher)
      : watcher_(registry), publisher_(publisher) {}

 private:
  bool next(v1::WatchNodesResponse& message) override {
    std::optional<v1::WatchNodesResponse> news =
        watcher_.next(publisher_.head().id(), unix_ms_now());
    if (news) message = *std::move(news);
    return news.has_value();
  }

  NodeWatcher watcher_;
  Publisher& publisher_;
};

ProgressService::WaitReactor* ProgressService::wait(const v1::WaitActiveRequest& request) {
  const StateId head = publisher_.head().id();
  const uint64_t revision = request.revision() == 0 ? head.revision : request.revision();
  const uint32_t percent = request.percent() == 0 ? 100 : request.percent();
  if (revision > head.revision) {
    return waits_.refuse(absl::OutOfRangeError(
        str_cat("revision ", revision, " does not exist yet; the newest is ", head.revision)));
  }
  if (percent > 100) {
    return waits_.refuse(absl::InvalidArgumentError("percent must be 0 (which is 100) to 100"));
  }
  return waits_.start(std::make_shared<Wait>(registry_, publisher_, head.epoch, revision, percent),
                      registry_.changed());
}

ProgressService::WatchReactor* ProgressService::watch() {
  return watches_.start(std::make_shared<Watch>(registry_, publisher_), registry_.changed());
}

}  // namespace limpet
