#include "tests/simulation/ranking.h"

#include <algorithm>

#include "core/base/text.h"

namespace limpet::simulation {
namespace {

const Candidate* find(const std::vector<Candidate>& candidates, const std::string& name) {
  const auto found =
      std::find_if(candidates.begin(), candidates.end(),
                   [&](const Candidate& candidate) { return candidate.name == name; });
  return found == candidates.end() ? nullptr : &*found;
}

std::string words(const Candidate& candidate) {
  return str_cat(candidate.name, " (weight ", candidate.weight, ")");
}

}  // namespace

std::string Ranking::contradiction(const std::string& session,
                                   const std::vector<Candidate>& candidates,
                                   const std::string& chosen) const {
  const Candidate* const best = find(candidates, chosen);
  if (best == nullptr) return str_cat(chosen, " is none that may be chosen");
  const auto known = orders_.find(session);
  for (const Candidate& other : candidates) {
    if (other.name == chosen) continue;
    if (best->weight == 0 && other.weight != 0) {
      return str_cat(words(*best), " is chosen beside ", words(other));
    }
    if (known == orders_.end()) continue;
    const bool first = *best < other;
    const auto order = known->second.find(first ? Pair(*best, other) : Pair(other, *best));
    if (order != known->second.end() && order->second != first) {
      return str_cat("session ", session, " chose ", words(other), " before, and now ",
                     words(*best), ", with both there");
    }
  }
  return {};
}

void Ranking::note(const std::string& session, const std::vector<Candidate>& candidates,
                   const std::string& chosen) {
  const Candidate* const best = find(candidates, chosen);
  if (best == nullptr || candidates.size() == 1) return;
  std::map<Pair, bool>& orders = orders_[session];
  for (const Candidate& other : candidates) {
    if (other.name == chosen) continue;
    const bool first = *best < other;
    const Pair pair = first ? Pair(*best, other) : Pair(other, *best);
    if (!orders.emplace(pair, first).second || candidates.size() != 2) continue;
    if (best->weight == other.weight) {
      const auto [last, fresh] = last_.emplace(pair, first);
      if (!fresh) {
        ++spread_.pairs;
        spread_.differ += last->second == first ? 0 : 1;
      }
      last->second = first;
    } else if (best->weight != 0 && other.weight != 0) {
      const double heavy = std::max(best->weight, other.weight);
      ++spread_.unlike;
      spread_.expected += heavy / (best->weight + other.weight);
      spread_.observed += best->weight > other.weight ? 1 : 0;
    }
  }
}

}  // namespace limpet::simulation
