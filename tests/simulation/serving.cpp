// One request at one node, judged from all sides.
#include <algorithm>

#include "core/base/text.h"
#include "tests/simulation/traffic.h"

namespace limpet::simulation {
namespace {

std::string session_name(uint64_t id) { return str_cat("session ", id); }

}  // namespace

std::optional<Traffic::Reply> Traffic::serve(const Sent& sent, size_t node) {
  Cluster::Member& member = cluster_.member(node);
  const FactsPtr facts = member.facts;
  if (facts == nullptr) return std::nullopt;  // it has nothing to serve from
  ++tally_.requests;
  const Answer wanted = member.gateway.consult(sent.request, cluster_.true_s());
  const std::set<std::string> shunned = member.gateway.shunned();
  const Answer answer = member.gateway.ask(sent.request, cluster_.true_s());
  const auto rule = facts->config.rules.find(sent.request.path);
  if (answer.routed != (rule != facts->config.rules.end())) {
    fail(kReasoned, "the node's routes are not those of its state");
  }
  if (!answer.routed || problem_) return std::nullopt;

  const auto policy = stickiness_of(*facts, rule->second);
  Opened opened;
  if (policy) {
    const auto texts = sent.texts.find(policy->cookie);
    if (texts != sent.texts.end()) {
      opened = open(texts->second, policy->cookie, *facts, tokens_);
    }
  }
  const Case at{*facts, rule->second, wanted, answer, shunned};
  const auto verdicts = judge(*facts, rule->second, opened,
                              {cluster_.true_s(), member.gateway.clock_s(cluster_.true_s())});
  Reply reply;
  reply.path = sent.request.path;
  reply.cookie = policy ? policy->cookie : "";
  reply.scope = rule->second.scope();
  reply.forged = sent.forged;
  reply.served = identity_at(*facts, answer.address);
  if (say_) {
    say_(str_cat("client ", sent.request.client, " asks ", cluster_.name(node), " for ", reply.path,
                 sent.forged ? " with a forged cookie" : "", ": ",
                 reply.served.empty() ? "nobody" : reply.served,
                 answer.cookie.empty() ? "" : ", cookie ", answer.cookie, " (",
                 to_string(verdicts.front().reason), ")"));
  }
  const Verdict* const verdict = settle(node, at, verdicts);
  if (verdict == nullptr) return std::nullopt;
  note(at, *verdict, ranking_);
  ++tally_.others[std::string(to_string(verdict->reason))];
  note_verdict(at, *verdict);
  if (verdicts.size() == 1) compare(sent, node, at, *verdict);
  reply.verdict = *verdict;
  reply.elsewhere = (!verdict->rank_of.empty() || !verdict->home.empty()) &&
                    reply.served != identity_at(*facts, wanted.address);
  if (answer.token.empty()) return reply;
  const SessionPtr session = mint(node, at, *verdict, opened);
  if (session == nullptr) return std::nullopt;
  reply.token = answer.token;
  // By another clock a place that goes on may be over now.
  if (verdicts.size() == 1 || !goes_on(*verdict)) ask_again(sent, node, at);
  return reply;
}

// What the nodes' verdict of endpoints, or the lack of one, has to do with it.
void Traffic::note_verdict(const Case& at, const Verdict& verdict) {
  const Bound* const bound =
      verdict.session == nullptr ? nullptr : verdict.session->find(at.rule.scope());
  if (bound == nullptr) return;
  const EndpointFacts* const home = at.facts.find(bound->identity);
  const bool down = home != nullptr && home->down;
  if (down && verdict.reason == Reason::kStandIn) {
    ++tally_.others[kElsewhere];
  } else if (down && verdict.reason == Reason::kUnavailable) {
    ++tally_.others[verdict.refused ? kWaits : verdict.for_now ? kElsewhere : kMoved];
  } else if (verdict.reason == Reason::kReturn && cluster_.has_recovered(bound->identity)) {
    ++tally_.others[kBack];
  } else if (verdict.reason == Reason::kHome && cluster_.is_doubted(bound->identity)) {
    ++tally_.others[kDoubted];
  }
}

// The first verdict by which nothing is wrong; null, and a failure, when there is none.
const Verdict* Traffic::settle(size_t node, const Case& at, const std::vector<Verdict>& verdicts) {
  std::optional<Problem> first;
  for (const Verdict& verdict : verdicts) {
    auto found = check(at, verdict, ranking_, tally_.compared);
    if (!found && !names_session(node, at, verdict)) {
      found = Problem{kReasoned, "the token is another session's"};
    }
    if (!found && !keeps_its_age(node, at, verdict)) {
      found = Problem{kReasoned, "the session's place is not as old as it should be"};
    }
    if (!found) return &verdict;
    if (!first) first = found;
  }
  fail(first->invariant, first->text);
  return nullptr;
}

// Whether the token that was set, if any, is the session's that goes on, or a new one's.
bool Traffic::names_session(size_t node, const Case& at, const Verdict& verdict) {
  if (at.answer.token.empty()) return true;
  const uint64_t id = read_token(node, at.answer).record.session_id();
  const auto known = names_of_.find(id);
  return verdict.session == nullptr
             ? known == names_of_.end()
             : known != names_of_.end() && known->second == session_name(verdict.session->id);
}

// Whether the place in the token that was set, if any, is the one of before where that goes on, and
// a new one where it does not.
bool Traffic::keeps_its_age(size_t node, const Case& at, const Verdict& verdict) {
  const std::string scope = at.rule.scope();
  const auto id = ids_of_.find(scope);
  if (at.answer.token.empty() || id == ids_of_.end() || verdict.session == nullptr) return true;
  const OpenResult opened = read_token(node, at.answer);
  const Binding* const binding = opened.record.find(id->second);
  if (binding == nullptr) return true;  // is found out when the record is looked at
  const int64_t clock_s = cluster_.member(node).gateway.clock_s(cluster_.true_s());
  const Bound expected = bound_now(at, verdict, verdict.session->find(scope), clock_s);
  return binding->created_unix_s == expected.created_s;
}

OpenResult Traffic::read_token(size_t node, const Answer& answer) {
  Gateway& gateway = cluster_.member(node).gateway;
  return gateway.codec().open(answer.token, gateway.table()->keys, TokenPurpose::kCookie,
                              answer.cookie);
}

// (2)
void Traffic::compare(const Sent& sent, size_t node, const Case& at, const Verdict& verdict) {
  const bool balanced = verdict.rank_of.empty() && verdict.home.empty();
  // When a cookie is refreshed is by each node's own clock.
  const bool by_clock = stays(verdict);
  for (size_t other = 0; other < cluster_.size(); ++other) {
    Cluster::Member& member = cluster_.member(other);
    if (other == node || member.facts.get() != &at.facts) continue;
    const Answer answer = member.gateway.consult(sent.request, cluster_.true_s());
    const bool served = !answer.address.empty() && !at.wanted.address.empty();
    // Who is new is balanced: by each node alone.
    if (balanced && (!served || at.rule.backends.size() > 1)) continue;
    ++tally_.compared[kAlike];
    const bool same_place = balanced || answer.address == at.wanted.address;
    if (same_place && (by_clock || answer.cookie == at.wanted.cookie)) continue;
    fail(kAlike, str_cat(cluster_.name(node), " decides for ",
                         identity_at(at.facts, at.wanted.address), " (cookie ", at.wanted.cookie,
                         "), ", cluster_.name(other), " at the same state for ",
                         identity_at(at.facts, answer.address), " (cookie ", answer.cookie, ")"));
  }
}

// The session's place, from that answer on.
Bound Traffic::bound_now(const Case& at, const Verdict& verdict, const Bound* before,
                         int64_t clock_s) const {
  const Identity served = identity_at(at.facts, at.answer.address);
  if (!goes_on(verdict)) {
    return {at.rule.scope(), served, clock_s, cluster_.true_s(), at.facts.when, clock_s,
            cluster_.true_s(), ""};
  }
  Bound bound = *before;
  bound.seen_s = std::max(bound.seen_s, clock_s);
  bound.seen_true_s = cluster_.true_s();
  if (verdict.for_now) bound.stand_in = served;
  if (verdict.reason == Reason::kReturn) bound.stand_in.clear();
  if (!verdict.refreshes) bound.decided = at.facts.when;
  return bound;
}

SessionPtr Traffic::mint(size_t node, const Case& at, const Verdict& verdict,
                         const Opened& opened) {
  const When when = at.facts.when;
  const std::string scope = at.rule.scope();
  Session session;
  if (verdict.session != nullptr) session = *verdict.session;
  if (session.id == 0) session.id = ++sessions_;
  const Bound* const before = session.find(scope);
  const bool left = verdict.reason == Reason::kGone || verdict.reason == Reason::kUnavailable ||
                    verdict.reason == Reason::kDrained;
  if (left) ++tally_.compared[kOnce];
  if (left && before->decided == when) {
    fail(kOnce, str_cat("it was decided for ", before->identity, " in the state in which that is ",
                        to_string(verdict.reason)));
  }
  Gateway& gateway = cluster_.member(node).gateway;
  session.cookie = at.answer.cookie;
  session.key = at.facts.minting;
  session.minted = when;
  session.put(bound_now(at, verdict, before, gateway.clock_s(cluster_.true_s())));
  const bool over = verdict.reason == Reason::kExpired || verdict.reason == Reason::kIdle ||
                    verdict.reason == Reason::kEvicted;
  check_record(node, at, session,
               opened.status == Opened::Status::kOk && !over ? opened.session : nullptr);
  if (problem_) return nullptr;
  return tokens_[at.answer.token] = std::make_shared<const Session>(std::move(session));
}

// (3), and that the token says what happened, by names that mean one thing.
void Traffic::check_record(size_t node, const Case& at, const Session& session,
                           const SessionPtr& before) {
  const OpenResult opened = read_token(node, at.answer);
  if (opened.status != OpenStatus::kOk) return fail(kReasoned, "a token does not open");
  const auto bindings = opened.record.bindings();
  if (bindings.size() != session.bounds.size()) {
    return fail(kReasoned,
                str_cat("a token has ", bindings.size(), " places, not ", session.bounds.size()));
  }
  pair_up(session_name(session.id), opened.record.session_id());
  for (size_t i = 0; i < bindings.size(); ++i) {
    const Bound& bound = session.bounds[i];
    const Binding& binding = bindings[i];
    const When decided{binding.decided_at.epoch_created, binding.decided_at.revision};
    ++tally_.compared[kNeverLowered];
    const Bound* const known = before == nullptr ? nullptr : before->find(bound.scope);
    if (known != nullptr && decided < known->decided) {
      return fail(kNeverLowered,
                  str_cat("the place in ", bound.scope, " was of revision ",
                          to_string(known->decided), ", and becomes one of ", to_string(decided)));
    }
    if (decided != bound.decided || binding.created_unix_s != bound.created_s ||
        binding.last_seen_unix_s != bound.seen_s || !pair_up(bound.scope, binding.scope)) {
      return fail(kReasoned, str_cat("the token's place in ", bound.scope, ", of revision ",
                                     to_string(bound.decided), ", is one of ", to_string(decided),
                                     " in another scope or time"));
    }
    for (const auto& [identity, uid] : {std::pair(bound.identity, binding.endpoint),
                                        std::pair(bound.stand_in, binding.temporary)}) {
      if (identity.empty() ? uid == 0 : pair_up(identity, uid)) continue;
      return fail(kListed, str_cat("what stands for ", identity.empty() ? "nobody" : identity,
                                   " in tokens stands for an endpoint, too"));
    }
  }
}

// False: one of the two is paired with another already.
bool Traffic::pair_up(const std::string& name, uint64_t value) {
  const auto id = ids_of_.emplace(name, value).first;
  const auto back = names_of_.emplace(value, name).first;
  return id->second == value && back->second == name;
}

// (4) Who has moved does not move again for the same reason, whichever node is asked.
void Traffic::ask_again(const Sent& sent, size_t node, const Case& at) {
  Request request = sent.request;
  const auto policy = stickiness_of(at.facts, at.rule);
  const bool may_refresh = policy && policy->idle_s != 0;  // by a clock that is ahead
  request.cookies = str_cat(at.answer.cookie, "=", at.answer.token);
  for (size_t other = 0; other < cluster_.size(); ++other) {
    Cluster::Member& member = cluster_.member(other);
    if (member.facts.get() != &at.facts) continue;
    ++tally_.compared[kOnce];
    const Answer answer = member.gateway.consult(request, cluster_.true_s());
    const Identity served = identity_at(at.facts, answer.address);
    if (served == identity_at(at.facts, at.answer.address) &&
        (may_refresh || answer.cookie.empty())) {
      continue;
    }
    fail(kOnce, str_cat(cluster_.name(node), " has just bound the session to ",
                        identity_at(at.facts, at.answer.address), ", and ", cluster_.name(other),
                        " sends it to ", served, answer.cookie.empty() ? "" : ", with a cookie"));
  }
}

}  // namespace limpet::simulation
