// Watch over gRPC: carries messages from Watchers to their clients.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>

#include <grpcpp/grpcpp.h>

#include "limpet/v1/management.pb.h"
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

  // Ends every watch, and each that comes later, with UNAVAILABLE.
  void stop();

 private:
  class Stream;

  void remove(Stream* stream);

  Applier& applier_;
  Publisher& publisher_;
  SerialWorker& worker_;
  std::mutex mutex_;
  bool stopped_ = false;
  std::unordered_map<Stream*, std::weak_ptr<Stream>> streams_;
};

}  // namespace limpet
