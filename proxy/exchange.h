// One request and its answer: from the parsed head to the last byte of the response.
//
//   begin -> match -> pick -> connect -> (request out <-> response back) -> done
//
// The two directions run side by side: each reads only when what it read before has been passed
// on, so a slow side holds the other back and memory stays at one buffer a direction.
//
// The request's bytes stay in the client's buffer until the response begins, as long as they fit;
// so long, and as far as it is safe, the request can be sent again to another connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/cluster_policies.h"
#include "proxy/http/body_framing.h"
#include "proxy/http/head.h"
#include "proxy/http/respond.h"
#include "proxy/http/rewrite.h"
#include "proxy/mirror.h"
#include "proxy/net/buffer.h"
#include "proxy/net/stream.h"
#include "proxy/pick.h"
#include "proxy/table_pin.h"
#include "proxy/tunnel.h"
#include "proxy/upstream/connection.h"

namespace limpet {

class Worker;
struct WorkerPort;

// The client's side, as the session lends it to the exchange.
struct ClientSide {
  Stream& stream;
  // Bytes from the client. Given back early, and null, once the request is out and a response has
  // begun.
  std::unique_ptr<Buffer>& in;
  std::unique_ptr<TokenMemo>& token;
  const SocketAddress& peer;
  std::string_view ip;  // the peer's
  const WorkerPort& port;
  bool last_request = false;  // the connection goes no further
  bool may_wait = false;  // for a newer table
  bool waited = false;    // for this one; limits of rates have let the request through already

  bool https() const { return stream.tls() != nullptr; }
};

class Exchange final : private UpstreamConnection::Owner {
 public:
  enum class Status {
    kWaiting,  // for an edge
    kYield,    // there is more to do; others first
    kDone,     // the response is out
    kFailed,   // no byte of a response is out: failure() says what to answer
    kAborted,  // the response cannot be finished; the client must see that
    kUpgraded, // both sides leave HTTP: make_tunnel()
    // By begin(), where the request may wait: a newer state than the table's has decided for its
    // session. Nothing was done; it is to begin in another exchange.
    kBehind,
  };

  // `wake`, the session, has its turn when the upstream stirs.
  Exchange(Worker& worker, EventHandler& wake, ClientSide client);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Begins with the head that lies at the front of the client's buffer, `head_size` bytes.
  Status begin(const http::RequestHead& head, size_t head_size);
  Status advance();
  Status on_deadline();

  // Drops what is left of the request in the client's buffer. False when the rest of its body has
  // still to come, so that no further request can be found on the connection.
  bool skip_request();

  // What goes on in this exchange's place, with its connection and all bytes that are not passed on
  // yet. Requires: kUpgraded.
  std::unique_ptr<Tunnel> make_tunnel();

  http::Failure failure() const { return failure_; }
  // What policies and filters make of the answer to it.
  const http::Variation& variation() const { return variation_; }
  bool to_head() const { return to_head_; }
  // Whether the client has said that it sends no further request (RFC 9112 §9.6).
  bool client_done() const { return client_done_; }
  // Whether it goes no further without the client, or waits so long that the client may go away.
  bool watches_client() const {
    return !request_body_.complete() || !client_.stream.writable() || is_paused();
  }
  // Whether the client's connection goes on after the response.
  bool keep_alive() const { return keep_alive_; }
  int64_t deadline_ms() const { return deadline_ms_; }
  // Whether the deadline is not one of those that may be a second late.
  bool deadline_is_exact() const;

 private:
  void on_upstream_events(UpstreamConnection& connection) override;

  std::optional<http::Failure> route(const http::RequestHead& head);
  Status begin_to_endpoint();
  bool is_for(const RoutingPort& port, std::string_view host,
              const RoutingListener* listener) const;
  bool let_through(RateLimit& limit, const http::Requester& requester);
  bool rewrite_request(const http::RequestHead& head, size_t head_size);

  // ---- By filters (exchange_filters.cpp).
  std::optional<http::Failure> answer_by_filter(const http::RequestHead& head);
  std::optional<http::Failure> answer_by_backend_filter(const http::RequestHead& head);
  std::optional<http::Failure> apply_cors(const RouteFilters* filters,
                                          const http::RequestHead& head);
  void begin_mirrors();
  void feed_mirrors(std::string_view bytes);
  http::FieldChanges changes(HeaderChanges RouteFilters::*which) const;
  void rewrite_url(const http::RequestHead& head, http::RequestRewrite& rewrite,
                   std::string& path) const;

