// What a node serves from: made from one snapshot, immutable, and everything that must agree hangs
// off it. A request pins one table and looks at no other.
//
//   table -> port -> listener (by host) -> virtual host (by host) -> rule (by path) -> backends
//                                                                  table -> cluster <-'
//
// A rule names its clusters by key, and the table finds them: so a change of one cluster's
// endpoints is one new cluster and one new path in a map, however many rules name it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/inlined_vector.h>

#include "core/balance/circuit_breaker.h"
#include "core/balance/cluster.h"
#include "core/balance/gate_limits.h"
#include "core/base/counted.h"
#include "core/base/live_slot.h"
#include "core/base/persistent_map.h"
#include "core/base/regex_list.h"
#include "core/routing/cluster_ref.h"
#include "core/routing/health_settings.h"
#include "core/routing/host_map.h"
#include "core/routing/listener_settings.h"
#include "core/routing/match_conditions.h"
#include "core/routing/rate_limit.h"
#include "core/routing/retry_settings.h"
#include "core/routing/route_filters.h"
#include "core/routing/tls_settings.h"
#include "core/snapshot/state_id.h"
#include "core/sticky/evictions.h"
#include "core/sticky/key_ring.h"
#include "core/sticky/policy.h"
#include "core/sticky/session_record.h"

namespace limpet {

struct RouteBackend {
  std::optional<ClusterRef> cluster;  // none: the reference is invalid; its share answers 500
  uint32_t weight = 1;
  std::shared_ptr<const RouteFilters> filters;  // after those of the rule; null: none
};

// Gateway API, HTTPRouteTimeouts. In milliseconds; 0: no bound.
struct RouteTimeouts {
  int64_t request_ms = 0;  // from the request's head until the client has the whole response
  int64_t backend_ms = 0;  // one try, until the backend's whole response is there

  bool any() const { return request_ms != 0 || backend_ms != 0; }
};

// What matched, and where it goes. One object per rule of a route, shared by all its matches.
struct RouteRule : Counted {
  explicit RouteRule(uint64_t first_turn) : rotation(first_turn) {}

  uint32_t index = 0;      // in its route
  std::string name;        // "server/fortio-route/0", for logs
  uint64_t route_age = 0;  // greater: the route is younger (compile_route.h)
  uint64_t scope = 0;      // of its sessions: STICKY.md's "Service port" or "route and rule"
  uint64_t total_weight = 0;
  mutable RoundRobin rotation;  // over the backends
  std::shared_ptr<RateLimit> rate_limit;  // of its route; null: none
  std::shared_ptr<const RouteFilters> filters;  // null: none
  std::shared_ptr<const RetrySettings> retry;   // in place of the cluster's; null: none
  RouteTimeouts timeouts;
  std::shared_ptr<const StickyPolicy> session;  // in place of the clusters'; null: none
  absl::InlinedVector<RouteBackend, 1> backends;  // most rules have one

  // "namespace/name" of its route: neither has a slash in it.
  std::string_view route() const {
    return std::string_view(name).substr(0, name.find('/', name.find('/') + 1));
  }
};

// A rule under one of its matches.
struct RankedRule {
  CountedPtr<const RouteRule> rule;
  uint32_t match_index = 0;
  std::shared_ptr<const MatchConditions> conditions;  // null: the path is all that it asks for
};
using RankedRules = absl::InlinedVector<RankedRule, 1>;  // best first

// Rules whose paths are regular expressions.
struct PatternRules {
  std::vector<RankedRule> rules;  // best first
  RegexList paths;                // theirs, in their order
};

// The rules of one host name.
struct VirtualHost {
  PersistentMap<std::string, RankedRules> exact;
  // By prefix without a trailing slash; "" stands for "/".
  PersistentMap<std::string, RankedRules> prefixes;
  uint32_t max_prefix_segments = 0;  // bounds the look-ups for a path
  std::shared_ptr<const PatternRules> patterns;  // null: none. Shared with the tables before

  bool empty() const { return exact.empty() && prefixes.empty() && patterns == nullptr; }
};

struct RoutingListener {
  std::string gateway;  // "namespace/name"
  std::string name;
  HostMap<VirtualHost> hosts;
  std::shared_ptr<const ListenerTls> tls;  // null: the connections are plain text
};

// All listeners of one port, told apart by their hostnames.
struct RoutingPort {
  uint16_t port = 0;
  bool https = false;  // its listeners all end TLS, or none does
  HostMap<RoutingListener> listeners;
  // Of the oldest Gateway on the port; never null.
  std::shared_ptr<const ListenerSettings> settings = default_listener_settings();
};

// What bounds the requests to a cluster. What counts them lives on across tables with the cluster,
// and is never null.
struct ClusterCircuit {
  BreakerSettings settings;
  GateLimits limits;
  std::shared_ptr<CircuitBreaker> breaker;
  std::shared_ptr<LiveSlot> gate;
};

struct RoutingCluster {
  Cluster cluster;
  std::optional<StickyPolicy> policy;
  std::shared_ptr<const Evictions> evictions;     // of its Service's sessions; null: none
  std::shared_ptr<const RetrySettings> retry;     // null: no policy
  std::shared_ptr<const ClusterCircuit> circuit;  // null: nothing is bounded
  std::shared_ptr<const UpstreamTls> tls;  // null: endpoints are spoken to in plain text
  std::shared_ptr<const HealthSettings> health;  // null: nobody tries the endpoints
  // TLS is asked for, and cannot be spoken as it is asked for (a Secret is missing, say). Then
  // `tls` is null and the cluster has no endpoints: nothing is ever sent there in plain text.
  bool tls_broken = false;
  // Of the Service port's appProtocol. False: a reference to it is invalid (GEP-1911).
  bool speaks_http1 = true;
  // Of the policies that apply: their kinds and names ("namespace/name").
  std::vector<std::pair<std::string_view, std::string>> policy_names;

  // Empty when none of the kind applies.
  std::string_view policy_name(std::string_view kind) const;
};

struct CompileIndex;  // core/routing/compile_index.h

struct RoutingTable {
  StateId state;
  std::map<uint16_t, std::shared_ptr<const RoutingPort>> ports;
  PersistentMap<std::string, std::shared_ptr<const RoutingCluster>> clusters;
  // What of `clusters` speaks TLS, by the same names.
  PersistentMap<std::string, std::shared_ptr<const UpstreamTls>> upstream_tls;
  // How long sessions live in each Service port's scope, in seconds.
  PersistentMap<uint64_t, uint32_t> expires_of_scope;
  KeyRing keys;
  size_t rules = 0;
  // What the next compile goes on from; no business of those who serve.
  std::shared_ptr<const CompileIndex> index;

  StateTime time() const { return {state.epoch.created(), state.revision}; }
  // Null when the table has no such cluster.
  const RoutingCluster* find(const ClusterRef& ref) const {
    const auto* found = clusters.find_hashed(ref.hash, ref.name);
    return found == nullptr ? nullptr : found->get();
  }
};

}  // namespace limpet
