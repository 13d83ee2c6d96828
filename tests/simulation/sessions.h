// What tokens say, as the simulation keeps it: from what it saw happen, never from a token.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/facts.h"

namespace limpet::simulation {

struct Bound {
  std::string scope;
  Identity identity;
  int64_t created_s = 0;  // on the clock of the node that bound it
  int64_t true_s = 0;     // in truth
  When decided;
  // When a token last said that the session is in use: on nodes' clocks, and in truth.
  int64_t seen_s = 0;
  int64_t seen_true_s = 0;
  Identity stand_in;  // serves for the time being; empty: nobody does
};

struct Session {
  static constexpr size_t kMaxBounds = 8;

  uint64_t id = 0;
  std::string cookie;
  uint32_t key = 0;               // that seals it
  When minted;                    // the state of the node that did
  std::vector<Bound> bounds;      // oldest first, as the clocks had it
  std::set<std::string> dropped;  // scopes that had to make room

  const Bound* find(const std::string& scope) const;
  void put(Bound bound);
  int64_t latest_s() const;
};
using SessionPtr = std::shared_ptr<const Session>;

// By token. A token that is not there is none of ours.
using Tokens = std::map<std::string, SessionPtr>;

}  // namespace limpet::simulation
