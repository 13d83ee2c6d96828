// Tells the nodes' streams that there is a newer state, on a thread of its own: a change's commit
// waits for no node, and a burst of changes is told together (server/pace.h).
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "core/snapshot/snapshot.h"
#include "server/pace.h"
#include "server/publisher.h"

namespace limpet {

// Whether the way between two states is one of endpoints alone (Pace: urgent).
bool only_endpoints_differ(const Snapshot& from, const Snapshot& to);

// Thread-safe.
class FanOut {
 public:
  // `tell` is called on the thread of the fan-out, until stop() or the end. The publisher must
  // outlive it.
  FanOut(Publisher& publisher, std::function<void()> tell);
  ~FanOut() { stop(); }
  FanOut(const FanOut&) = delete;
  FanOut& operator=(const FanOut&) = delete;

  // No more calls after it returns.
  void stop();

 private:
  // Outlives the fan-out where the publisher is just notifying.
  struct Pending {
    std::mutex mutex;
    std::condition_variable wake;
    // Guarded by it:
    Pace pace;
    Snapshot seen;
    bool stopping = false;
  };

  static void on_published(Pending& pending, const Publisher& publisher);
  void run();

  const std::function<void()> tell_;
  const std::shared_ptr<Pending> pending_ = std::make_shared<Pending>();
  Signal::Subscription subscription_;
  std::thread thread_;
};

}  // namespace limpet
