// WaitActive and WatchNodes over gRPC: how far the nodes are, for as long as the caller listens.
#pragma once

#include <cstddef>

#include <grpcpp/grpcpp.h>

#include "limpet/v1/management.pb.h"
#include "server/answer_stream_grpc.h"
#include "server/node_registry.h"
#include "server/publisher.h"

namespace limpet {

// Thread-safe.
class ProgressService {
 public:
  static constexpr size_t kMaxWaits = 10'000;
  static constexpr size_t kMaxNodeWatches = 1000;

  using WaitReactor = grpc::ServerWriteReactor<v1::WaitActiveResponse>;
  using WatchReactor = grpc::ServerWriteReactor<v1::WatchNodesResponse>;

  // Both must outlive the service, and the service the gRPC server.
  ProgressService(NodeRegistry& registry, Publisher& publisher)
      : registry_(registry), publisher_(publisher) {}

  WaitReactor* wait(const v1::WaitActiveRequest& request);
  WatchReactor* watch();
  // For calls that are not to be: they end at once.
  static WaitReactor* refuse_wait(const absl::Status& status) {
    return AnswerStreams<v1::WaitActiveResponse>::refuse(status);
  }
  static WatchReactor* refuse_watch(const absl::Status& status) {
    return AnswerStreams<v1::WatchNodesResponse>::refuse(status);
  }

  // Ends every call, and each that comes later.
  void stop(const absl::Status& status) {
    waits_.stop(status);
    watches_.stop(status);
  }

 private:
  class Wait;
  class Watch;

  NodeRegistry& registry_;
  Publisher& publisher_;
  AnswerStreams<v1::WaitActiveResponse> waits_{kMaxWaits};
  AnswerStreams<v1::WatchNodesResponse> watches_{kMaxNodeWatches};
};

}  // namespace limpet
