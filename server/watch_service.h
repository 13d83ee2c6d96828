// Watch over gRPC: carries messages from Watchers to their clients.
#pragma once

#include <cstddef>

#include <grpcpp/grpcpp.h>

#include "limpet/v1/management.pb.h"
#include "server/answer_stream_grpc.h"
#include "server/applier.h"
#include "server/publisher.h"
#include "server/serial_worker.h"

namespace limpet {

// Thread-safe.
class WatchService {
 public:
  static constexpr size_t kMaxWatches = 10'000;

  // All must outlive the service, but that `worker` may be gone first; the service must outlive
  // the gRPC server. What the publisher has forgotten is read on the worker.
  WatchService(Applier& applier, Publisher& publisher, SerialWorker& worker)
      : applier_(applier), publisher_(publisher), worker_(worker) {}

  grpc::ServerWriteReactor<v1::WatchResponse>* start(const v1::WatchRequest& request);

  // For a call that is not to be: ends at once.
  static grpc::ServerWriteReactor<v1::WatchResponse>* refuse(const absl::Status& status) {
    return AnswerStreams<v1::WatchResponse>::refuse(status);
  }

  // Ends every watch, and each that comes later.
  void stop(const absl::Status& status) { streams_.stop(status); }

 private:
  class Stream;

  Applier& applier_;
  Publisher& publisher_;
  SerialWorker& worker_;
  AnswerStreams<v1::WatchResponse> streams_{kMaxWatches};
};

}  // namespace limpet
