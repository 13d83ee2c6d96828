#include "proxy/pick.h"

#include <algorithm>
#include <iterator>
#include <span>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "core/balance/outlier.h"
#include "core/balance/rendezvous.h"
#include "core/base/secure_hash.h"
#include "core/base/text.h"
#include "core/routing/rule_backends.h"
#include "proxy/http/cookie.h"
#include "proxy/http/date.h"
#include "proxy/http/learned_cookie.h"

namespace limpet {

using http::Failure;

struct Pick::Backends : RuleBackends {};
static_assert(RuleBackends::kMax == limits::kMaxBackends);

void Pick::find_backends(const RouteRule& rule, Backends& backends) {
  limpet::find_backends(*table_, rule, backends);
  policy_ = backends.policy;
  policy_of_rule_ = rule.session != nullptr;
}

std::optional<Failure> Pick::start(const RoutingTable& table, const RouteRule& rule,
                                   const http::Requester& requester, TokenCodec& codec,
                                   std::unique_ptr<TokenMemo>& memo, int64_t now_unix_s) {
  table_ = &table;
  scope_ = rule.scope;
  Backends backends;
  find_backends(rule, backends);
  if (policy_ == nullptr) {
    decision_.reason = StickyReason::kNone;
    return choose_by_balance(rule, backends, requester);
  }
  return decide_session(rule, backends, requester, codec, memo, now_unix_s);
}

// Opens the tokens in the application's cookies, and keeps what of them the answer may need.
// `counts` is the token that does so far.
void Pick::learn(const http::Head& head, absl::FunctionRef<bool(std::string_view)> open,
                 const OpenResult& best, const std::string_view& counts) {
  http::LearnedValue kept;  // whose token counts, or else the first that says anything
  http::visit_raw_cookies(head, policy_->name, [&](std::string_view value) {
    const http::LearnedValue said = http::split_learned(value);
    if (kept.empty()) kept = said;
    if (said.token.empty()) return false;
    const bool enough = open(said.token);
    if (best.status == OpenStatus::kOk && counts.data() == said.token.data()) kept = said;
    return enough;
  });
  learned_ = std::make_unique<Learned>();
  if (!kept.empty()) learned_->value.append(kept.begin).append(kept.end);
  if (best.status == OpenStatus::kOk || best.status == OpenStatus::kAhead) {
    learned_->token = counts;
  }
}

// False when there is no cookie of the name. Of several, the valid one that was minted last counts.
// `fallback_id` stands in for the session's id where a token is there but cannot be opened yet.
bool Pick::open_token(const http::Head& head, TokenCodec& codec, std::unique_ptr<TokenMemo>& memo,
                      OpenResult& best, uint64_t& fallback_id) {
  int opened = 0;
  std::string_view counts;  // the token that `best` is of
  const TokenPurpose purpose = purpose_of(*policy_);
  const auto open = [&](std::string_view value) {
    OpenResult result = codec.open(value, table_->keys, purpose, policy_->name, memo);
    const bool ok = result.status == OpenStatus::kOk;
    const bool best_ok = best.status == OpenStatus::kOk;
    if (ok ? !best_ok || result.record.latest_unix_s() > best.record.latest_unix_s()
           : !best_ok && result.status == OpenStatus::kAhead) {
      fallback_id = ok ? 0 : id64_of_parts({value});
      best = std::move(result);
      counts = value;
    } else if (!best_ok && best.status == OpenStatus::kMalformed) {
      best = std::move(result);
    }
    return ++opened == limits::kMaxSessionCookies;
  };
  if (purpose == TokenPurpose::kCookie) {
    http::visit_cookies(head, policy_->name, open);
  } else if (purpose == TokenPurpose::kLearned) {
    learn(head, open, best, counts);
  } else {
    for (const http::Field& field : head) {
      if (http::equals_ignore_case(field.name, policy_->name) && open(field.value)) break;
    }
  }
  return opened > 0;
}

std::optional<Failure> Pick::decide_session(const RouteRule& rule, const Backends& backends,
                                            const http::Requester& requester,
                                            TokenCodec& codec, std::unique_ptr<TokenMemo>& memo,
                                            int64_t now_unix_s) {
  uint64_t fallback_id = 0;
  OpenResult token;
  if (!open_token(requester.head, codec, memo, token, fallback_id)) {
    decision_.reason = StickyReason::kNew;
    decision_.change = StickyDecision::Change::kBind;
    return choose_by_balance(rule, backends, requester);
  }
  const StickyScope scope{scope_, backends.for_sessions(), policy_};
  decision_ = decide(scope, token, fallback_id, table_->time(), now_unix_s);
  if (decision_.refuse) return Failure::kSessionAway;
  if (token.status == OpenStatus::kOk && decision_.session_id != 0) record_ = token.record;
  if (decision_.session_id == 0) return choose_by_balance(rule, backends, requester);
  for (size_t i = 0; i < backends.count; ++i) {
    if (decision_.cluster == nullptr || backends.sticky[i].cluster != decision_.cluster) continue;
    // A Service may stand there twice: the session has the filters of the first that is in use.
    if (backend_ != nullptr && rule.backends[i].weight == 0) continue;
    backend_ = &rule.backends[i];
    cluster_ = backends.clusters[i];
    if (backend_->weight != 0) break;
  }
  if (cluster_ != nullptr) return std::nullopt;
  // Nobody can serve the session; say what would be said without one.
  return choose_by_balance(rule, backends, requester);
}

// By weight over the backends (Gateway API, HTTPBackendRef.weight), then over the endpoints as the
// cluster is balanced. A backend that is invalid or has no endpoints has its share of failures.
std::optional<Failure> Pick::choose_by_balance(const RouteRule& rule, const Backends& backends,
                                               const http::Requester& requester) {
  if (rule.total_weight == 0) return Failure::kInvalidBackend;
  size_t chosen = 0;
  if (backends.count > 1) {
    // Multiples of the golden ratio modulo 1 spread evenly at any length of the sequence, so every
    // weight gets its share smoothly and without a lock.
    const uint64_t point = (rule.rotation.next() * 0x9E3779B97F4A7C15U) >> 32;
    uint64_t left = point * rule.total_weight >> 32;
    while (left >= rule.backends[chosen].weight) left -= rule.backends[chosen++].weight;
  }
  backend_ = &rule.backends[chosen];
  cluster_ = backends.clusters[chosen];
  if (cluster_ == nullptr) return Failure::kInvalidBackend;
  const Cluster& cluster = cluster_->cluster;
  if (cluster.eligible.empty()) return Failure::kNoEndpoint;
  if (cluster.balancing.type == BalancerType::kHash) {
    const std::string_view value = requester.value_of(cluster.balancing.hash);
    if (!value.empty()) hash_key_ = hash64(value);
  }
  return std::nullopt;
}

// By preference: whom the session belongs to, then by rank; without a session, as is balanced.
const Endpoint* Pick::next_endpoint(int64_t now_ms) {
  if (seen_count_ == seen_.size()) return nullptr;
  const Cluster& cluster = cluster_->cluster;
  if (seen_count_ == 0 && decision_.endpoint != nullptr) return decision_.endpoint;
  const std::span<const uint64_t> seen(seen_.data(), seen_count_);
  if (decision_.session_id != 0) return rendezvous_choice(cluster, decision_.session_id, seen);
  return walk_.next(cluster, hash_key_, seen, now_ms);
}

// The first of the endpoint's addresses that may be tried now; keeps those for which others go
// before.
bool Pick::find_address(const Endpoint& endpoint, size_t from, Ejections& ejections,
                        int64_t now_ms) {
  const bool ejected = is_ejected(cluster_->cluster, endpoint, now_ms);
  for (size_t i = from; i < endpoint.addresses.size(); ++i) {
    const Ejections::Verdict verdict = ejections.judge(endpoint.addresses[i], now_ms);
    if (verdict == Ejections::Verdict::kUse && !ejected) {
      last_ = {&endpoint, i};
      return true;
    }
    if (verdict != Ejections::Verdict::kAvoid && passed_over_count_ < passed_over_.size()) {
      passed_over_[passed_over_count_++] = {&endpoint, i};
    }
  }
  return false;
}

const SocketAddress* Pick::next(Ejections& ejections, int64_t now_ms) {
  if (attempts_ == max_attempts_) return nullptr;
  if (passed_over_next_ == 0) {
    if (last_.endpoint != nullptr && last_.endpoint != left_ &&
        find_address(*last_.endpoint, last_.address + 1, ejections, now_ms)) {
      return attempt();
    }
    while (const Endpoint* endpoint = next_endpoint(now_ms)) {
      seen_[seen_count_++] = endpoint->uid;
      if (find_address(*endpoint, 0, ejections, now_ms)) return attempt();
    }
  }
  if (passed_over_next_ == passed_over_count_) return nullptr;
  last_ = passed_over_[passed_over_next_++];
  return attempt();
}

void Pick::leave_endpoint() {
  left_ = last_.endpoint;
  const auto end = passed_over_.begin() + static_cast<ptrdiff_t>(passed_over_count_);
  const auto kept = std::remove_if(
      passed_over_.begin() + static_cast<ptrdiff_t>(passed_over_next_), end,
      [&](const Candidate& candidate) { return candidate.endpoint == left_; });
  passed_over_count_ = static_cast<size_t>(kept - passed_over_.begin());
}

const SocketAddress* Pick::attempt() {
  ++attempts_;
  return &try_again(last_);
}

const SocketAddress& Pick::try_again(const Candidate& candidate) {
  return_to(candidate);
  outcome_noted_ = false;
  return last_.endpoint->addresses[last_.address];
}

void Pick::return_to(const Candidate& candidate) {
  last_ = candidate;
  outcome_noted_ = true;
  const Cluster& cluster = cluster_->cluster;
  if (cluster.balancing.type == BalancerType::kLeastRequest) {
    in_flight_ = InFlight(last_.endpoint->live);
  }
}

void Pick::note_outcome(int status, int64_t now_ms) {
  const Cluster& cluster = cluster_->cluster;
  if (outcome_noted_ || !cluster.outlier.on()) return;
  outcome_noted_ = true;
  if (status != 0 && status < 500) return note_success(cluster, *last_.endpoint);
  const int64_t ejected_ms = note_error(cluster, *last_.endpoint, now_ms);
  if (ejected_ms == 0) return;
  spdlog::warn("endpoint {} of {} is passed over for {} ms: {} errors in a row, the last one {}",
               last_.endpoint->name, cluster.name, ejected_ms, cluster.outlier.consecutive_errors,
               status == 0 ? "no answer" : std::to_string(status));
}

// Empty where the client's stays.
std::string Pick::changed_token(TokenCodec& codec, int64_t now_unix_s) {
  if (decision_.change == StickyDecision::Change::kNone) return {};
  if (!policy_of_rule_ && !cluster_->policy) return {};
  // What this node alone could not reach says nothing about the session's place: the cookie stays.
  if (decision_.endpoint != nullptr && last_.endpoint != decision_.endpoint) return {};
  if (record_.session_id() == 0) record_ = SessionRecord(codec.new_session_id());
  record_.put(changed_binding(now_unix_s));
  return codec.seal(record_, table_->keys, purpose_of(*policy_), policy_->name);
}

std::string Pick::set_cookie(TokenCodec& codec, int64_t now_unix_s, bool secure) {
  std::string token = changed_token(codec, now_unix_s);
  if (token.empty() || policy_->carrier == StickyPolicy::Carrier::kHeader) return token;
  const StickyPolicy& policy = *policy_;
  std::string value = str_cat(policy.name, "=");
  if (learned_ != nullptr) {
    learned_->token = std::move(token);
    // The application's cookie is not made where there is none, nor made too large.
    if (learned_->value.empty()) return {};
    value += learned_->value;
    std::string pair;
    if (!http::append_learned(value, learned_->token, pair)) return {};
    value = std::move(pair);
  } else {
    value += token;
  }
  value += policy.attributes;
  if (policy.permanent) {
    const int64_t life_s = longest_life_s(now_unix_s);
    value += "; expires=";
    http::append_date(now_unix_s + life_s, value);
    fmt::format_to(std::back_inserter(value), "; max-age={}", life_s);
  }
  value += policy.last_attributes;
  if (policy.secure == StickyPolicy::Secure::kAlways ||
      (secure && policy.secure == StickyPolicy::Secure::kWithTls)) {
    value += "; Secure";
  }
  return value;
}

// The session's place in this scope, from the answer on.
Binding Pick::changed_binding(int64_t now_unix_s) const {
  using Change = StickyDecision::Change;
  const auto now = static_cast<uint32_t>(now_unix_s);
  const Binding* before = record_.find(scope_);
  Binding binding;
  if (decision_.change == Change::kBind || before == nullptr) {
    binding.scope = scope_;
    binding.backend = cluster_->cluster.id;
    binding.endpoint = last_.endpoint->uid;
    binding.created_unix_s = binding.last_seen_unix_s = now;
  } else {
    binding = *before;
    // Another node's clock may be ahead.
    binding.last_seen_unix_s = std::max(binding.last_seen_unix_s, now);
    if (decision_.change == Change::kBindForNow) binding.temporary = last_.endpoint->uid;
    if (decision_.change == Change::kReturn) binding.temporary = 0;
  }
  // Being used decides nothing.
  if (decision_.change != Change::kRefresh) binding.decided_at = table_->time();
  return binding;
}

// Services may share a cookie: it must live as long as the binding with the longest life left.
int64_t Pick::longest_life_s(int64_t now_unix_s) const {
  int64_t longest = 1;
  for (const Binding& binding : record_.bindings()) {
    const uint32_t* expires_s = binding.scope == scope_
                                    ? &policy_->expires_s
                                    : table_->expires_of_scope.find(binding.scope);
    if (expires_s == nullptr) continue;
    longest = std::max(longest, int64_t{binding.created_unix_s} + *expires_s - now_unix_s);
  }
  return longest;
}

}  // namespace limpet
