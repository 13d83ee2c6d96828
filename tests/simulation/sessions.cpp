#include "tests/simulation/sessions.h"

#include <algorithm>

namespace limpet::simulation {

const Bound* Session::find(const std::string& scope) const {
  for (const Bound& bound : bounds) {
    if (bound.scope == scope) return &bound;
  }
  return nullptr;
}

void Session::put(Bound bound) {
  std::erase_if(bounds, [&](const Bound& other) { return other.scope == bound.scope; });
  if (bounds.size() == kMaxBounds) {
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
