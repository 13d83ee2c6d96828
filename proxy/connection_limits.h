// How many client connections a node holds, in all and from one address. Shared by its workers, and
// asked for each connection, not for each request.
//
// Threading: any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include <absl/container/flat_hash_map.h>

namespace limpet {

class ConnectionLimits {
 public:
  // `max_per_address`: 0 for no limit but the node's.
  ConnectionLimits(size_t max_connections, size_t max_per_address)
      : max_connections_(max_connections), max_per_address_(max_per_address) {}

  // Whether another connection may be accepted; it counts from now on.
  bool enter();
  void leave() { connections_.fetch_sub(1, std::memory_order_relaxed); }
  // Of one that is there already, whatever the limit.
  void enter_beyond() { connections_.fetch_add(1, std::memory_order_relaxed); }

  // Likewise for the client's address, once it is known.
  bool enter_address(std::string_view ip);
  void leave_address(std::string_view ip);

 private:
  const size_t max_connections_;
  const size_t max_per_address_;
  std::atomic<size_t> connections_{0};

  std::mutex mutex_;
  absl::flat_hash_map<std::string, size_t> of_address_;  // guarded by mutex_
};

}  // namespace limpet
