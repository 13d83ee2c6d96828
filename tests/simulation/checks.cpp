#include "tests/simulation/checks.h"

#include <algorithm>

#include "core/base/text.h"

namespace limpet::simulation {
namespace {

using Found = std::optional<Problem>;

Found problem(Invariant invariant, std::string text) { return Problem{invariant, std::move(text)}; }

std::string words(const Facts& facts, const Answer& answer) {
  if (answer.address.empty()) return "nobody";
  const Identity identity = identity_at(facts, answer.address);
  return str_cat(identity.empty() ? "a stranger" : identity, " at ", answer.address,
                 answer.cookie.empty() ? "" : ", with a cookie");
}

bool sticks_at(const Facts& facts, const RuleFacts& rule, const std::string& service) {
  return rule.own || facts.config.services.at(service).policy;
}

// (5) Of the rule's Services, listed in the node's state, at an address that is its own.
Found check_listed(const Case& at, const Answer& answer, Comparisons& compared) {
  if (answer.address.empty()) return std::nullopt;
  ++compared[kListed];
  const Identity identity = identity_at(at.facts, answer.address);
  const EndpointFacts* endpoint = identity.empty() ? nullptr : at.facts.find(identity);
  const bool of_rule =
      endpoint != nullptr &&
      std::any_of(at.rule.backends.begin(), at.rule.backends.end(),
                  [&](const auto& backend) { return backend.first == service_of(identity); });
  if (of_rule && endpoint->serves && endpoint->addresses.contains(answer.address)) {
    return std::nullopt;
  }
  return problem(kListed, str_cat("served by ", words(at.facts, answer), ", who is not to serve"));
}

// Whether the one that was chosen by no rank may be.
Found check_balanced(const Case& at, const Verdict& verdict, const Answer& answer) {
  bool may_fail = true;  // all weights are 0
  for (const auto& [service, weight] : at.rule.backends) may_fail = may_fail && weight == 0;
  bool may_serve = false;
  const Identity identity = identity_at(at.facts, answer.address);
  for (const auto& [service, weight] : at.rule.backends) {
    if (weight == 0) continue;
    may_fail = may_fail || !at.facts.has_eligible(service);
    may_serve =
        may_serve || (service == service_of(identity) && at.facts.find(identity)->takes_new);
  }
  if (answer.address.empty()) {
    may_fail = may_fail || !at.shunned.empty();
    if (may_fail) return std::nullopt;
    return problem(kReasoned, "nobody serves, although somebody could");
  }
  if (!may_serve) {
    return problem(kListed, str_cat(words(at.facts, answer), " takes nobody new"));
  }
  const bool cookie = verdict.binds && sticks_at(at.facts, at.rule, service_of(identity));
  if (cookie == !answer.cookie.empty()) return std::nullopt;
  return problem(kReasoned, str_cat("a cookie was ", cookie ? "to be set" : "not to be set", ": ",
                                    words(at.facts, answer)));
}

// Nobody serves while the session waits for its endpoint.
Found check_refused(const Case& at) {
  if (at.wanted.address.empty() && at.answer.address.empty()) return std::nullopt;
  return problem(kReasoned, str_cat("the session is to wait, and ", words(at.facts, at.wanted),
                                    " serves"));
}

// (1) What the node decides, with everything in its reach.
Found check_home(const Case& at, const Verdict& verdict) {
  const Identity identity = identity_at(at.facts, at.wanted.address);
  if (identity != verdict.home) {
    return problem(kReasoned, str_cat("there is no reason to leave ", verdict.home, " for ",
                                      words(at.facts, at.wanted)));
  }
  const bool cookie = (verdict.binds || verdict.refreshes) &&
                      sticks_at(at.facts, at.rule, service_of(identity));
  if (cookie == !at.wanted.cookie.empty()) return std::nullopt;
  return problem(kReasoned, cookie ? "the session's cookie is to be set anew"
                                   : "a session that stays gets another cookie");
}

Found check_ranked(const Case& at, const Verdict& verdict, const Ranking& ranking) {
  const auto services = services_of(at.facts, at.rule, verdict.preferred);
  const Identity identity = identity_at(at.facts, at.wanted.address);
  if (services.empty() || identity.empty()) {
    if (services.empty() && identity.empty()) return std::nullopt;
    return problem(kReasoned, str_cat("served by ", words(at.facts, at.wanted), ", although ",
                                      services.empty() ? "nobody" : "somebody", " can"));
  }
  const std::string service = service_of(identity);
  std::string wrong = ranking.contradiction(verdict.rank_of, services, service);
  if (wrong.empty()) {
    wrong = ranking.contradiction(verdict.rank_of, endpoints_of(at.facts, service), identity);
  }
  if (!wrong.empty()) return problem(kReasoned, wrong);
  const bool cookie = verdict.binds && sticks_at(at.facts, at.rule, service);
  if (cookie == !at.wanted.cookie.empty()) return std::nullopt;
  if (verdict.reason == Reason::kBehind) {
    return problem(kNeverLowered, "a node that is behind gives the session another cookie");
  }
  return problem(kReasoned, str_cat("a cookie was ", cookie ? "" : "not ", "to be set"));
}

bool reaches(const Case& at, const Identity& identity) {
  const std::set<std::string>& addresses = at.facts.find(identity)->addresses;
  return std::none_of(addresses.begin(), addresses.end(),
                      [&](const auto& address) { return at.shunned.contains(address); });
}

// Of whom the one that serves in place of another is the best: all that are in reach.
std::vector<Candidate> in_reach(const Case& at, const std::string& service) {
  std::vector<Candidate> candidates = endpoints_of(at.facts, service);
  std::erase_if(candidates,
                [&](const Candidate& candidate) { return !reaches(at, candidate.name); });
  return candidates;
}

// (6) What was, beside what was wanted: only what this node did not reach makes a difference, and
// none for the cookie.
Found check_own_view(const Case& at, const Verdict& verdict, const Ranking& ranking,
                     Comparisons& compared) {
  const Identity wanted = identity_at(at.facts, at.wanted.address);
  const Identity served = identity_at(at.facts, at.answer.address);
  if (wanted.empty()) {
    if (served.empty()) return std::nullopt;
    return problem(kOwnView, str_cat("nobody is to serve, and ", served, " does"));
  }
  if (!at.shunned.empty()) ++compared[kOwnView];
  if (served == wanted) {
    if (at.wanted.cookie.empty() == at.answer.cookie.empty()) return std::nullopt;
    return problem(kOwnView, str_cat("the cookie depends on what ", served, " was tried before"));
  }
  if (reaches(at, wanted)) {
    return problem(
        kOwnView, str_cat(wanted, " is within reach, and ", words(at.facts, at.answer), " serves"));
  }
  if (!at.answer.cookie.empty()) {
    return problem(kOwnView, str_cat("one node cannot reach ", wanted, ", and ",
                                     words(at.facts, at.answer), " serves"));
  }
  if (served.empty()) return std::nullopt;
  if (service_of(served) != service_of(wanted) || !at.facts.find(served)->takes_new) {
    return problem(kOwnView, str_cat(served, " takes nobody new, and serves in place of ", wanted));
  }
  if (!reaches(at, served)) return std::nullopt;  // one that was tried once more
  std::string wrong =
      ranking.contradiction(verdict.rank_of, in_reach(at, service_of(served)), served);
  return wrong.empty() ? std::nullopt : problem(kOwnView, std::move(wrong));
}

}  // namespace

Identity identity_at(const Facts& facts, const std::string& address) {
  const auto found = facts.by_address.find(address);
  return found == facts.by_address.end() ? "" : found->second;
}

Found check(const Case& at, const Verdict& verdict, const Ranking& ranking, Comparisons& compared) {
  ++compared[kReasoned];
  for (const Answer* answer : {&at.wanted, &at.answer}) {
    if (const Found found = check_listed(at, *answer, compared)) return found;
  }
  if (verdict.refused) return check_refused(at);
  const bool homeless = verdict.rank_of.empty() && verdict.home.empty();
  if (homeless) {
    if (const Found found = check_balanced(at, verdict, at.wanted)) return found;
    return check_balanced(at, verdict, at.answer);
  }
  const bool has_home = !verdict.home.empty();
  if (const Found found = has_home ? check_home(at, verdict) : check_ranked(at, verdict, ranking)) {
    return found;
  }
  return check_own_view(at, verdict, ranking, compared);
}

void note(const Case& at, const Verdict& verdict, Ranking& ranking) {
  const Identity wanted = identity_at(at.facts, at.wanted.address);
  const Identity served = identity_at(at.facts, at.answer.address);
  if (verdict.rank_of.empty() || wanted.empty()) return;
  const std::string service = service_of(wanted);
  if (verdict.home.empty()) {
    ranking.note(verdict.rank_of, services_of(at.facts, at.rule, verdict.preferred), service);
    ranking.note(verdict.rank_of, endpoints_of(at.facts, service), wanted);
  }
  if (served.empty() || served == wanted || !reaches(at, served)) return;
  ranking.note(verdict.rank_of, in_reach(at, service), served);
}

}  // namespace limpet::simulation
