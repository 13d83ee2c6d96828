#include "core/balance/rendezvous.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace limpet {
namespace {

// -log2(x / 2^64) in units of 2^-32, for x > 0: the integer part from the position of the highest
// bit, the fraction bit by bit by repeated squaring of the mantissa.
uint64_t negative_log2(uint64_t x) {
  const unsigned leading_zeros = static_cast<unsigned>(std::countl_zero(x));
  uint64_t mantissa = x << leading_zeros;  // in [1, 2), as 1.63 fixed point
  uint64_t fraction = 0;
  for (int bit = 31; bit >= 0; --bit) {
    const auto square = static_cast<unsigned __int128>(mantissa) * mantissa;  // 2.126
    const bool carry = (square >> 127) != 0;                                  // >= 2
    if (carry) fraction |= uint64_t{1} << bit;
    mantissa = static_cast<uint64_t>(carry ? square >> 64 : square >> 63);
  }
  const uint64_t log2 = (uint64_t{63 - leading_zeros} << 32) + fraction;
  return (uint64_t{64} << 32) - log2;
}

}  // namespace

uint64_t hash64(uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

// FNV-1a, with the finaliser above.
uint64_t hash64(std::string_view bytes) {
  uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return std::max<uint64_t>(1, hash64(hash));
}

uint64_t rendezvous_score(uint64_t session_id, uint64_t candidate_id, uint32_t weight) {
  if (weight == 0) return 0;
  const uint64_t hash = std::max<uint64_t>(1, hash64(session_id ^ hash64(candidate_id)));
  // The exponential variate -ln(u)/w is smallest for the winner; the base of the logarithm does
  // not matter for the order. 20 more bits keep large weights apart.
  const uint64_t variate = (negative_log2(hash) << 20) / weight;
  return std::numeric_limits<uint64_t>::max() - variate;
}

const Endpoint* rendezvous_choice(const Cluster& cluster, uint64_t session_id,
                                  std::span<const uint64_t> tried) {
  if (!cluster.cumulative.empty()) {
    return rendezvous_choice(cluster, session_id, tried,
                             [](const Endpoint& endpoint) { return endpoint.weight; });
  }
  const Endpoint* best = nullptr;
  uint64_t best_score = 0;
  for (const uint32_t index : cluster.eligible) {
    const Endpoint& endpoint = cluster.endpoints[index];
    if (std::find(tried.begin(), tried.end(), endpoint.uid) != tried.end()) continue;
    const uint64_t score = hash64(session_id ^ hash64(endpoint.uid));
    if (best == nullptr || score > best_score) {
      best = &endpoint;
      best_score = score;
    }
  }
  return best;
}

}  // namespace limpet
