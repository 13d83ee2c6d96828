// Turns the keys that seal session tokens (server/keys.h) as time passes and nodes come to have
// them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/system_timer.hpp>

#include "server/applier.h"
#include "server/keys.h"
#include "server/node_registry.h"
#include "server/publisher.h"
#include "server/serial_worker.h"
#include "server/signal.h"

namespace limpet {

// Lives on the io_context's one thread; steps are made on the worker, one at a time. What a full
// worker does not take, or a disk, is tried again.
class KeyRotation : public std::enable_shared_from_this<KeyRotation> {
 public:
  static constexpr int64_t kRetryMs = 1000;
  static constexpr size_t kMaxBegan = 1000;  // streams that one step looks at

  // All must outlive it and its jobs, which end with the worker.
  struct Parts {
    boost::asio::io_context& io;
    Publisher& publisher;
    NodeRegistry& registry;
    Applier& applier;
    SerialWorker& worker;
  };

  struct Times {
    int64_t rotate_after_ms = 0;  // the age at which a key is replaced; 0: only when asked to
    // From then on nodes that were there before the server's start count as gone if they are not
    // back: a new key does not wait for them.
    int64_t settled_unix_ms = 0;
  };
  static std::shared_ptr<KeyRotation> start(Parts parts, Times times);

 private:
  KeyRotation(Parts parts, Times times);

  void look();  // after the state or the nodes have changed
  // True: a connected node still mints with an older key.
  bool look_for_late_nodes(const Snapshot& head);
  void wait(const Snapshot& head, int64_t least_ms);
  void wake_at(int64_t unix_ms);
  void step();
  void stepped(const absl::Status& status, const std::vector<StateId>& began);

  Parts parts_;
  const Times times_;
  boost::asio::system_timer timer_;  // keys go by the wall clock
  bool stepping_ = false;            // a job is with the worker
  bool again_ = false;               // something came meanwhile
  uint64_t nodes_version_ = 0;       // of the last look
  std::vector<StateId> began_;       // KeyFacts::began of the next step
  std::vector<Signal::Subscription> subscriptions_;
};

}  // namespace limpet
