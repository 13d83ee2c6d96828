#include "tests/simulation/oracle.h"

#include <algorithm>

#include "core/base/text.h"

namespace limpet::simulation {
namespace {

constexpr size_t kMaxCookies = 8;  // that are looked at

bool is_backend(const RuleFacts& rule, const std::string& service) {
  return std::any_of(rule.backends.begin(), rule.backends.end(),
                     [&](const auto& backend) { return backend.first == service; });
}

// Without its key nobody can tell what a token is, not even that it was altered.
Opened::Status status_of(const Session& session, const std::string& cookie, const Facts& facts) {
  if (!facts.keys.contains(session.key)) {
    return session.minted > facts.when ? Opened::Status::kBehind : Opened::Status::kKeyLost;
  }
  return session.cookie == cookie ? Opened::Status::kOk : Opened::Status::kTampered;
}

// Its place is over, for that reason.
Verdict anew(const SessionPtr& session, Reason reason) {
  Verdict verdict;
  verdict.reason = reason;
  verdict.binds = true;
  if (session->bounds.size() == 1) return verdict;  // all of it is
  verdict.session = session;
  verdict.rank_of = std::to_string(session->id);
  return verdict;
}

// Whose place a session has, as the node's state knows them; null: not among the rule's.
struct Places {
  const EndpointFacts* home = nullptr;
  const EndpointFacts* stand_in = nullptr;

  bool home_serves() const { return home != nullptr && home->serves; }
  bool stand_in_serves() const { return stand_in != nullptr && stand_in->serves; }
};

Places find_places(const Facts& facts, const RuleFacts& rule, const Bound& bound) {
  Places places;
  if (is_backend(rule, service_of(bound.identity))) places.home = facts.find(bound.identity);
  if (!bound.stand_in.empty() && is_backend(rule, service_of(bound.stand_in))) {
    places.stand_in = facts.find(bound.stand_in);
  }
  return places;
}

bool is_evicted(const Facts& facts, const RuleFacts& rule, const Bound& bound,
                const Places& places) {
  return (is_backend(rule, service_of(bound.identity)) &&
          facts.is_evicted(bound.identity, bound.decided)) ||
         (places.stand_in != nullptr && facts.is_evicted(bound.stand_in, bound.decided));
}

// Its own endpoint may not serve.
void leave(const Bound& bound, const Places& places, const Stickiness& policy, Verdict& verdict) {
  const bool gone = places.home == nullptr;
  const bool drained = !gone && places.home->drained;
  const Unavailable wanted = gone || drained ? Unavailable::kRebind : policy.unavailable;
  verdict.reason = gone ? Reason::kGone : drained ? Reason::kDrained : Reason::kUnavailable;
  verdict.refused = wanted == Unavailable::kReject;
  if (verdict.refused) return;
  verdict.binds = true;
  verdict.for_now = wanted == Unavailable::kForNow;
  if (!places.stand_in_serves()) return;
  verdict.home = bound.stand_in;
  if (!verdict.for_now) return;
  verdict.reason = Reason::kStandIn;
  verdict.binds = verdict.for_now = false;
}

// Of a session that is bound in the scope and lives.
Verdict judge_bound(const Facts& facts, const RuleFacts& rule, const SessionPtr& session,
                    const Bound& bound, const Stickiness& policy, int64_t clock_s) {
  const std::string service = service_of(bound.identity);
  const Places places = find_places(facts, rule, bound);
  if (is_evicted(facts, rule, bound, places)) return anew(session, Reason::kEvicted);
  const bool behind = bound.decided > facts.when;
  Verdict verdict;
  verdict.session = session;
  verdict.rank_of = std::to_string(session->id);
  if (is_backend(rule, service)) verdict.preferred = service;
  if (behind && places.stand_in_serves()) {
    verdict.reason = Reason::kStandIn;
    verdict.home = bound.stand_in;
  } else if (places.home_serves() && (!behind || bound.stand_in.empty())) {
    verdict.binds = !bound.stand_in.empty();
    verdict.reason = verdict.binds ? Reason::kReturn : Reason::kHome;
    verdict.home = bound.identity;
  } else if (behind) {
    verdict.reason = Reason::kBehind;
  } else {
    leave(bound, places, policy, verdict);
  }
  const int64_t fresh_s = std::max<int64_t>(policy.idle_s / 10, 1);
  verdict.refreshes =
      stays(verdict) && policy.idle_s != 0 && clock_s >= bound.seen_s + fresh_s;
  return verdict;
}

// What the nodes' clocks make of an age: it is past the length, or may be for some.
enum class Past { kNo, kPerhaps, kYes };
Past is_past(int64_t age_s, int64_t length_s) {
  if (age_s > length_s + kGraceS + 2 * kMaxSkewS) return Past::kYes;
  return age_s > length_s ? Past::kPerhaps : Past::kNo;
}

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::kNoPolicy:
      return "no policy";
    case Reason::kHome:
      return "stays";
    case Reason::kStandIn:
      return "stays elsewhere for now";
    case Reason::kReturn:
      return "home again";
    case Reason::kNew:
      return "new";
    case Reason::kTampered:
      return "tampered";
    case Reason::kUnbound:
      return "unbound";
    case Reason::kGone:
      return "gone";
    case Reason::kUnavailable:
      return "unavailable";
    case Reason::kExpired:
      return "expired";
    case Reason::kIdle:
      return "idle";
    case Reason::kEvicted:
      return "evicted";
    case Reason::kDrained:
      return "drained";
    case Reason::kKeyLost:
      return "key lost";
    case Reason::kBehind:
      return "behind";
  }
  return "unknown";
}

