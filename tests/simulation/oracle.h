// What the contract of sticky sessions has to say of a request: which reason there is for the
// session not to stay, and what may be done then. It knows the facts of the node's state and what
// happened to the session, and nothing of the code that decides.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/facts.h"
#include "tests/simulation/ranking.h"
#include "tests/simulation/sessions.h"

namespace limpet::simulation {

enum class Reason {
  kNoPolicy,
  kHome,     // there is none: the session stays
  kStandIn,  // none either: it stays with who stands in for its endpoint
  kReturn,   // its endpoint is back
  kNew,   // no token of the name came
  kTampered,
  kUnbound,  // no place in this scope: scope changed, binding dropped, lost race, or the first time
  kGone,
  kUnavailable,
  kExpired,
  kIdle,
  kEvicted,
  kDrained,
  kKeyLost,
  kBehind,
};
std::string_view to_string(Reason reason);

// By how much clocks may be wrong, in seconds, and what is added to every expiry for it.
constexpr int64_t kMaxSkewS = 60;
constexpr int64_t kGraceS = 120;

struct Verdict {
  Reason reason = Reason::kNoPolicy;
  Identity home;         // who must serve; empty: who does is by rank, or the balance
  bool refused = false;  // nobody may
  bool binds = false;    // whoever is decided for gets the session, and the cookie says so
  bool for_now = false;  // with it: in place of another, who may come back
  bool refreshes = false;  // the cookie says that the session is in use, and nothing else
  // Whose rank chooses, or who comes next where `home` cannot be reached; empty: the balance.
  std::string rank_of;
  std::string preferred;  // the Service that goes before the others, while it can
  SessionPtr session;     // that goes on; null: none, or a new one
};

// The token of the policy's cookies that counts at a node that has those keys.
struct Opened {
  enum class Status { kNone, kOk, kBehind, kKeyLost, kTampered };
  Status status = Status::kNone;
  SessionPtr session;
  std::string text;
};
Opened open(const std::vector<std::string>& texts, const std::string& cookie, const Facts& facts,
            const Tokens& tokens);

// None: sessions do not stick there.
std::optional<Stickiness> stickiness_of(const Facts& facts, const RuleFacts& rule);

struct Time {
  int64_t true_s = 0;
  int64_t clock_s = 0;  // of the node that is asked
};

// All that may be, at a time at which the nodes' clocks may disagree about an expiry.
std::vector<Verdict> judge(const Facts& facts, const RuleFacts& rule, const Opened& opened,
                           const Time& time);

// Whether the session's place is the one of before, be it served elsewhere for now.
inline bool goes_on(const Verdict& verdict) {
  return verdict.for_now || verdict.refreshes || verdict.reason == Reason::kReturn;
}
// Whether the session goes on where it is, and nothing is decided.
inline bool stays(const Verdict& verdict) {
  return verdict.reason == Reason::kHome || verdict.reason == Reason::kStandIn;
}

// The Services that a choice by rank is between, and the endpoints of one. Without `but`.
std::vector<Candidate> services_of(const Facts& facts, const RuleFacts& rule,
                                   const std::string& preferred);
std::vector<Candidate> endpoints_of(const Facts& facts, const std::string& service,
                                    const std::set<Identity>& but = {});

}  // namespace limpet::simulation
