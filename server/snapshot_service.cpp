#include "server/snapshot_service.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/text.h"
#include "core/snapshot/wire.h"
#include "server/context.h"
#include "server/grpc_status.h"
#include "server/snapshot_file.h"

namespace limpet {
namespace {

absl::Status busy() {
  return absl::ResourceExhaustedError(
      str_cat(SerialWorker::kMaxJobs, " parts of files are waiting; try again later"));
}

}  // namespace

// One SaveSnapshot: a message is read from the file when the one before it is written.
class SnapshotService::Save final : public AnswerStream<v1::SaveSnapshotResponse> {
 public:
  explicit Save(SnapshotService& service) : service_(service) {}

 private:
  bool next(v1::SaveSnapshotResponse& message) override {
    if (ready_) {
      message = *std::exchange(ready_, std::nullopt);
      if (!message.sha256().empty()) end_after_this();
      return true;
    }
    if (!fetching_) fetch();
    return false;
  }

  // Requires: the lock is held.
  void fetch() {
    fetching_ = true;
    const bool accepted =
        service_.worker_.post([stream = shared_from_this(), this] { on_fetched(read_next()); });
    if (!accepted) end_locked(to_grpc(busy()));
  }

  // On the worker.
  absl::StatusOr<v1::SaveSnapshotResponse> read_next() {
    if (!file_) {
      const absl::StatusOr<StateId> saved = service_.applier_.save_to(service_.save_path_);
      if (!saved.ok()) return saved.status();
      auto file = SnapshotDownload::open(service_.save_path_, *saved);
      if (!file.ok()) return file.status();
      file_.emplace(*std::move(file));
    }
    return file_->next();
  }

  void on_fetched(absl::StatusOr<v1::SaveSnapshotResponse> message) {
    {
      const std::lock_guard lock(mutex_);
      fetching_ = false;
      if (!message.ok()) return end_locked(to_grpc(message.status()));
      ready_ = *std::move(message);
    }
    look();
  }

  SnapshotService& service_;
  std::optional<SnapshotDownload> file_;  // of the worker alone
  // Guarded by the lock:
  bool fetching_ = false;
  std::optional<v1::SaveSnapshotResponse> ready_;
};

// One RestoreSnapshot. A message is being read, or the worker has it, never both: what is here
// needs no lock. Lives until OnDone().
class SnapshotService::Restore final : public grpc::ServerReadReactor<v1::RestoreSnapshotRequest> {
 public:
  Restore(SnapshotService& service, Origin origin, v1::RestoreSnapshotResponse* response)
      : service_(service), origin_(std::move(origin)), response_(response) {}

  void start() { StartRead(&incoming_); }

  void OnReadDone(bool ok) override {
    if (!ok) {
      return end(to_grpc(absl::InvalidArgumentError(
          "the file ended before its checksum came; nothing was changed")));
    }
    if (!service_.worker_.post([this] { take(); })) end(to_grpc(busy()));
  }

  void OnDone() override { delete this; }

 private:
  // Whoever has the answer may begin the next, and finds nothing of this one.
  void end(const grpc::Status& status) {
    upload_.reset();
    service_.restoring_ = false;
    Finish(status);
  }

  // On the worker.
  void take() {
    if (absl::Status added = upload_->add(incoming_); !added.ok()) return end(to_grpc(added));
    if (!upload_->complete()) return StartRead(&incoming_);
    const v1::ChangeOptions& options = upload_->options();
    const Applier::Restored done =
        service_.applier_.restore(service_.restore_files_, options, origin_, make_change_context());
    if (done.status.ok()) {
      answer(done);
      // Whoever waits for nodes to serve a state of the old epoch waits in vain.
      if (!options.validate_only()) service_.registry_.changed().notify();
    }
    end(to_grpc(done.status, done.violations));
  }

  void answer(const Applier::Restored& done) {
    *response_->mutable_state() = to_proto(done.state);
    *response_->mutable_saved() = to_proto(done.saved);
    *response_->mutable_replaced() = to_proto(done.replaced);
    response_->set_held_nodes(service_.registry_.of_other_epochs(done.state.epoch));
    response_->set_created(done.created);
    response_->set_changed(done.changed);
    response_->set_deleted(done.deleted);
    response_->set_kept_keys(done.kept_keys);
    if (upload_->options().validate_only()) return;
    spdlog::warn("{} ({}) has restored revision {} as revision {}, of a new epoch; to adopt: {}",
                 origin_.actor.empty() ? "somebody" : origin_.actor, origin_.peer,
                 done.saved.revision, done.state.revision, response_->held_nodes());
  }

  SnapshotService& service_;
  const Origin origin_;
  v1::RestoreSnapshotResponse* const response_;  // until Finish()
  v1::RestoreSnapshotRequest incoming_;
  std::optional<SnapshotUpload> upload_{std::in_place, service_.restore_files_.saved};
};

SnapshotService::SnapshotService(Applier& applier, NodeRegistry& registry,
                                 const std::filesystem::path& data_dir)
    : applier_(applier),
      registry_(registry),
      save_path_(data_dir / "save.tmp"),
      restore_files_{data_dir / "restore.tmp", data_dir / "limpet.db.replaced"} {
  // The Store writes a file beside its place first, and calls it so.
  for (const char* name : {"save.tmp", "save.tmp.tmp", "restore.tmp", "limpet.db.replaced.tmp"}) {
    remove_database(data_dir / name);
  }
}

grpc::ServerWriteReactor<v1::SaveSnapshotResponse>* SnapshotService::save() {
  return saves_.start(std::make_shared<Save>(*this), never_);
}

grpc::ServerReadReactor<v1::RestoreSnapshotRequest>* SnapshotService::restore(
    const Origin& origin, v1::RestoreSnapshotResponse* response) {
  if (restoring_.exchange(true)) {
    return refuse_restore(
        absl::ResourceExhaustedError("another restore is running; try again later"));
  }
  auto* restore = new Restore(*this, origin, response);
  restore->start();
  return restore;
}

grpc::ServerReadReactor<v1::RestoreSnapshotRequest>* SnapshotService::refuse_restore(
    const absl::Status& status) {
  class Refused final : public grpc::ServerReadReactor<v1::RestoreSnapshotRequest> {
   public:
    explicit Refused(const absl::Status& why) { Finish(to_grpc(why)); }
    void OnDone() override { delete this; }
  };
  return new Refused(status);
}

}  // namespace limpet
