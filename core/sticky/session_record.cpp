#include "core/sticky/session_record.h"

#include <algorithm>

namespace limpet {
namespace {

// As they stand in a token (token.h), which has room for so many bytes of bindings.
constexpr size_t kBindingBytes = 42;
constexpr size_t kTemporaryBytes = 8;
constexpr size_t kMaxBytes = 338;

size_t size_of(const Binding& binding) {
  return kBindingBytes + (binding.temporary == 0 ? 0 : kTemporaryBytes);
}

}  // namespace

const Binding* SessionRecord::find(uint64_t scope) const {
  for (const Binding& binding : bindings()) {
    if (binding.scope == scope) return &binding;
  }
  return nullptr;
}

void SessionRecord::put(const Binding& binding) {
  erase(binding.scope);
  // Others make room, be they younger: what has just been decided must not be lost.
  size_t bytes = size_of(binding);
  for (const Binding& other : bindings()) bytes += size_of(other);
  while (count_ == kMaxBindings || bytes > kMaxBytes) {
    bytes -= size_of(bindings_[0]);
    erase(bindings_[0].scope);
  }
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
