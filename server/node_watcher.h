// What one caller of WatchNodes has been told, and what it is told next. Knows no gRPC and has no
// queue: what changed meanwhile is told together, as it is then.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "limpet/v1/management.pb.h"
#include "server/node_registry.h"

namespace limpet {

// Not thread-safe.
class NodeWatcher {
 public:
  // The registry must outlive the watcher.
  explicit NodeWatcher(const NodeRegistry& registry) : registry_(registry) {}

  // All nodes at first, also when there is none; then those that have changed, if any.
  std::optional<v1::WatchNodesResponse> next(const StateId& head, int64_t now_unix_ms);

 private:
  const NodeRegistry& registry_;
  bool began_ = false;
  uint64_t version_ = 0;
  uint64_t forgotten_ = 0;
  std::set<std::string> told_;  // ids of nodes
};

}  // namespace limpet
