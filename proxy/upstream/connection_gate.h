// How many connections and requests there are to the endpoints of a Service port, and the requests
// that wait for one of them to end, in their order.
//
// A Place is what a request holds from before its first connection until its end; a connection that
// leaves HTTP keeps its own until it closes. Connections that idle between two requests have none:
// OpenConnection counts them, too, so that their number stays within the limit as well.
//
// Threading: any thread. Without anybody waiting, entering and leaving is a few atomic operations;
// the lock is for the queue.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

#include "core/balance/gate_limits.h"
#include "core/base/live_slot.h"

namespace limpet {

class ConnectionGate final : public Living {
 public:
  // Movable; empty when it holds nothing.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept { *this = std::move(other); }
    Place& operator=(Place&& other) noexcept;
    ~Place() { leave(); }

    explicit operator bool() const { return gate_ != nullptr; }
    // The request is over; the connection goes on.
    void end_request();
    void leave();

   private:
    friend class ConnectionGate;
    std::shared_ptr<ConnectionGate> gate_;
    bool request_ = false;
  };

  // A connection that is open, in use or not.
  class OpenConnection {
   public:
    OpenConnection() = default;
    explicit OpenConnection(std::shared_ptr<ConnectionGate> gate) : gate_(std::move(gate)) {
      gate_->open_.fetch_add(1, std::memory_order_relaxed);
    }
    OpenConnection(OpenConnection&&) noexcept = default;
    OpenConnection& operator=(OpenConnection&& other) noexcept {
      std::swap(gate_, other.gate_);
      return *this;
    }
    ~OpenConnection() {
      if (gate_ != nullptr) gate_->open_.fetch_sub(1, std::memory_order_relaxed);
    }
    const ConnectionGate* gate() const { return gate_.get(); }

   private:
    std::shared_ptr<ConnectionGate> gate_;
  };

  // A request in the queue. Leaves it when destroyed, and then leaves the place, too, that it may
  // have been given meanwhile.
  class Waiter {
   public:
    // `wake` is called once the place is there, from any thread and with the gate's lock held: it
    // may do no more than to tell another thread.
    explicit Waiter(std::function<void()> wake) : wake_(std::move(wake)) {}
    ~Waiter();
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    // The place, once it is there; empty before. To be taken once.
    Place take();

   private:
    friend class ConnectionGate;
    const std::function<void()> wake_;
    std::shared_ptr<ConnectionGate> gate_;  // null: not in a queue
    bool granted_ = false;                  // guarded by the gate's mutex
    std::list<Waiter*>::iterator at_;       // likewise; while in its queue
  };

  enum class Entry {
    kEntered,  // `place` is the request's
    kWaiting,  // `waiter` stands in the queue
    kFull,
  };
  // `waiter` may be null: then nothing waits. Limits that differ from those before hold from now
  // on. The gate lives as long as a place in it.
  static Entry enter(const std::shared_ptr<ConnectionGate>& gate, const GateLimits& limits,
                     Place& place, Waiter* waiter);

  uint32_t connections() const { return connections_.load(std::memory_order_relaxed); }
  uint32_t requests() const { return requests_.load(std::memory_order_relaxed); }
  uint32_t pending() const { return pending_.load(std::memory_order_relaxed); }
  uint32_t open() const { return open_.load(std::memory_order_relaxed); }

 private:
  enum class Taken { kBoth, kNoConnection, kNoRequest };

  Taken take(const GateLimits& limits);
  // Enters, or puts the waiter into the queue, which comes before whoever does not wait.
  Entry enter_slowly(const GateLimits& limits, Waiter* waiter);
  void leave(bool connection, bool request);
  void grant();  // Requires: mutex_ is held

  // Sequentially consistent, as pending_ is: whoever leaves sees that somebody waits, or whoever is
  // about to wait sees that there is room.
  std::atomic<uint32_t> connections_{0};
  std::atomic<uint32_t> requests_{0};
  std::atomic<uint32_t> pending_{0};  // changed under mutex_
  std::atomic<uint32_t> open_{0};

  std::mutex mutex_;
  GateLimits limits_;           // guarded by mutex_; those of the queue
  std::list<Waiter*> queue_;    // guarded by mutex_
};

}  // namespace limpet
