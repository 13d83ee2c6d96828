// The nodes' streams over gRPC: carries messages between the wire, NodeSession and NodeRegistry.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "limpet/v1/discovery.grpc.pb.h"
#include "server/access_grpc.h"
#include "server/delta_chunks.h"
#include "server/fan_out.h"
#include "server/node_registry.h"
#include "server/publisher.h"
#include "server/scoped_states.h"

namespace limpet {

// Thread-safe.
class DiscoveryService final
    : public v1::Discovery::WithRawCallbackMethod_Sync<v1::Discovery::Service> {
 public:
  static constexpr int kHeartbeatSeconds = 5;
  static constexpr size_t kMaxStreams = NodeRegistry::kMaxNodes + 1000;

  // How nodes get Secrets.
  struct SecretDelivery {
    OpenSecret open;
    bool plain_text = false;  // the streams are not encrypted: the log says so, once
  };

  // All must outlive the service, and the service the gRPC server.
  DiscoveryService(Publisher& publisher, NodeRegistry& registry, Access& access,
                   SecretDelivery secrets)
      : publisher_(publisher),
        registry_(registry),
        access_(access),
        parts_(publisher, std::move(secrets.open)),
        warn_of_plain_text_(secrets.plain_text),
        fan_out_(publisher, [this] { published(); }) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Sync(
      grpc::CallbackServerContext* context) override;

  // To be called every kHeartbeatSeconds: streams that have nothing to send send a heartbeat, and
  // those on which no Hello came in time are ended.
  void heartbeat();

  // What nodes get that serve only some of the Gateways. Lives as long as the service.
  ScopedStates& parts() { return parts_; }

  // Ends every stream, and each that comes later, with UNAVAILABLE.
  void stop();

 private:
  class Stream;

  void published();
  std::vector<std::shared_ptr<Stream>> streams() const;
  void remove(Stream* stream);

  Publisher& publisher_;
  NodeRegistry& registry_;
  Access& access_;
  ScopedStates parts_;
  DeltaCache deltas_;
  std::atomic<bool> warn_of_plain_text_;  // until it is done
  mutable std::mutex mutex_;
  bool stopped_ = false;
  std::unordered_map<Stream*, std::weak_ptr<Stream>> streams_;
  // The last: its thread uses all that is above.
  FanOut fan_out_;
};

}  // namespace limpet
