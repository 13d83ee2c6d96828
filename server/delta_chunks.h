// The way from one state to another as messages of the node stream.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/snapshot/snapshot.h"
#include "limpet/v1/discovery.pb.h"

namespace limpet {

// No message is longer, whatever the change.
inline constexpr size_t kMaxChunkBytes = 1024 * 1024;

using DeltaChunks = std::vector<v1::ServerMessage>;

// At least one message, also for an empty difference: the revision itself is news. From the empty
// state the messages carry everything.
DeltaChunks make_delta_chunks(const Snapshot& from, const Snapshot& to);

// Nodes that go the same way at the same time share one set of messages. Thread-safe.
class DeltaCache {
 public:
  std::shared_ptr<const DeltaChunks> get(const Snapshot& from, const Snapshot& to);

 private:
  using Way = std::pair<std::string, std::string>;  // the states' names, serialised

  std::mutex mutex_;
  std::map<Way, std::weak_ptr<const DeltaChunks>> ways_;
};

}  // namespace limpet
