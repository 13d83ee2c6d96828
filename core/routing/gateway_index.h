// The Gateways of a snapshot, and which of their listeners has each place on the wire.
//
// A place is a port and a host name. Two Gateways may ask for the same one: the older has it.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/routing/compile_error.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

struct ListenerPlace {
  uint16_t port = 0;
  std::string hostname;  // in lower case; empty: every host

  friend auto operator<=>(const ListenerPlace&, const ListenerPlace&) = default;
};

// A listener, by its Gateway and its index there.
struct PlacedListener {
  std::shared_ptr<const v1::Gateway> gateway;
  int index = 0;

  const v1::Listener& listener() const { return gateway->spec().listeners(index); }
};

// Whether routes attach to the two alike.
bool same_listener(const PlacedListener& a, const PlacedListener& b);

struct GatewayIndex {
  std::map<ListenerPlace, PlacedListener> places;
  // By the Gateway's "namespace/name": the places that it has.
  std::map<std::string, std::vector<ListenerPlace>, std::less<>> places_of;
  bool selects_namespaces = false;  // some listener asks for labels of Namespaces
};

// "namespace/name"
std::string object_name(const v1::ObjectMeta& metadata);

// Adds to `errors` for Gateways that cannot be read.
std::shared_ptr<const GatewayIndex> index_gateways(const Snapshot& snapshot,
                                                   std::vector<CompileError>& errors);

}  // namespace limpet
