#include "core/routing/gateway_index.h"

#include <algorithm>
#include <tuple>

#include <absl/strings/ascii.h>

#include "core/base/text.h"
#include "core/resource/secret.h"
#include "core/routing/secret_reference.h"

namespace limpet {

bool same_listener(const PlacedListener& a, const PlacedListener& b) {
  return a.gateway->metadata().namespace_() == b.gateway->metadata().namespace_() &&
         a.gateway->metadata().name() == b.gateway->metadata().name() &&
         serialize(a.listener()) == serialize(b.listener());
}

std::vector<ListenerPlace> GatewayIndex::places_with(std::string_view gateway) const {
  const auto found = places_of.find(gateway);
  return found == places_of.end() ? std::vector<ListenerPlace>() : found->second;
}

std::set<ListenerPlace> GatewayIndex::places_into(const std::string& ns) const {
  std::set<ListenerPlace> into;
  auto named = places_of_secret.lower_bound({std::string(kSecretKind), ns, ""});
  for (; named != places_of_secret.end() && named->first.ns == ns; ++named) {
    for (const ListenerPlace& place : named->second) {
      if (places.at(place).gateway->metadata().namespace_() != ns) into.insert(place);
    }
  }
  return into;
}

std::optional<ListenerPlace> wanted_place(const v1::Listener& listener) {
  if (listener.protocol() != "HTTP" && !terminates_tls(listener)) return std::nullopt;
  return ListenerPlace{static_cast<uint16_t>(listener.port()),
                       absl::AsciiStrToLower(listener.hostname())};
}

const PlacedListener* other_protocol(const GatewayIndex& index, const v1::Listener& listener) {
  const std::optional<ListenerPlace> place = wanted_place(listener);
  if (!place) return nullptr;
  const auto owner = index.owners.find(place->port);
  if (owner == index.owners.end()) return nullptr;
  return owner->second.listener().protocol() == listener.protocol() ? nullptr : &owner->second;
}

const PlacedListener* holder_of(const GatewayIndex& index, const v1::Listener& listener) {
  const std::optional<ListenerPlace> place = wanted_place(listener);
  if (!place || other_protocol(index, listener) != nullptr) return nullptr;
  const auto holder = index.places.find(*place);
  return holder == index.places.end() ? nullptr : &holder->second;
}

bool is_served(const GatewayIndex& index, const v1::Gateway& gateway, int listener) {
  const PlacedListener* holder = holder_of(index, gateway.spec().listeners(listener));
  return holder != nullptr && holder->index == listener &&
         holder->gateway->metadata().name() == gateway.metadata().name() &&
         holder->gateway->metadata().namespace_() == gateway.metadata().namespace_();
}

std::string object_name(const v1::ObjectMeta& metadata) {
  return str_cat(metadata.namespace_(), "/", metadata.name());
}

namespace {

// Requires: the listeners of older Gateways, and those before it in its own, have been placed.
void place_listener(const PlacedListener& placed, GatewayIndex& index) {
  const v1::Listener& listener = placed.listener();
  const std::optional<ListenerPlace> place = wanted_place(listener);
  if (!place || other_protocol(index, listener) != nullptr) return;
  if (!index.places.try_emplace(*place, placed).second) return;
  const v1::ObjectMeta& metadata = placed.gateway->metadata();
  index.places_of[object_name(metadata)].push_back(*place);
  index.owners.try_emplace(place->port, placed);
  for (const EntryKey& secret : secrets_of(listener, metadata.namespace_())) {
    index.places_of_secret[secret].push_back(*place);
  }
  if (listener.allowed_routes().namespaces().from() == "Selector") {
    index.selects_namespaces = true;
  }
}

}  // namespace

std::shared_ptr<const GatewayIndex> index_gateways(const Snapshot& snapshot,
                                                   std::vector<CompileError>& errors) {
  std::vector<std::shared_ptr<const v1::Gateway>> gateways;
  snapshot.for_each("Gateway", [&](const EntryPtr& entry) {
    auto gateway = std::make_shared<v1::Gateway>();
    if (gateway->ParseFromString(entry->bytes)) {
      gateways.push_back(std::move(gateway));
    } else {
      errors.push_back({entry->key, "", "the stored bytes cannot be read"});
    }
  });
  const auto age = [](const v1::Gateway& gateway) {
    const v1::ObjectMeta& metadata = gateway.metadata();
    return std::tie(metadata.creation_timestamp(), metadata.namespace_(), metadata.name());
  };
  std::sort(gateways.begin(), gateways.end(),
            [&](const auto& a, const auto& b) { return age(*a) < age(*b); });

  auto index = std::make_shared<GatewayIndex>();
  for (const auto& gateway : gateways) {
    index->gateways.emplace(object_name(gateway->metadata()), gateway);
    for (int i = 0; i < gateway->spec().listeners_size(); ++i) place_listener({gateway, i}, *index);
  }
  return index;
}

}  // namespace limpet
