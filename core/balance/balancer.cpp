#include "core/balance/balancer.h"

#include <algorithm>

#include "core/balance/outlier.h"
#include "core/balance/rendezvous.h"

namespace limpet {
namespace {

using Uids = std::span<const uint64_t>;

// So many that were drawn are turned down for one request, because they are ejected or not warm.
constexpr int kMaxTurnedDown = 64;

bool contains(Uids uids, uint64_t uid) {
  return std::find(uids.begin(), uids.end(), uid) != uids.end();
}

const Endpoint& at(const Cluster& cluster, size_t place) {
  return cluster.endpoints[cluster.eligible[place]];
}

// The place whose part of all weights has the point, which is a fraction in units of 2^-32.
size_t place_at(const Cluster& cluster, uint64_t point) {
  const std::vector<uint32_t>& sums = cluster.cumulative;
  if (sums.empty()) return point * cluster.eligible.size() >> 32;
  const auto found =
      std::upper_bound(sums.begin(), sums.end(), static_cast<uint32_t>(point * sums.back() >> 32));
  return static_cast<size_t>(found - sums.begin());
}

// Multiples of the golden ratio modulo 1 spread evenly at any length of the sequence, so every
// weight gets its share smoothly and without a lock.
size_t place_of_turn(const Cluster& cluster, uint64_t turn) {
  if (cluster.cumulative.empty()) return turn % cluster.eligible.size();
  return place_at(cluster, (turn * 0x9E3779B97F4A7C15U) >> 32);
}

// By turn; who is ejected or not warm loses turns, which go to all others alike. Sets the turn that
// it was.
size_t draw(const Cluster& cluster, int64_t now_ms, uint64_t& turn) {
  size_t place = 0;
  for (int turned_down = 0; turned_down <= kMaxTurnedDown; ++turned_down) {
    turn = cluster.rotation->next();
    place = place_of_turn(cluster, turn);
    const Endpoint& endpoint = at(cluster, place);
    if (is_ejected(cluster, endpoint, now_ms)) continue;
    const uint32_t share = warm_share(cluster, endpoint, now_ms);
    if (share == kFullShare || hash64(turn) % kFullShare < share) return place;
  }
  return place;
}

// The first from there on, in their order, that is neither `but` nor among the tried; of weight 0
// when no other is left. Null when all are.
const Endpoint* next_from(const Cluster& cluster, size_t start, Uids tried,
                          const Endpoint* but = nullptr) {
  const size_t count = cluster.eligible.size();
  const Endpoint* last = nullptr;
  for (size_t i = 0; i < count; ++i) {
    const Endpoint& endpoint = at(cluster, (start + i) % count);
    if (&endpoint == but || contains(tried, endpoint.uid)) continue;
    if (endpoint.weight != 0) return &endpoint;
    if (last == nullptr) last = &endpoint;
  }
  return last;
}

// Whether the one has fewer requests for its weight and warmth than the other.
bool has_less(const Cluster& cluster, const Endpoint& one, const Endpoint& other,
              int64_t now_ms) {
  if ((one.weight == 0) != (other.weight == 0)) return other.weight == 0;
  const auto capacity = [&](const Endpoint& endpoint) {
    return uint64_t{std::max(1U, endpoint.weight)} * warm_share(cluster, endpoint, now_ms);
  };
  const auto load = [](const Endpoint& endpoint) {
    return uint64_t{endpoint.live->in_flight.load(std::memory_order_relaxed)};
  };
  return load(one) * capacity(other) < load(other) * capacity(one);
}

// Power of two choices (Mitzenmacher 2001). Equally loaded ones have their turns.
const Endpoint* less_loaded(const Cluster& cluster, Uids tried, int64_t now_ms) {
  uint64_t turn = 0;
  const size_t place = draw(cluster, now_ms, turn);
  const Endpoint* one = next_from(cluster, place, tried);
  if (one == nullptr || is_ejected(cluster, *one, now_ms)) return one;
  const size_t second = place_at(cluster, hash64(turn) >> 32);
  const Endpoint* other = &at(cluster, second);
  if (other == one || contains(tried, other->uid)) {
    other = next_from(cluster, second + 1, tried, one);
  }
  if (other == nullptr || is_ejected(cluster, *other, now_ms)) return one;
  return has_less(cluster, *other, *one, now_ms) ? other : one;
}

}  // namespace

uint32_t warm_share(const Cluster& cluster, const Endpoint& endpoint, int64_t now_ms) {
  const int64_t window_ms = cluster.balancing.slow_start_ms;
  if (window_ms == 0) return kFullShare;
  int64_t began_ms = endpoint.warmup == nullptr ? kLongAgoMs : endpoint.warmup->began_ms(now_ms);
  if (cluster.outlier.on()) {
    began_ms = std::max(began_ms,
                        endpoint.live->ejected_until_ms.load(std::memory_order_relaxed));
  }
  // Another worker's clock may be a tick ahead of this one's.
  const int64_t elapsed_ms = std::max<int64_t>(0, now_ms - began_ms);
  if (elapsed_ms >= window_ms) return kFullShare;
  return std::max(kLeastShare, static_cast<uint32_t>(elapsed_ms * kFullShare / window_ms));
}

const Endpoint* CandidateWalk::next(const Cluster& cluster, uint64_t key, Uids tried,
                                    int64_t now_ms) {
  const size_t count = cluster.eligible.size();
  if (tried.size() >= count) return nullptr;
  if (cluster.plain) {
    if (tried.empty()) start_ = cluster.rotation->next() % count;
    return &at(cluster, (start_ + tried.size()) % count);
  }
  if (cluster.balancing.type == BalancerType::kLeastRequest) {
    return less_loaded(cluster, tried, now_ms);
  }
  if (cluster.balancing.type == BalancerType::kHash && key != 0) {
    return rendezvous_choice(cluster, key, tried, [&](const Endpoint& endpoint) {
      return endpoint.weight * warm_share(cluster, endpoint, now_ms);
    });
  }
  uint64_t turn = 0;
  if (tried.empty()) start_ = draw(cluster, now_ms, turn);
  return next_from(cluster, start_, tried);
}

}  // namespace limpet