  // ---- Under policies of the cluster (exchange_policies.cpp).
  Status begin_under_policies();
  Status enter_gate();
  Status refuse_circuit();
  bool circuit_holds() const;
  void count_in_circuit(bool error);
  void begin_try();
  void make_room();
  bool may_keep_connection() const;
  bool is_paused() const;
  Status resume();
  Status go_on_with(Status status);
  Status on_pause_deadline();
  bool can_send_again() const;
  bool take_retry();
  bool retry_after_answer(const http::ResponseHead& head, size_t size);
  void hold_answer(const http::ResponseHead& head, size_t size, const Pick::Candidate& from);
  void drop_held();
  void take_held();
  Status settle(Status status);
  std::optional<Status> retry_after_time();
  int64_t bounded_by_try(int64_t ms) const;

  void note_failure(const SocketAddress& address, Ejections::Failure failure);
  // Leases a connection to the next candidate; fails with `why` when there is none.
  Status try_next(http::Failure why);
  bool connect_to(const SocketAddress& address);
  bool connect_anew(const SocketAddress& address);
  void lease(std::unique_ptr<UpstreamConnection> connection);
  void drop_upstream();

  // What one direction did in one round.
  enum class Step { kIdle, kProgress, kStop };  // kStop: stop_ has the exchange's status
  Step stop(Status status);
  Step fail(http::Failure failure);
  Step pump_request();
  Step read_request_body();
  Step pump_response();
  Step read_response();
  Step wait_for_response();
  Step parse_response_head();
  void note_status(int status);
  std::string note_answer();
  Step switch_protocols(const http::ResponseHead& head, size_t size);
  Step pass_head(const http::ResponseHead& head, size_t size,
                 http::ResponseRewrite rewrite);
  Step on_upstream_gone(bool clean_end);
  void release_upstream();
  Status finish();
  void set_deadline();
  void set_deadline_to(int64_t ms);
  int64_t response_head_limit_ms() const;
  bool request_is_over() const;
  Status on_request_deadline();
  Status time_out(http::Failure why);

  bool request_sent() const { return request_body_.complete() && request_ready_ == 0; }
  bool response_is_in() const { return response_head_done_ && response_body_.complete(); }

  Worker& worker_;
  EventHandler& wake_;
  ClientSide client_;
  TablePin table_;
  const RouteRule* rule_ = nullptr;  // the table's; null before route() has succeeded
  Pick pick_;
  std::unique_ptr<ClusterPolicies> policies_;  // null: none of them
  std::shared_ptr<const tls::Client> upstream_tls_;  // null: plain text
  const CorsFilter* cors_ = nullptr;  // the table's, of the rule or else the backend; null: none
  bool origin_allowed_ = false;
  bool behind_ = false;  // with a request that may wait
  std::vector<std::shared_ptr<Mirror>> mirrors_;  // that wait for more of the request
  std::unique_ptr<UpstreamConnection> upstream_;
  std::unique_ptr<Buffer> out_;  // bytes from the upstream; null while there are none

  // Request. The bytes [in.begin, in.begin + request_ready_) may be sent.
  http::BodyFraming request_body_;
  size_t request_ready_ = 0;
  size_t request_begin_ = 0;    // where in the buffer the head lies, while replayable_
  size_t request_sent_here_ = 0;  // bytes, on this connection
  bool replayable_ = true;      // the buffer still has every byte of the request so far
  bool idempotent_ = false;
  bool resent_ = false;         // after a fresh connection was lost; once at most
  bool upstream_refuses_ = false;  // a write failed: only its answer is of interest

  // Response.
  http::HeadScanner response_scanner_;
  http::BodyFraming response_body_;
  size_t response_ready_ = 0;
  bool response_begun_ = false;      // a byte has arrived
  bool interim_ = false;             // a 1xx response has come
  bool response_head_done_ = false;
  // A byte of what cannot be taken back has gone to the client: of the response, or of an interim
  // response that is not through yet.
  bool response_out_ = false;
  bool upstream_keep_alive_ = false;

  std::string offered_protocols_;  // by the client, to leave HTTP; empty: none
  bool to_head_ = false;
  bool client_done_ = false;
  bool keep_alive_ = true;
  uint8_t client_minor_version_ = 1;
  Status stop_ = Status::kWaiting;
  http::Failure failure_ = http::Failure::kBadRequest;
  http::Variation variation_;
  int64_t deadline_ms_ = 0;
  int64_t request_deadline_ms_ = 0;        // of the rule, whatever happens; 0: none
  int64_t response_head_deadline_ms_ = 0;  // 0: the request is not through yet
};

}  // namespace limpet
