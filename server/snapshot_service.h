// SaveSnapshot and RestoreSnapshot over gRPC: whole databases, to the client and back.
#pragma once

#include <atomic>
#include <cstddef>
#include <filesystem>

#include <grpcpp/grpcpp.h>

#include "limpet/v1/management.pb.h"
#include "server/answer_stream_grpc.h"
#include "server/applier.h"
#include "server/node_registry.h"
#include "server/serial_worker.h"
#include "server/signal.h"

namespace limpet {

// Thread-safe. Files are written and read on a thread of their own: neither changes nor the nodes'
// streams wait for them, but for the moment in which a restored database takes its place.
class SnapshotService {
 public:
  static constexpr size_t kMaxSaves = 4;  // at a time, each with a file; of restores: one

  // Both must outlive the service, and the service the gRPC server. `data_dir` is where the
  // database is; what a crash left half done there is removed.
  SnapshotService(Applier& applier, NodeRegistry& registry, const std::filesystem::path& data_dir);

  grpc::ServerWriteReactor<v1::SaveSnapshotResponse>* save();
  grpc::ServerReadReactor<v1::RestoreSnapshotRequest>* restore(
      const Origin& origin, v1::RestoreSnapshotResponse* response);

  // For calls that are not to be: they end at once.
  static grpc::ServerWriteReactor<v1::SaveSnapshotResponse>* refuse_save(
      const absl::Status& status) {
    return AnswerStreams<v1::SaveSnapshotResponse>::refuse(status);
  }
  static grpc::ServerReadReactor<v1::RestoreSnapshotRequest>* refuse_restore(
      const absl::Status& status);

  // Ends every save, and each that comes later. Restores end with the gRPC server.
  void stop(const absl::Status& status) { saves_.stop(status); }

 private:
  class Save;
  class Restore;

  Applier& applier_;
  NodeRegistry& registry_;
  const std::filesystem::path save_path_;
  const Applier::RestoreFiles restore_files_;
  AnswerStreams<v1::SaveSnapshotResponse> saves_{kMaxSaves};
  Signal never_;  // a save has news only of its own
  std::atomic<bool> restoring_ = false;
  // The last: its jobs use all that is above.
  SerialWorker worker_;
};

}  // namespace limpet
