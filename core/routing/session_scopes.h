// Whose sessions a table has, looked at from the session's side: which rules lead into a scope, and
// under which names tokens are sealed. For those who explain, not for those who serve: each of
// these visits every rule.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>

#include "core/balance/cluster.h"
#include "core/routing/routing_table.h"
#include "core/sticky/token.h"

namespace limpet {

// Hold only as long as the table.
struct SessionScope {
  const RouteRule* rule = nullptr;  // one that leads into it, with weight where one has any
  std::set<std::string> gateways;   // "namespace/name" of those whose listeners lead into it
};

// Those of `wanted` that some rule leads into.
std::map<uint64_t, SessionScope> find_session_scopes(const RoutingTable& table,
                                                     std::span<const uint64_t> wanted);

// By Cluster::id; those that are there.
std::map<uint64_t, const RoutingCluster*> find_clusters(const RoutingTable& table,
                                                        std::span<const uint64_t> wanted);

// The scope of the cluster's own Service port (service_scope()).
uint64_t service_scope_of(const Cluster& cluster);

// What a token is sealed under.
struct SessionName {
  TokenPurpose purpose = TokenPurpose::kCookie;
  std::string name;  // of the cookie or the field

  friend auto operator<=>(const SessionName&, const SessionName&) = default;
};

// Of every policy and rule.
std::set<SessionName> session_names(const RoutingTable& table);

}  // namespace limpet
