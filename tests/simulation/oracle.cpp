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

// Of a session that is bound in the scope and lives.
Verdict judge_bound(const Facts& facts, const RuleFacts& rule, const SessionPtr& session,
                    const Bound& bound) {
  const std::string service = service_of(bound.identity);
  const bool known = is_backend(rule, service);
  const EndpointFacts* endpoint = known ? facts.find(bound.identity) : nullptr;
  if (known && facts.is_evicted(bound.identity, bound.decided)) {
    return anew(session, Reason::kEvicted);
  }
  Verdict verdict;
  verdict.session = session;
  verdict.rank_of = std::to_string(session->id);
  if (endpoint != nullptr && endpoint->serves) {
    verdict.reason = Reason::kHome;
    verdict.home = bound.identity;
    return verdict;
  }
  verdict.preferred = known ? service : "";
  if (bound.decided > facts.when) {
    verdict.reason = Reason::kBehind;
    return verdict;
  }
  verdict.reason = endpoint == nullptr ? Reason::kGone
                   : endpoint->drained ? Reason::kDrained
                                       : Reason::kUnavailable;
  verdict.binds = true;
  return verdict;
}

}  // namespace

std::string_view to_string(Reason reason) {
  switch (reason) {
    case Reason::kNoPolicy:
      return "no policy";
    case Reason::kHome:
      return "stays";
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
                           int64_t true_s) {
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
  const int64_t age_s = true_s - bound->true_s;
  if (age_s > policy->expires_s + kGraceS + 2 * kMaxSkewS) return {anew(session, Reason::kExpired)};
  const Verdict alive = judge_bound(facts, rule, session, *bound);
  if (age_s <= policy->expires_s) return {alive};
  return {alive, anew(session, Reason::kExpired)};
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
