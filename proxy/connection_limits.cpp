#include "proxy/connection_limits.h"

#include "core/base/text.h"

namespace limpet {

bool ConnectionLimits::enter() {
  if (connections_.fetch_add(1, std::memory_order_relaxed) < max_connections_) return true;
  leave();
  return false;
}

bool ConnectionLimits::enter_address(std::string_view ip) {
  if (max_per_address_ == 0) return true;
  const std::lock_guard lock(mutex_);
  size_t& count = of_address_[absl_view(ip)];
  if (count >= max_per_address_) return false;
  ++count;
  return true;
}

void ConnectionLimits::leave_address(std::string_view ip) {
  if (max_per_address_ == 0) return;
  const std::lock_guard lock(mutex_);
  const auto found = of_address_.find(absl_view(ip));
  if (found != of_address_.end() && --found->second == 0) of_address_.erase(found);
}

}  // namespace limpet
