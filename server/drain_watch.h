// Watches how far the nodes are with the drains of the published state.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include <absl/status/statusor.h>

#include "limpet/v1/sessions.pb.h"
#include "server/applier.h"
#include "server/drain_times.h"
#include "server/node_registry.h"
#include "server/publisher.h"

namespace limpet {

// Thread-safe.
class DrainWatch {
 public:
  // All must outlive it.
  DrainWatch(Applier& applier, const Publisher& publisher, const NodeRegistry& registry)
      : applier_(applier), publisher_(publisher), registry_(registry) {}

  // Looks at the state and the nodes: to be called after either has changed. Who calls it late
  // takes sessions for younger than they are, and never for older. The next deadline.
  std::optional<int64_t> look(int64_t now_unix_ms);
  // The EndpointStates whose time is over, and not yet ended.
  std::vector<EntryKey> due(int64_t now_unix_ms) const;

  // Waits for changes under way. NOT_FOUND: the Service, or the endpoint; INVALID_ARGUMENT: there
  // are several endpoints at that address.
  absl::StatusOr<v1::GetDrainResponse> get(const v1::GetDrainRequest& request,
                                           int64_t now_unix_ms);

 private:
  Applier& applier_;
  const Publisher& publisher_;
  const NodeRegistry& registry_;
  mutable std::mutex mutex_;
  DrainTimes times_;  // guarded by it
};

}  // namespace limpet
