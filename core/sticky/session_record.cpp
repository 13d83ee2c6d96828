#include "core/sticky/session_record.h"

#include <algorithm>

namespace limpet {

const Binding* SessionRecord::find(uint64_t scope) const {
  for (const Binding& binding : bindings()) {
    if (binding.scope == scope) return &binding;
  }
  return nullptr;
}

void SessionRecord::put(const Binding& binding) {
  erase(binding.scope);
  if (count_ == kMaxBindings) erase(bindings_[0].scope);
  auto end = bindings_.begin() + static_cast<ptrdiff_t>(count_);
  const auto place = std::upper_bound(
      bindings_.begin(), end, binding,
      [](const Binding& a, const Binding& b) { return a.created_unix_s < b.created_unix_s; });
  std::move_backward(place, end, end + 1);
  *place = binding;
  ++count_;
}

void SessionRecord::erase(uint64_t scope) {
  const auto end = bindings_.begin() + static_cast<ptrdiff_t>(count_);
  const auto rest = std::remove_if(bindings_.begin(), end, [scope](const Binding& binding) {
    return binding.scope == scope;
  });
  count_ = static_cast<size_t>(rest - bindings_.begin());
}

uint32_t SessionRecord::latest_unix_s() const {
  uint32_t latest = 0;
  for (const Binding& binding : bindings()) {
    latest = std::max({latest, binding.created_unix_s, binding.last_seen_unix_s});
  }
  return latest;
}

}  // namespace limpet
