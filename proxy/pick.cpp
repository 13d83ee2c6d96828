#include "proxy/pick.h"

#include <algorithm>
#include <iterator>
#include <span>

#include <fmt/format.h>

#include "core/balance/rendezvous.h"
#include "core/base/secure_hash.h"
#include "proxy/http/cookie.h"
#include "proxy/http/date.h"

namespace limpet {

using http::Failure;

// The rule's backendRefs, in its order, as the table has them.
struct Pick::Backends {
  std::array<const RoutingCluster*, limits::kMaxBackends> clusters{};  // null: invalid
  std::array<StickyBackend, limits::kMaxBackends> sticky{};
  size_t count = 0;
};

void Pick::find_backends(const RouteRule& rule, Backends& backends) {
  for (const RouteBackend& backend : rule.backends) {
    if (backends.count == limits::kMaxBackends) break;
    const RoutingCluster* cluster = backend.cluster ? table_->find(*backend.cluster) : nullptr;
    backends.clusters[backends.count] = cluster;
    backends.sticky[backends.count] = {cluster == nullptr ? nullptr : &cluster->cluster,
                                       backend.weight};
    ++backends.count;
    if (policy_ == nullptr && cluster != nullptr && cluster->policy) policy_ = &*cluster->policy;
  }
}

std::optional<Failure> Pick::start(const RoutingTable& table, const RouteRule& rule,
                                   const http::Head& head, TokenCodec& codec,
                                   int64_t now_unix_s) {
  *this = Pick();
  table_ = &table;
  scope_ = rule.scope;
  Backends backends;
  find_backends(rule, backends);
  if (policy_ == nullptr) {
    decision_.reason = StickyReason::kNone;
    return choose_by_rotation(rule, backends);
  }
  return decide_session(rule, backends, head, codec, now_unix_s);
}

// Of several cookies of the name, the valid one that was minted last counts. `fallback_id` stands
// in for the session's id where a token is there but cannot be opened yet.
OpenResult Pick::open_token(const http::Head& head, TokenCodec& codec,
                            uint64_t& fallback_id) const {
  OpenResult best;
  best.status = OpenStatus::kMalformed;
  int opened = 0;
  http::visit_cookies(head, policy_->cookie_name, [&](std::string_view value) {
    OpenResult result =
        codec.open(value, table_->keys, TokenPurpose::kCookie, policy_->cookie_name);
    const bool ok = result.status == OpenStatus::kOk;
    const bool best_ok = best.status == OpenStatus::kOk;
    if (ok ? !best_ok || result.record.latest_unix_s() > best.record.latest_unix_s()
           : !best_ok && result.status == OpenStatus::kAhead) {
      fallback_id = ok ? 0 : id64_of_parts({value});
      best = std::move(result);
    } else if (!best_ok && best.status == OpenStatus::kMalformed) {
      best = std::move(result);
    }
    return ++opened == limits::kMaxSessionCookies;
  });
  return best;
}

std::optional<Failure> Pick::decide_session(const RouteRule& rule, const Backends& backends,
                                            const http::Head& head, TokenCodec& codec,
                                            int64_t now_unix_s) {
  bool has_cookie = false;
  http::visit_cookies(head, policy_->cookie_name, [&](std::string_view) {
    has_cookie = true;
    return true;
  });
  if (!has_cookie) {
    decision_.reason = StickyReason::kNew;
    decision_.bind = true;
    return choose_by_rotation(rule, backends);
  }
  const StickyScope scope{scope_, std::span(backends.sticky.data(), backends.count), policy_};
  uint64_t fallback_id = 0;
  const OpenResult token = open_token(head, codec, fallback_id);
  decision_ = decide(scope, token, fallback_id, table_->time(), now_unix_s);
  if (token.status == OpenStatus::kOk && decision_.session_id != 0) record_ = token.record;
  if (decision_.session_id == 0) return choose_by_rotation(rule, backends);
  for (size_t i = 0; i < backends.count; ++i) {
    if (decision_.cluster != nullptr && backends.sticky[i].cluster == decision_.cluster) {
      cluster_ = backends.clusters[i];
    }
  }
  if (cluster_ != nullptr) return std::nullopt;
  // Nobody can serve the session; say what would be said without one.
  return choose_by_rotation(rule, backends);
}

// By weight over the backends (Gateway API, HTTPBackendRef.weight), then strictly in turn over the
// endpoints. A backend that is invalid or has no endpoints has its share of failures.
std::optional<Failure> Pick::choose_by_rotation(const RouteRule& rule,
                                                const Backends& backends) {
  if (rule.total_weight == 0) return Failure::kInvalidBackend;
  size_t chosen = 0;
  if (backends.count > 1) {
    // Multiples of the golden ratio modulo 1 spread evenly at any length of the sequence, so every
    // weight gets its share smoothly and without a lock.
    const uint64_t point = (rule.rotation.next() * 0x9E3779B97F4A7C15U) >> 32;
    uint64_t left = point * rule.total_weight >> 32;
    while (left >= rule.backends[chosen].weight) left -= rule.backends[chosen++].weight;
  }
  cluster_ = backends.clusters[chosen];
  if (cluster_ == nullptr) return Failure::kInvalidBackend;
  const Cluster& cluster = cluster_->cluster;
  if (cluster.eligible.empty()) return Failure::kNoEndpoint;
  rotation_start_ = cluster.rotation->next() % cluster.eligible.size();
  return std::nullopt;
}

// By preference: whom the session belongs to, then by rank or turn.
const Endpoint* Pick::next_endpoint() {
  if (seen_count_ == seen_.size()) return nullptr;
  const Cluster& cluster = cluster_->cluster;
  if (seen_count_ == 0 && decision_.endpoint != nullptr) return decision_.endpoint;
  if (decision_.session_id != 0) {
    return rendezvous_choice(cluster, decision_.session_id, std::span(seen_.data(), seen_count_));
  }
  const size_t count = cluster.eligible.size();
  if (seen_count_ >= count) return nullptr;
  return &cluster.endpoints[cluster.eligible[(rotation_start_ + seen_count_) % count]];
}

// The first of the endpoint's addresses that may be tried now; keeps those for which others go
// before.
bool Pick::find_address(const Endpoint& endpoint, size_t from, Ejections& ejections,
                        int64_t now_ms) {
  for (size_t i = from; i < endpoint.addresses.size(); ++i) {
    const Ejections::Verdict verdict = ejections.judge(endpoint.addresses[i], now_ms);
    if (verdict == Ejections::Verdict::kUse) {
      last_ = {&endpoint, i};
      return true;
    }
    if (verdict == Ejections::Verdict::kPassOver && passed_over_count_ < passed_over_.size()) {
      passed_over_[passed_over_count_++] = {&endpoint, i};
    }
  }
  return false;
}

const SocketAddress* Pick::next(Ejections& ejections, int64_t now_ms) {
  if (!may_attempt()) return nullptr;
  if (passed_over_next_ == 0) {
    if (last_.endpoint != nullptr &&
        find_address(*last_.endpoint, last_.address + 1, ejections, now_ms)) {
      return attempt();
    }
    while (const Endpoint* endpoint = next_endpoint()) {
      seen_[seen_count_++] = endpoint->uid;
      if (find_address(*endpoint, 0, ejections, now_ms)) return attempt();
    }
  }
  if (passed_over_next_ == passed_over_count_) return nullptr;
  last_ = passed_over_[passed_over_next_++];
  return attempt();
}

const SocketAddress* Pick::attempt() {
  ++attempts_;
  return &last_.endpoint->addresses[last_.address];
}

std::string Pick::set_cookie(TokenCodec& codec, int64_t now_unix_s, bool secure) {
  if (!decision_.bind || !cluster_->policy) return {};
  // What this node alone could not reach says nothing about the session's place: the cookie stays.
  if (decision_.endpoint != nullptr && last_.endpoint != decision_.endpoint) return {};
  if (record_.session_id() == 0) record_ = SessionRecord(codec.new_session_id());
  Binding binding;
  binding.scope = scope_;
  binding.backend = cluster_->cluster.id;
  binding.endpoint = last_.endpoint->uid;
  binding.created_unix_s = binding.last_seen_unix_s = static_cast<uint32_t>(now_unix_s);
  binding.decided_at = table_->time();
  record_.put(binding);
  const std::string token =
      codec.seal(record_, table_->keys, TokenPurpose::kCookie, policy_->cookie_name);
  if (token.empty()) return {};
  const int64_t life_s = longest_life_s(now_unix_s);
  std::string value = fmt::format("{}={}; path=/; expires=", policy_->cookie_name, token);
  http::append_date(now_unix_s + life_s, value);
  fmt::format_to(std::back_inserter(value), "; max-age={}; HttpOnly; SameSite=Lax{}", life_s,
                 secure ? "; Secure" : "");
  return value;
}

// Services may share a cookie: it must live as long as the binding with the longest life left.
int64_t Pick::longest_life_s(int64_t now_unix_s) const {
  int64_t longest = policy_->expires_s;
  for (const Binding& binding : record_.bindings()) {
    const uint32_t* expires_s = table_->expires_of_scope.find(binding.scope);
    if (expires_s == nullptr || binding.scope == scope_) continue;
    longest = std::max(longest, int64_t{binding.created_unix_s} + *expires_s - now_unix_s);
  }
  return longest;
}

}  // namespace limpet
