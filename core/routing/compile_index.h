// What a table was made from, and who refers to whom: where a change makes itself felt, and what
// the status of an object is told from.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/base/persistent_map.h"
#include "core/routing/gateway_index.h"
#include "core/routing/listener_settings.h"
#include "core/routing/rate_limit.h"
#include "core/routing/reference_grants.h"
#include "core/snapshot/snapshot.h"

namespace limpet {

// By "namespace/name" of the one that is referred to: the names of those that refer to it.
using References = PersistentMap<std::string, PersistentMap<std::string, Nothing>>;

// The policy that a route has, and what it counts with.
struct AppliedRateLimit {
  std::string policy;  // "namespace/name"
  std::shared_ptr<RateLimit> limit;
};

struct CompileIndex {
  Snapshot snapshot;
  std::shared_ptr<const GatewayIndex> gateways;  // null: of nothing
  References slices_of_service;
  References policies_of_target;  // by policy_reference()
  // By policy_reference() to a Secret or ConfigMap.
  References policies_of_secret;
  References routes_of_gateway;
  // By the namespace that routes of others refer into, permitted or not.
  References routes_into_namespace;
  ReferenceGrants grants;
  // Of every HTTPRoute with a RateLimitPolicy, by its "namespace/name".
  PersistentMap<std::string, AppliedRateLimit> rate_limits;
  // Of every GatewayParameters, by its "namespace/name".
  PersistentMap<std::string, std::shared_ptr<const ListenerSettings>> settings;
};

// What the Gateway's parameters say; the defaults when it names none that there are. Never null.
std::shared_ptr<const ListenerSettings> settings_of(const CompileIndex& index,
                                                    const v1::Gateway& gateway);

void refer(References& references, const std::string& to, const std::string& from);
void unrefer(References& references, const std::string& to, const std::string& from);

// What policies of a kind refer to, "namespace/name", told apart from those of others.
std::string policy_reference(std::string_view kind, std::string_view target);

// In the order of their names.
std::vector<std::string> referring(const References& references, const std::string& to);

// The routes ("namespace/name") that, by what grants of the namespace say now, lead elsewhere than
// before. Of routes that changed themselves, none have to be among them.
std::set<std::string> regranted_routes(const CompileIndex& before, const CompileIndex& now,
                                       const std::string& ns);

// "namespace/name" taken apart.
EntryKey key_of_name(std::string_view kind, std::string_view name);

}  // namespace limpet