// Of several valid ones the one minted last counts; else one that a newer state may open.
Opened open(const std::vector<std::string>& texts, const std::string& cookie, const Facts& facts,
            const Tokens& tokens) {
  Opened best;
  for (size_t i = 0; i < texts.size() && i < kMaxCookies; ++i) {
    const auto known = tokens.find(texts[i]);
    Opened opened{Opened::Status::kTampered, nullptr, texts[i]};
    if (known != tokens.end()) {
      opened.session = known->second;
      opened.status = status_of(*known->second, cookie, facts);
    }
    const bool ok = opened.status == Opened::Status::kOk;
    const bool best_ok = best.status == Opened::Status::kOk;
    const bool better = ok ? !best_ok || opened.session->latest_s() > best.session->latest_s()
                           : !best_ok && (opened.status == Opened::Status::kBehind ||
                                          best.status == Opened::Status::kNone ||
                                          best.status == Opened::Status::kTampered);
    if (better) best = std::move(opened);
  }
  return best;
}

std::optional<Stickiness> stickiness_of(const Facts& facts, const RuleFacts& rule) {
  if (rule.own) return rule.own;
  for (const auto& [service, weight] : rule.backends) {
    const auto found = facts.config.services.find(service);
    if (found != facts.config.services.end() && found->second.policy) return found->second.policy;
  }
  return std::nullopt;
}

std::vector<Verdict> judge(const Facts& facts, const RuleFacts& rule, const Opened& opened,
                           const Time& time) {
  using Status = Opened::Status;
  const std::optional<Stickiness> policy = stickiness_of(facts, rule);
  Verdict verdict;
  if (!policy) return {verdict};
  if (opened.status == Status::kBehind) {
    verdict.reason = Reason::kBehind;
    verdict.rank_of = "of " + opened.text;
    return {verdict};
  }
  verdict.binds = true;
  if (opened.status != Status::kOk) {
    verdict.reason = opened.status == Status::kNone      ? Reason::kNew
                     : opened.status == Status::kKeyLost ? Reason::kKeyLost
                                                         : Reason::kTampered;
    return {verdict};
  }
  const SessionPtr& session = opened.session;
  const Bound* const bound = session->find(rule.scope());
  if (bound == nullptr) {
    verdict.reason = Reason::kUnbound;
    verdict.session = session;
    verdict.rank_of = std::to_string(session->id);
    return {verdict};
  }
  const Past expired = is_past(time.true_s - bound->true_s, policy->expires_s);
  const Past idle = policy->idle_s == 0
                        ? Past::kNo
                        : is_past(time.true_s - bound->seen_true_s, policy->idle_s);
  std::vector<Verdict> verdicts;
  if (expired != Past::kYes && idle != Past::kYes) {
    verdicts.push_back(judge_bound(facts, rule, session, *bound, *policy, time.clock_s));
  }
  if (expired != Past::kYes && idle != Past::kNo) verdicts.push_back(anew(session, Reason::kIdle));
  if (expired != Past::kNo) verdicts.push_back(anew(session, Reason::kExpired));
  return verdicts;
}

std::vector<Candidate> services_of(const Facts& facts, const RuleFacts& rule,
                                   const std::string& preferred) {
  if (!preferred.empty() && facts.has_eligible(preferred)) return {{preferred, 1}};
  std::vector<Candidate> services;
  for (const auto& [service, weight] : rule.backends) {
    if (weight > 0 && facts.has_eligible(service)) services.push_back({service, weight});
  }
  return services;
}

std::vector<Candidate> endpoints_of(const Facts& facts, const std::string& service,
                                    const std::set<Identity>& but) {
  std::vector<Candidate> endpoints;
  for (const auto& [identity, endpoint] : facts.endpoints_of(service)) {
    if (endpoint.takes_new && !but.contains(identity)) {
      endpoints.push_back({identity, endpoint.weight});
    }
  }
  return endpoints;
}

}  // namespace limpet::simulation
