// The invariants, one by one, on one request. Numbers are those that the summary prints.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "tests/simulation/gateway.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/ranking.h"

namespace limpet::simulation {

enum Invariant : size_t {
  kReasoned = 1,  // no session moves without a reason of the list
  kAlike,         // nodes at one state answer alike
  kNeverLowered,  // a node that is behind undoes nothing newer
  kOnce,          // a session moves once per reason
  kListed,        // nobody is chosen who is not listed; nobody inherits
  kOwnView,       // what one node alone cannot reach rewrites no cookie
  kInvariants,
};
inline constexpr const char* kInvariantNames[kInvariants] = {"",
                                                             "no move without a reason",
                                                             "nodes at one state answer alike",
                                                             "nothing newer is undone",
                                                             "one move per reason",
                                                             "only who is listed, nobody inherits",
                                                             "one node's view rewrites no cookie"};

using Comparisons = std::array<size_t, kInvariants>;

struct Problem {
  Invariant invariant;
  std::string text;
};

// A request at a node, and what came of it.
struct Case {
  const Facts& facts;
  const RuleFacts& rule;
  const Answer& wanted;                  // were everything reachable: whom the node decides for
  const Answer& answer;                  // what was
  const std::set<std::string>& shunned;  // addresses that this node did not reach
};

// Empty: nobody, or nobody who is listed.
Identity identity_at(const Facts& facts, const std::string& address);

// What of the case is wrong, if that is the verdict.
std::optional<Problem> check(const Case& at, const Verdict& verdict, const Ranking& ranking,
                             Comparisons& compared);
// Keeps what the case tells of the session's order of candidates. Requires: nothing is wrong.
void note(const Case& at, const Verdict& verdict, Ranking& ranking);

}  // namespace limpet::simulation
