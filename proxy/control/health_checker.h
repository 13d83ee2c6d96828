// Tries the endpoints of the clusters that a HealthCheckPolicy is for, and knows what this node
// finds of each (health_tracker.h). Follows the table that serves. Nothing here has a say in where
// requests go: the nodes' findings become a verdict at the server, and that a part of the table
// (STICKY.md, 4.2).
//
// An endpoint that is new is tried at once; many that come together, within a second. From then on
// each has its own place within the interval, another one on each node. At most kMaxTries run at a
// time. Who is due meanwhile waits, in the order of being due, and is untried when that takes too
// long.
//
// Threading: all on the control thread, the io_context's, which must outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/routing/routing_table.h"
#include "proxy/control/health_tracker.h"
#include "proxy/control/health_try.h"

namespace limpet {

struct HealthFinding {
  std::string cluster;  // Cluster::name
  uint64_t endpoint_uid = 0;
  HealthTracker::Health health = HealthTracker::Health::kUntried;
  std::string problem;  // of kDown
};

class HealthChecker {
 public:
  static constexpr size_t kMaxTries = 64;  // at a time

  struct Options {
    std::string node_id;
    std::string build;
    // Of what a cluster of the followed table says of TLS.
    std::function<std::shared_ptr<const tls::Client>(const UpstreamTls&)> tls_client;
    // What is found otherwise than before, all of a moment together.
    std::function<void(std::vector<HealthFinding>)> on_findings;
  };

  HealthChecker(boost::asio::io_context& io, Options options);
  ~HealthChecker();

  // From now on the endpoints of that table are tried, and no others.
  void follow(const RoutingTable& table);
  // A request could not connect to the endpoint, or was cut off before an answer. Of endpoints that
  // are not tried it says nothing.
  void note_request_failure(const std::string& cluster, uint64_t endpoint_uid);
  // Of all endpoints that are up or down.
  std::vector<HealthFinding> findings() const;
  // No more tries.
  void stop();

 private:
  using Key = std::pair<std::string, uint64_t>;  // cluster and endpoint
  using Cluster = std::shared_ptr<const RoutingCluster>;

  struct Watched {
    const Key* key = nullptr;  // where it is in watched_
    Cluster cluster;           // its health is set, and it has the endpoint
    HealthTracker tracker;
    std::shared_ptr<HealthTry> running;  // null: none, and then it is in schedule_
    int64_t due_ms = 0;
    int64_t began_ms = 0;  // the last try
    bool placed = false;   // it has come to its place within the interval
  };

  void watch(const Cluster& cluster, std::vector<Watched*>& soon);
  void forget(std::map<Key, Watched>::iterator which);
  void forget_all_of(std::string_view cluster);
  // Whether it is to be tried soon: what is known is of another place, or another question.
  bool renew(Watched& watched, const Cluster& cluster);
  void try_soon(const std::vector<Watched*>& soon);

  void schedule(Watched& watched, int64_t due_ms);
  void end_try(Watched& watched);
  void begin_due();
  void begin(Watched& watched, int64_t now_ms);
  void finish(Watched& watched, HealthTry::Result result, std::string_view problem);
  void expire_waiting(int64_t now_ms);
  void wait_for_next(int64_t now_ms);

  void note_change(const Watched& watched);
  void report();

  boost::asio::io_context& io_;
  const Options options_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer report_timer_;
  decltype(RoutingTable::clusters) clusters_;  // that are followed
  std::map<Key, Watched> watched_;
  std::set<std::pair<int64_t, Watched*>> schedule_;  // by due_ms
  std::map<Key, HealthFinding> changes_;             // not reported yet
  size_t running_ = 0;
  int64_t next_expiry_ms_ = 0;  // those that wait are looked at no earlier
  bool stopped_ = false;
};

}  // namespace limpet
