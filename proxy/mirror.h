// Copies of requests on their way to other Services (Gateway API, HTTPRequestMirrorFilter). Nobody
// waits for one, and the requests that they are copies of know nothing of their end: a copy that
// cannot be sent, that its endpoint takes too slowly, or that is not answered, is given up.
//
// Each goes to one endpoint, once, without TLS's or the kernel's time being taken from the request:
// it is sent when the worker comes to it. Its answer is read, so that the connection can be used
// again, and forgotten: it counts neither for outlier ejection nor in a circuit. Whom a copy could
// not reach is passed over by requests, too (upstream/ejections.h). The limits of a
// CircuitBreakingPolicy hold; where they are reached, nothing waits.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/balance/endpoint_live.h"
#include "core/routing/routing_table.h"
#include "proxy/http/body_framing.h"
#include "proxy/http/head.h"
#include "proxy/upstream/connection.h"
#include "proxy/upstream/connection_gate.h"

namespace limpet {

class Mirrors;
class Worker;

class Mirror final : private UpstreamConnection::Owner {
 public:
  explicit Mirror(Mirrors& owner) : owner_(owner) {}
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;
  ~Mirror();

  // More of the request, as its client sends it; `last`: it is whole with that.
  void feed(std::string_view bytes, bool last);
  // Its client has left before it was whole.
  void abandon() { end(nullptr); }
  bool is_over() const { return upstream_ == nullptr; }

 private:
  friend class Mirrors;
  enum class Step { kIdle, kProgress, kOver };

  void on_upstream_events(UpstreamConnection& connection) override;

  // Whether there is somebody to send it to.
  bool find_endpoint(const RoutingCluster& cluster);
  bool enter(const RoutingCluster& cluster);
  bool connect(const RoutingCluster& cluster, const SocketAddress& address);
  void advance();
  Step send();
  Step receive();
  Step take_answer(std::string_view bytes);
  void finish();
  // `why` it is given up; null where that is nobody's fault.
  void end(const char* why);
  void give_time(int64_t ms);
  size_t pending() const { return unsent_.size() - sent_; }
  // Whether its endpoint has nothing to do but to wait for its client.
  bool waits_for_client() const {
    return upstream_->established() && pending() == 0 && !whole_;
  }

  Mirrors& owner_;
  std::string to_;  // the cluster's name
  std::unique_ptr<UpstreamConnection> upstream_;
  std::shared_ptr<ConnectionGate> gate_;  // null: nothing is limited
  uint32_t max_connections_ = 0;          // of the gate; 0: any number
  ConnectionGate::Place place_;
  InFlight in_flight_;
  bool running_ = false;  // counted by the owner
  int64_t deadline_ms_ = 0;
  int64_t answer_ms_ = 0;

  std::string unsent_;  // of the request; the first sent_ bytes have gone
  size_t sent_ = 0;
  bool whole_ = false;  // nothing comes behind that
  bool to_head_ = false;

  std::string head_;    // of the answer, as far as it has come
  http::HeadScanner scanner_;
  http::BodyFraming body_;
  size_t answer_bytes_ = 0;
  bool head_done_ = false;
  bool keep_alive_ = false;
};

// A worker's.
class Mirrors {
 public:
  explicit Mirrors(Worker& worker) : worker_(worker) {}

  struct Request {
    std::string_view bytes;  // its head, and what there is of its body
    bool whole;
    bool to_head;  // its method is HEAD
    int64_t connect_ms;
    int64_t answer_ms;  // from what was sent last to the answer's end
  };
  // Null where it is not sent, or nothing more of it is to be fed. Requires: `cluster` is in the
  // newest table.
  std::shared_ptr<Mirror> begin(const RoutingCluster& cluster, const Request& request);

  // Ends those that are late. To be called at each tick.
  void sweep();
  // Tells of copies that were given up, in one line. To be called about once a second.
  void report();

 private:
  friend class Mirror;

  void give_up(const std::string& cluster, const char* why);
  void note_end(const std::string& cluster);

  Worker& worker_;
  std::map<std::string, size_t, std::less<>> running_of_;  // by cluster; none is 0
  size_t running_ = 0;
  size_t pending_bytes_ = 0;  // of all
  uint64_t given_up_ = 0;     // since the last report
  std::string last_reason_;
  std::vector<std::shared_ptr<Mirror>> mirrors_;  // those that are over until the next sweep
};

}  // namespace limpet
