#include "tests/simulation/facts.h"

#include "core/base/text.h"

namespace limpet::simulation {
namespace {

std::string place_of(const std::string& service, const Listing& listing) {
  return str_cat(service, "/", ip_of(listing.address));
}

}  // namespace

std::string RuleFacts::scope() const {
  const bool of_service = backends.size() == 1 && !own;
  return of_service ? str_cat("service ", backends.front().first) : str_cat("rule ", name);
}

std::string to_string(const When& when) { return str_cat(when.revision, " of epoch ", when.epoch); }

std::string address_of(const Listing& listing) {
  return str_cat(ip_of(listing.address), ":", kEndpointPort);
}

std::string service_of(const Identity& identity) { return identity.substr(0, identity.find('/')); }

std::string ip_of(int address) { return str_cat("10.1.0.", address); }

const Endpoints& Facts::endpoints_of(const std::string& service) const {
  static const Endpoints kNone;
  const auto found = endpoints.find(service);
  return found == endpoints.end() ? kNone : found->second;
}

const EndpointFacts* Facts::find(const Identity& identity) const {
  const Endpoints& all = endpoints_of(service_of(identity));
  const auto found = all.find(identity);
  return found == all.end() ? nullptr : &found->second;
}

bool Facts::has_eligible(const std::string& service) const {
  for (const auto& [identity, endpoint] : endpoints_of(service)) {
    if (endpoint.takes_new) return true;
  }
  return false;
}

bool Facts::is_evicted(const Identity& identity, const When& decided) const {
  const auto found = evictions.find(service_of(identity));
  if (found == evictions.end()) return false;
  if (decided < found->second.all) return true;
  const auto one = found->second.of_endpoints.find(identity);
  return one != found->second.of_endpoints.end() && decided < one->second;
}

Facts Facts::follow(const Facts& before, Config config, When when, int& programs_seen) {
  Facts facts;
  facts.when = when;
  facts.keys = before.keys;
  facts.minting = before.minting;
  for (const auto& [name, service] : config.services) {
    for (const Listing& listing : service.listings) {
      if (!listing.name.empty()) continue;
      const std::string place = place_of(name, listing);
      const auto known = before.programs.find(place);
      facts.programs[place] = known == before.programs.end() ? ++programs_seen : known->second;
    }
  }
  facts.config = std::move(config);
  facts.evictions = before.evictions;
  facts.drains = before.drains;
  facts.down = before.down;
  facts.derive();
  std::erase_if(facts.drains,
                [&](const auto& drain) { return facts.find(drain.first) == nullptr; });
  std::erase_if(facts.down,
                [&](const Identity& identity) { return facts.find(identity) == nullptr; });
  return facts;
}

void Facts::derive() {
  endpoints.clear();
  by_address.clear();
  for (const auto& [name, service] : config.services) {
    Endpoints& all = endpoints[name];
    for (const Listing& listing : service.listings) {
      const std::string place = place_of(name, listing);
      const Identity identity = listing.name.empty() ? str_cat(place, "#", programs.at(place))
                                                     : str_cat(name, "/", listing.name);
      const std::string label = listing.name.empty() ? ip_of(listing.address) : listing.name;
      EndpointFacts& endpoint = all[identity];
      endpoint.takes_new |= listing.condition == Condition::kReady;
      endpoint.serves |= listing.condition != Condition::kDown;
      const auto weight = service.weights.find(label);
      if (weight != service.weights.end()) endpoint.weight = weight->second;
      by_address[address_of(listing)] = identity;
      if (listing.condition != Condition::kDown) endpoint.addresses.insert(address_of(listing));
    }
    for (auto& [identity, endpoint] : all) {
      endpoint.down = service.tried && down.contains(identity);
      if (endpoint.down) endpoint.takes_new = endpoint.serves = false;
      const auto drain = drains.find(identity);
      if (drain == drains.end()) continue;
      endpoint.takes_new = false;
      endpoint.drained = drain->second.over;
      if (endpoint.drained) endpoint.serves = false;
    }
  }
}

}  // namespace limpet::simulation
