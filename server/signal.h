// "Something has changed": tells whoever subscribed, who then looks for himself. Carries no
// data, so that a slow subscriber has no queue: he sees the newest state when he looks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace limpet {

// Thread-safe. Callbacks run on the notifying thread, outside of every lock of the Signal's; they
// may subscribe and unsubscribe. One may still be running, or run once more, while its
// Subscription ends on another thread: it must own, or hold weakly, what it touches.
class Signal {
  struct State {
    std::mutex mutex;
    uint64_t next_id = 0;
    std::map<uint64_t, std::shared_ptr<const std::function<void()>>> callbacks;
  };

 public:
  // Unsubscribes at its end. May outlive the Signal.
  class Subscription {
   public:
    Subscription() = default;
    Subscription(Subscription&& other) noexcept
        : state_(std::move(other.state_)), id_(other.id_) {}
    Subscription& operator=(Subscription&& other) noexcept {
      std::swap(state_, other.state_);
      std::swap(id_, other.id_);
      return *this;
    }
    ~Subscription() {
      const std::shared_ptr<State> state = state_.lock();
      if (state == nullptr) return;
      // The callback's end may run destructors of the subscriber's: not under the lock.
      std::shared_ptr<const std::function<void()>> ended;
      const std::lock_guard lock(state->mutex);
      const auto found = state->callbacks.find(id_);
      if (found == state->callbacks.end()) return;
      ended = std::move(found->second);
      state->callbacks.erase(found);
    }

   private:
    friend class Signal;
    Subscription(std::weak_ptr<State> state, uint64_t id) : state_(std::move(state)), id_(id) {}

    std::weak_ptr<State> state_;
    uint64_t id_ = 0;
  };

  [[nodiscard]] Subscription subscribe(std::function<void()> callback) {
    auto shared = std::make_shared<const std::function<void()>>(std::move(callback));
    const std::lock_guard lock(state_->mutex);
    const uint64_t id = state_->next_id++;
    state_->callbacks.emplace(id, std::move(shared));
    return Subscription(state_, id);
  }

  void notify() const {
    std::vector<std::shared_ptr<const std::function<void()>>> callbacks;
    {
      const std::lock_guard lock(state_->mutex);
      callbacks.reserve(state_->callbacks.size());
      for (const auto& [id, callback] : state_->callbacks) callbacks.push_back(callback);
    }
    for (const auto& callback : callbacks) (*callback)();
  }

 private:
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace limpet
