#include "tests/simulation/sessions.h"

#include <algorithm>

namespace limpet::simulation {
namespace {

// A token has room for so many bytes of places, which take more with somebody who stands in.
constexpr size_t kRoom = 338;
size_t size_of(const Bound& bound) { return bound.stand_in.empty() ? 42 : 50; }

}  // namespace

const Bound* Session::find(const std::string& scope) const {
  for (const Bound& bound : bounds) {
    if (bound.scope == scope) return &bound;
  }
  return nullptr;
}

void Session::put(Bound bound) {
  std::erase_if(bounds, [&](const Bound& other) { return other.scope == bound.scope; });
  size_t size = size_of(bound);
  for (const Bound& other : bounds) size += size_of(other);
  while (bounds.size() == kMaxBounds || size > kRoom) {
    size -= size_of(bounds.front());
    dropped.insert(bounds.front().scope);
    bounds.erase(bounds.begin());
  }
  dropped.erase(bound.scope);
  auto place = bounds.end();
  while (place != bounds.begin() && std::prev(place)->created_s > bound.created_s) --place;
  bounds.insert(place, std::move(bound));
}

int64_t Session::latest_s() const {
  int64_t latest = 0;
  for (const Bound& bound : bounds) latest = std::max(latest, bound.seen_s);
  return latest;
}

}  // namespace limpet::simulation
