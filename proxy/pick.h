// A request's way through the endpoints: whom its session belongs to, and who comes next when that
// one cannot be reached. A sticky miss, an unreachable endpoint and a retry are one walk over
// candidates in order of preference.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/balance/balancer.h"
#include "core/routing/routing_table.h"
#include "core/sticky/decide.h"
#include "core/sticky/token.h"
#include "proxy/http/requester.h"
#include "proxy/http/respond.h"
#include "proxy/limits.h"
#include "proxy/upstream/ejections.h"

namespace limpet {

class Pick {
 public:
  // Decides for a request under the rule. A failure when nobody can serve it. The table must
  // outlive the pick; the requester is not kept.
  std::optional<http::Failure> start(const RoutingTable& table, const RouteRule& rule,
                                     const http::Requester& requester, TokenCodec& codec,
                                     int64_t now_unix_s);

  // The next address to try; null when there are no more. To be called before the first attempt,
  // too. Addresses that this node could not reach just now come after all others.
  const SocketAddress* next(Ejections& ejections, int64_t now_ms);
  int attempts() const { return attempts_; }

  struct Candidate {
    const Endpoint* endpoint = nullptr;
    size_t address = 0;
  };
  Candidate last() const { return last_; }
  // That candidate is tried once more, and has the answer.
  void return_to(const Candidate& candidate);

  // How the last attempt has ended, as far as it says something of its endpoint: with an answer of
  // that status, or 0 for none. The first word counts. Who fails too often is passed over from then
  // on, where a policy says so.
  void note_outcome(int status, int64_t now_ms);
  // The last candidate's count of the request, for who goes on with it.
  InFlight take_in_flight() { return std::move(in_flight_); }

  // The value of the Set-Cookie field to send with the answer of the endpoint tried last; empty
  // when the session's cookie is to be left alone.
  std::string set_cookie(TokenCodec& codec, int64_t now_unix_s, bool secure);

  // What the endpoints are spoken to with; null: plain text. Requires: start() has succeeded.
  const UpstreamTls* tls() const { return cluster_->tls.get(); }

  // The cookie that the upstream does not get to see; empty without a policy.
  std::string_view cookie_name() const {
    return policy_ == nullptr ? std::string_view() : std::string_view(policy_->cookie_name);
  }

 private:
  struct Backends;

  void find_backends(const RouteRule& rule, Backends& backends);
  OpenResult open_token(const http::Head& head, TokenCodec& codec, uint64_t& fallback_id) const;
  std::optional<http::Failure> decide_session(const RouteRule& rule, const Backends& backends,
                                              const http::Requester& requester,
                                              TokenCodec& codec, int64_t now_unix_s);
  std::optional<http::Failure> choose_by_balance(const RouteRule& rule, const Backends& backends,
                                                 const http::Requester& requester);
  const Endpoint* next_endpoint(int64_t now_ms);
  bool find_address(const Endpoint& endpoint, size_t from, Ejections& ejections, int64_t now_ms);
  const SocketAddress* attempt();
  int64_t longest_life_s(int64_t now_unix_s) const;

  const RoutingTable* table_ = nullptr;
  uint64_t scope_ = 0;
  const StickyPolicy* policy_ = nullptr;
  StickyDecision decision_;
  SessionRecord record_;  // as the token said; without id for a new session

  const RoutingCluster* cluster_ = nullptr;
  CandidateWalk walk_;     // without a session
  uint64_t hash_key_ = 0;  // of the request, where the walk goes by it
  Candidate last_;         // of the last attempt
  InFlight in_flight_;     // likewise
  bool outcome_noted_ = false;
  int attempts_ = 0;
  std::array<uint64_t, limits::kMaxCandidates> seen_{};  // uids
  size_t seen_count_ = 0;
  std::array<Candidate, limits::kMaxAttempts> passed_over_{};
  size_t passed_over_count_ = 0;
  size_t passed_over_next_ = 0;  // of them to try
};

}  // namespace limpet
