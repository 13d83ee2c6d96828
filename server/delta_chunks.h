// The way from one state to another as messages of the node stream.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "core/snapshot/snapshot.h"
#include "limpet/v1/discovery.pb.h"

namespace limpet {

// No message is longer, whatever the change.
inline constexpr size_t kMaxChunkBytes = 1024 * 1024;

using DeltaChunks = std::vector<v1::ServerMessage>;

// At least one message, also for an empty difference: the revision itself is news. From the empty
// state the messages carry everything.
// `adopt`: the receiver may leave its epoch by it (Delta.adopt).
DeltaChunks make_delta_chunks(const Snapshot& from, const Snapshot& to, bool adopt = false);

using EncodedChunks = std::vector<std::string>;  // serialised ServerMessages

// Nodes that go the same way at the same time share the bytes of one set of messages. Thread-safe.
class DeltaCache {
 public:
  std::shared_ptr<const EncodedChunks> get(const Snapshot& from, const Snapshot& to,
                                           bool adopt = false);

 private:
  // The states' names, serialised, and whether the receiver may leave its epoch.
  using Way = std::tuple<std::string, std::string, bool>;

  std::mutex mutex_;
  std::map<Way, std::weak_ptr<const EncodedChunks>> ways_;
};

}  // namespace limpet
