// A request's way through the endpoints: whom its session belongs to, and who comes next when that
// one cannot be reached. A sticky miss, an unreachable endpoint and a retry are one walk over
// candidates in order of preference.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <absl/functional/function_ref.h>

#include "core/balance/balancer.h"
#include "core/routing/routing_table.h"
#include "core/sticky/decide.h"
#include "core/sticky/token.h"
#include "proxy/http/requester.h"
#include "proxy/http/respond.h"
#include "proxy/http/rewrite.h"
#include "proxy/limits.h"
#include "proxy/upstream/ejections.h"

namespace limpet {

class Pick {
 public:
  // Decides for a request under the rule; to be called once. A failure when nobody can serve it.
  // The table must outlive the pick; the requester is not kept. `memo` is the connection's.
  std::optional<http::Failure> start(const RoutingTable& table, const RouteRule& rule,
                                     const http::Requester& requester, TokenCodec& codec,
                                     std::unique_ptr<TokenMemo>& memo, int64_t now_unix_s);

  // The next address to try; null when there are no more. To be called before the first attempt,
  // too. Addresses that this node could not reach just now come after all others.
  const SocketAddress* next(Ejections& ejections, int64_t now_ms);
  int attempts() const { return attempts_; }
  // kMaxAttempts unless another number is set.
  void set_max_attempts(int attempts) { max_attempts_ = attempts; }
  // The last candidate's endpoint has spoken: none of its other addresses is tried.
  void leave_endpoint();

  // Whose endpoints they are. Requires: start() has told of no failure.
  const RoutingCluster& cluster() const { return *cluster_; }

  struct Candidate {
    const Endpoint* endpoint = nullptr;
    size_t address = 0;
  };
  Candidate last() const { return last_; }
  // That candidate has the answer after all, by the attempt that it has had.
  void return_to(const Candidate& candidate);
  // That candidate is tried once more, at the address that is returned.
  const SocketAddress& try_again(const Candidate& candidate);

  // How the last attempt has ended, as far as it says something of its endpoint: with an answer of
  // that status, or 0 for none. The first word counts. Who fails too often is passed over from then
  // on, where a policy says so.
  void note_outcome(int status, int64_t now_ms);
  // The last candidate's count of the request, for who goes on with it.
  InFlight take_in_flight() { return std::move(in_flight_); }

  // The value of the field to send with the answer of the endpoint tried last: of session_header(),
  // or else of Set-Cookie. Empty when what the client has is to be left alone. Where a cookie is
  // learned, it is for answers that do not set the cookie themselves, and learned() is for the
  // others.
  std::string set_cookie(TokenCodec& codec, int64_t now_unix_s, bool secure);
  // The session's token after set_cookie(): that of the request, unless there is a new one. Views
  // into the pick and the table.
  http::LearnedToken learned(int64_t now_unix_s) const {
    if (learned_ == nullptr) return {};
    return {policy_->name, learned_->token, now_unix_s};
  }

  // Those of the backendRef that was chosen; null: none. Requires: start() has succeeded.
  const RouteFilters* backend_filters() const { return backend_->filters.get(); }

  // What decided, after start(), whatever it has told.
  StickyReason reason() const { return decision_.reason; }
  // Whether a newer state than the table's has decided for the session, and the table cannot tell
  // what.
  bool is_behind() const { return reason() == StickyReason::kBehind; }

  // What the endpoints are spoken to with; null: plain text. Requires: start() has succeeded.
  const UpstreamTls* tls() const { return cluster_->tls.get(); }

  // The field that has the session's token instead of a cookie; empty: none.
  std::string_view session_header() const {
    return name_of(StickyPolicy::Carrier::kHeader);
  }
  // What of the two the upstream does not get to see; empty: none.
  std::string_view hidden_header() const { return hides() ? session_header() : ""; }
  std::string_view hidden_cookie() const {
    return hides() ? name_of(StickyPolicy::Carrier::kCookie) : "";
  }
  // The application's cookie with the session's token in it; empty: none. The upstream sees it
  // without the token.
  std::string_view learned_cookie() const { return name_of(StickyPolicy::Carrier::kLearned); }

 private:
  struct Backends;

  // Copied out of the request's head, which is gone when the answer comes.
  struct Learned {
    std::string value;  // as the application has set it; empty: there is none
    std::string token;  // the session's; empty: there is none, or it is of no use
  };

  void find_backends(const RouteRule& rule, Backends& backends);
  bool open_token(const http::Head& head, TokenCodec& codec, std::unique_ptr<TokenMemo>& memo,
                  OpenResult& best, uint64_t& fallback_id);
  void learn(const http::Head& head, absl::FunctionRef<bool(std::string_view)> open,
             const OpenResult& best, const std::string_view& counts);
  std::optional<http::Failure> decide_session(const RouteRule& rule, const Backends& backends,
                                              const http::Requester& requester,
                                              TokenCodec& codec,
                                              std::unique_ptr<TokenMemo>& memo,
                                              int64_t now_unix_s);
  std::optional<http::Failure> choose_by_balance(const RouteRule& rule, const Backends& backends,
                                                 const http::Requester& requester);
  const Endpoint* next_endpoint(int64_t now_ms);
  bool find_address(const Endpoint& endpoint, size_t from, Ejections& ejections, int64_t now_ms);
  const SocketAddress* attempt();
  std::string changed_token(TokenCodec& codec, int64_t now_unix_s);
  Binding changed_binding(int64_t now_unix_s) const;
  int64_t longest_life_s(int64_t now_unix_s) const;
  bool hides() const { return policy_ != nullptr && !policy_->forward; }
  std::string_view name_of(StickyPolicy::Carrier carrier) const {
    return policy_ != nullptr && policy_->carrier == carrier ? std::string_view(policy_->name)
                                                             : std::string_view();
  }

  const RoutingTable* table_ = nullptr;
  uint64_t scope_ = 0;
  const StickyPolicy* policy_ = nullptr;  // the rule's, or the first of its clusters'
  bool policy_of_rule_ = false;
  StickyDecision decision_;
  SessionRecord record_;  // as the token said; without id for a new session
  std::unique_ptr<Learned> learned_;  // null: the policy's cookie is not the application's

  const RouteBackend* backend_ = nullptr;
  const RoutingCluster* cluster_ = nullptr;  // the backend's
  CandidateWalk walk_;     // without a session
  uint64_t hash_key_ = 0;  // of the request, where the walk goes by it
  Candidate last_;         // of the last attempt
  const Endpoint* left_ = nullptr;  // by leave_endpoint()
  InFlight in_flight_;     // likewise
  bool outcome_noted_ = false;
  int attempts_ = 0;
  int max_attempts_ = limits::kMaxAttempts;
  std::array<uint64_t, limits::kMaxCandidates> seen_{};  // uids
  size_t seen_count_ = 0;
  std::array<Candidate, limits::kMaxPassedOver> passed_over_{};
  size_t passed_over_count_ = 0;
  size_t passed_over_next_ = 0;  // of them to try
};

}  // namespace limpet
