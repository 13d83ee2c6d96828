// What a table was made from, and who refers to whom: where a change makes itself felt, and what
// the status of an object is told from.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/balance/rate_limit.h"
#include "core/base/persistent_map.h"
#include "core/routing/gateway_index.h"
#include "core/routing/listener_settings.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// By "namespace/name" of the one that is referred to: the names of those that refer to it.
using References = PersistentMap<std::string, PersistentMap<std::string, Nothing>>;

struct CompileIndex {
  Snapshot snapshot;
  std::shared_ptr<const GatewayIndex> gateways;  // null: of nothing
  References slices_of_service;
  References policies_of_target;  // by policy_reference()
  References routes_of_gateway;
  // Of every GatewayParameters, by its "namespace/name".
  PersistentMap<std::string, std::shared_ptr<const ListenerSettings>> settings;
  // Of every HTTPRoute that has one, by its "namespace/name".
  PersistentMap<std::string, std::shared_ptr<const RateLimit>> rate_limits;
};

// What the Gateway's parameters say; the defaults when it names none that there are. Never null.
std::shared_ptr<const ListenerSettings> settings_of(const CompileIndex& index,
                                                    const v1::Gateway& gateway);

void refer(References& references, const std::string& to, const std::string& from);
void unrefer(References& references, const std::string& to, const std::string& from);

// What policies of a kind refer to, "namespace/name", told apart from those of others.
std::string policy_reference(std::string_view kind, std::string_view target);

// The RateLimitPolicy that holds for the HTTPRoute ("namespace/name"), of several the oldest.
// Nothing when there is none that can be read.
std::optional<v1::RateLimitPolicy> rate_limit_policy_of(const CompileIndex& index,
                                                        const std::string& route);

// In the order of their names.
std::vector<std::string> referring(const References& references, const std::string& to);

// "namespace/name" taken apart.
EntryKey key_of_name(std::string_view kind, std::string_view name);

}  // namespace limpet
