// The Gateways of a snapshot, and which of their listeners has each place on the wire.
//
// A place is a port and a host name. Two Gateways may ask for the same one: the older has it. A
// port has one protocol: that of the first listener on it. Places are given by Gateways alone; an
// HTTPS listener without a certificate keeps its place, and is not opened (compile_tls.h).
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
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
  // By "namespace/name".
  std::map<std::string, std::shared_ptr<const v1::Gateway>, std::less<>> gateways;
  std::map<ListenerPlace, PlacedListener> places;
  // By the Gateway's "namespace/name": the places that it has.
  std::map<std::string, std::vector<ListenerPlace>, std::less<>> places_of;
  // Of every port, the first listener that has a place there, of the oldest Gateway: its protocol
  // is the port's, and its Gateway's parameters hold.
  std::map<uint16_t, PlacedListener> owners;
  // By the Secret: the places of listeners that name it.
  std::map<EntryKey, std::vector<ListenerPlace>> places_of_secret;
  bool selects_namespaces = false;  // some listener asks for labels of Namespaces

  // The places that the Gateway has, by its "namespace/name".
  std::vector<ListenerPlace> places_with(std::string_view gateway) const;
  // The places whose listeners name a Secret of the namespace, and are of another themselves.
  std::set<ListenerPlace> places_into(const std::string& ns) const;
};

// The place that the listener asks for; nothing when its protocol is one that is not served.
std::optional<ListenerPlace> wanted_place(const v1::Listener& listener);

// The first listener of the port that this one asks for, when that one is of another protocol:
// then this one is not served. Null otherwise.
const PlacedListener* other_protocol(const GatewayIndex& index, const v1::Listener& listener);

// Which listener has the place that this one asks for: itself, or that of an older Gateway. Null
// when it asks for none, or for a port of another protocol.
const PlacedListener* holder_of(const GatewayIndex& index, const v1::Listener& listener);

// Whether the Gateway's listener of that number has its place.
bool is_served(const GatewayIndex& index, const v1::Gateway& gateway, int listener);

// "namespace/name"
std::string object_name(const v1::ObjectMeta& metadata);

// Adds to `errors` for Gateways that cannot be read.
std::shared_ptr<const GatewayIndex> index_gateways(const Snapshot& snapshot,
                                                   std::vector<CompileError>& errors);

}  // namespace limpet
