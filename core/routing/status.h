// The conditions of an object that follow from the configuration alone (Gateway API v1: Accepted,
// ResolvedRefs, Programmed, Conflicted). How far the nodes are is server/object_status.h.
//
// They are read off the compiled table and its index, by the functions that compile() decides with:
// what is told is what is served, by a node that serves all Gateways. A node that serves only one
// of two that conflict knows of no conflict.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

#include "core/resource/condition.h"
#include "core/routing/backend_ref.h"
#include "core/routing/compile_tls.h"
#include "core/routing/routing_table.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// HTTPRouteStatus.parents[].controllerName where the Gateway's class is not stored.
inline constexpr std::string_view kDefaultController = "limpet.dev/gateway";

// What conditions are told from beside the table.
struct StatusSources {
  // Their values, where they are known, tell of certificates.
  FindSecret secrets;
  int64_t now_unix_s = 0;  // 0: not known; nothing has expired then
};
// Secrets as they are in the table's state, at no time. The table must outlive it.
StatusSources sources_of(const RoutingTable& table);

// Fills in the object's status, which is empty before. Requires, of all: the table is one that
// compile() made, of a state that holds the object as it is given. A Gateway costs the routes that
// name it; every other object what it names itself.
void set_status(const RoutingTable& table, const StatusSources& sources, v1::Resource& resource);
inline void set_status(const RoutingTable& table, v1::Resource& resource) {
  set_status(table, sources_of(table), resource);
}

void set_gateway_status(const RoutingTable& table, const StatusSources& sources,
                        v1::Gateway& gateway);
void set_route_status(const RoutingTable& table, v1::HTTPRoute& route);
// Whether the reference leads to a Service port: kTrue, or why not.
Verdict judge_backend(const RoutingTable& table, const v1::HTTPRoute& route,
                      const BackendRef& ref);
// Whether the BackendTLSPolicy holds for all that it is for (Gateway API, BackendTLSPolicy).
void set_backend_tls_status(const RoutingTable& table, const StatusSources& sources,
                            v1::BackendTLSPolicy& policy);
void set_parameters_status(const RoutingTable& table, v1::GatewayParameters& parameters);

// The ports that nodes are to open for the Gateway. Its listeners there may be left out all the
// same, where an older Gateway has their places.
std::set<uint32_t> wanted_ports(const v1::Gateway& gateway);

}  // namespace limpet
