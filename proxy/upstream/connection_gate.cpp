#include "proxy/upstream/connection_gate.h"

namespace limpet {
namespace {

bool add_below(std::atomic<uint32_t>& count, uint32_t limit) {
  if (limit == 0) {
    count.fetch_add(1);
    return true;
  }
  uint32_t now = count.load();
  while (now < limit) {
    if (count.compare_exchange_weak(now, now + 1)) return true;
  }
  return false;
}

}  // namespace

ConnectionGate::Place& ConnectionGate::Place::operator=(Place&& other) noexcept {
  leave();
  gate_ = std::exchange(other.gate_, nullptr);
  request_ = std::exchange(other.request_, false);
  return *this;
}

void ConnectionGate::Place::end_request() {
  if (std::exchange(request_, false)) gate_->leave(false, true);
}

void ConnectionGate::Place::leave() {
  if (gate_ == nullptr) return;
  gate_->leave(true, std::exchange(request_, false));
  gate_ = nullptr;
}

ConnectionGate::Waiter::~Waiter() {
  if (gate_ == nullptr) return;
  bool granted = false;
  {
    const std::lock_guard lock(gate_->mutex_);
    granted = granted_;
    if (!granted) {
      gate_->pending_.fetch_sub(1);
      gate_->queue_.erase(at_);
    }
  }
  if (granted) gate_->leave(true, true);
}

ConnectionGate::Place ConnectionGate::Waiter::take() {
  Place place;
  if (gate_ == nullptr) return place;
  const std::lock_guard lock(gate_->mutex_);
  if (!granted_) return place;
  place.gate_ = gate_;
  place.request_ = true;
  // The lock's mutex lives on with the place's gate.
  gate_ = nullptr;
  return place;
}

ConnectionGate::Entry ConnectionGate::enter(const std::shared_ptr<ConnectionGate>& gate,
                                            const GateLimits& limits, Place& place,
                                            Waiter* waiter) {
  // With nobody in the queue, nobody is overtaken.
  const Taken taken = gate->pending_.load() == 0 ? gate->take(limits) : Taken::kNoConnection;
  if (taken == Taken::kNoRequest) return Entry::kFull;
  const Entry entry =
      taken == Taken::kBoth ? Entry::kEntered : gate->enter_slowly(limits, waiter);
  if (entry == Entry::kWaiting) waiter->gate_ = gate;
  if (entry == Entry::kEntered) {
    place.gate_ = gate;
    place.request_ = true;
  }
  return entry;
}

ConnectionGate::Entry ConnectionGate::enter_slowly(const GateLimits& limits, Waiter* waiter) {
  const std::lock_guard lock(mutex_);
  limits_ = limits;
  grant();
  // Before the last look: whoever leaves after it sees that somebody is about to wait.
  pending_.fetch_add(1);
  const Taken taken = queue_.empty() ? take(limits) : Taken::kNoConnection;
  if (taken == Taken::kNoConnection && waiter != nullptr && queue_.size() < limits.pending) {
    waiter->at_ = queue_.insert(queue_.end(), waiter);
    return Entry::kWaiting;
  }
  pending_.fetch_sub(1);
  return taken == Taken::kBoth ? Entry::kEntered : Entry::kFull;
}

ConnectionGate::Taken ConnectionGate::take(const GateLimits& limits) {
  if (!add_below(requests_, limits.requests)) return Taken::kNoRequest;
  if (add_below(connections_, limits.connections)) return Taken::kBoth;
  requests_.fetch_sub(1);
  return Taken::kNoConnection;
}

void ConnectionGate::leave(bool connection, bool request) {
  if (connection) connections_.fetch_sub(1);
  if (request) requests_.fetch_sub(1);
  if (pending_.load() == 0) return;
  const std::lock_guard lock(mutex_);
  grant();
}

void ConnectionGate::grant() {
  while (!queue_.empty() && take(limits_) == Taken::kBoth) {
    Waiter* const first = queue_.front();
    queue_.pop_front();
    pending_.fetch_sub(1);
    first->granted_ = true;
    first->wake_();
  }
}

}  // namespace limpet
