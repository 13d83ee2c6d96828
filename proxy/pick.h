// A request's way through the endpoints: whom its session belongs to, and who comes next when that
// one cannot be reached. A sticky miss, an unreachable endpoint and a retry are one walk over
// candidates in order of preference.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/routing/routing_table.h"
#include "core/sticky/decide.h"
#include "core/sticky/token.h"
#include "proxy/http/head.h"
#include "proxy/http/respond.h"
#include "proxy/limits.h"
#include "proxy/upstream/ejections.h"

namespace limpet {

class Pick {
 public:
  // Decides for a request under the rule. A failure when nobody can serve it. The table must
  // outlive the pick; `head` is not kept.
  std::optional<http::Failure> start(const RoutingTable& table, const RouteRule& rule,
                                     const http::Head& head, TokenCodec& codec,
                                     int64_t now_unix_s);

  // The next address to try; null when there are no more. To be called before the first attempt,
  // too. Addresses that this node could not reach just now come after all others.
  const SocketAddress* next(Ejections& ejections, int64_t now_ms);
  int attempts() const { return attempts_; }
  // As far as the number of attempts goes; kMaxAttempts unless another is set.
  bool may_attempt() const { return attempts_ < max_attempts_; }
  void set_max_attempts(int attempts) { max_attempts_ = attempts; }

  // Whose endpoints they are. Requires: start() has told of no failure.
  const RoutingCluster& cluster() const { return *cluster_; }

  struct Candidate {
    const Endpoint* endpoint = nullptr;
    size_t address = 0;
  };
  Candidate last() const { return last_; }
  // That candidate is tried once more, and has the answer.
  void return_to(const Candidate& candidate) { last_ = candidate; }

  // The value of the Set-Cookie field to send with the answer of the endpoint tried last; empty
  // when the session's cookie is to be left alone.
  std::string set_cookie(TokenCodec& codec, int64_t now_unix_s, bool secure);

  // The cookie that the upstream does not get to see; empty without a policy.
  std::string_view cookie_name() const {
    return policy_ == nullptr ? std::string_view() : std::string_view(policy_->cookie_name);
  }

 private:
  struct Backends;

  void find_backends(const RouteRule& rule, Backends& backends);
  OpenResult open_token(const http::Head& head, TokenCodec& codec, uint64_t& fallback_id) const;
  std::optional<http::Failure> decide_session(const RouteRule& rule, const Backends& backends,
                                              const http::Head& head, TokenCodec& codec,
                                              int64_t now_unix_s);
  std::optional<http::Failure> choose_by_rotation(const RouteRule& rule,
                                                  const Backends& backends);
  const Endpoint* next_endpoint();
  bool find_address(const Endpoint& endpoint, size_t from, Ejections& ejections, int64_t now_ms);
  const SocketAddress* attempt();
  int64_t longest_life_s(int64_t now_unix_s) const;

  const RoutingTable* table_ = nullptr;
  uint64_t scope_ = 0;
  const StickyPolicy* policy_ = nullptr;
  StickyDecision decision_;
  SessionRecord record_;  // as the token said; without id for a new session

  const RoutingCluster* cluster_ = nullptr;
  uint64_t rotation_start_ = 0;
  Candidate last_;  // of the last attempt
  int attempts_ = 0;
  int max_attempts_ = limits::kMaxAttempts;
  std::array<uint64_t, limits::kMaxCandidates> seen_{};  // uids
  size_t seen_count_ = 0;
  std::array<Candidate, limits::kMaxPassedOver> passed_over_{};
  size_t passed_over_count_ = 0;
  size_t passed_over_next_ = 0;  // of them to try
};

}  // namespace limpet
