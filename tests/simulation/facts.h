// The simulation's own account of what was configured: plain words, none of the product's
// identities, so that what the product makes of it can be judged by it.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace limpet::simulation {

// Who serves: "a/web-1" has its name, "a/10.1.0.3#2" is the second program that was listed at that
// address without a name. Whoever has the same identity has the same sessions.
using Identity = std::string;

enum class Condition { kReady, kDraining, kDown };

struct Listing {
  std::string name;  // empty: it is its address
  int address = 0;   // 10.1.0.N
  Condition condition = Condition::kReady;
  int slice = 0;

  friend bool operator==(const Listing&, const Listing&) = default;
};

// What becomes of sessions whose endpoint is listed, and does not serve.
enum class Unavailable { kRebind, kForNow, kReject };

// What makes the sessions of a Service or of a rule.
struct Stickiness {
  std::string cookie;
  int64_t expires_s = 0;
  int64_t idle_s = 0;  // 0: they may be idle
  Unavailable unavailable = Unavailable::kRebind;

  friend bool operator==(const Stickiness&, const Stickiness&) = default;
};

struct ServiceFacts {
  std::vector<Listing> listings;
  std::optional<Stickiness> policy;
  std::map<std::string, uint32_t> weights;  // by the endpoint's name or address; the rest has 1
  bool tried = false;                       // nodes try whether its endpoints are well

  friend bool operator==(const ServiceFacts&, const ServiceFacts&) = default;
};

struct RuleFacts {
  std::string name;
  std::vector<std::pair<std::string, uint32_t>> backends;  // Service and weight
  std::optional<Stickiness> own;

  // Whose sessions they are.
  std::string scope() const;
  friend bool operator==(const RuleFacts&, const RuleFacts&) = default;
};

struct Config {
  std::map<std::string, ServiceFacts> services;
  std::map<std::string, RuleFacts> rules;  // by path

  friend bool operator==(const Config&, const Config&) = default;
};

// The order of states: by the epoch's creation, then by revision.
struct When {
  uint64_t epoch = 0;
  uint64_t revision = 0;

  friend auto operator<=>(const When&, const When&) = default;
};
std::string to_string(const When& when);

// An operator wants the endpoint to be left, for as long as it is listed.
struct Drain {
  int64_t deadline_s = 0;  // 0: none
  bool over = false;       // it has passed, and the server has seen it: sessions leave, too
};

// From when on sessions of a Service are over that were bound before.
struct Evictions {
  When all;
  std::map<Identity, When> of_endpoints;
};

struct EndpointFacts {
  bool takes_new = false;
  bool serves = false;
  bool drained = false;  // it was to be left, and the time is over
  bool down = false;     // the nodes together have judged it so
  uint32_t weight = 1;
  std::set<std::string> addresses;  // of its listings that serve
};
using Endpoints = std::map<Identity, EndpointFacts>;

// All there is at one revision.
struct Facts {
  When when;
  Config config;
  // Of addresses that are listed without a name: which program it is, by "a/10.1.0.3".
  std::map<std::string, int> programs;
  std::map<Identity, Drain> drains;
  std::map<std::string, Evictions> evictions;  // by Service
  std::set<Identity> down;  // by the nodes' verdict, which means something where they are tried
  std::set<uint32_t> keys;                     // their ids
  uint32_t minting = 0;
  // Follow from the above.
  std::map<std::string, Endpoints> endpoints;  // by Service
  std::map<std::string, Identity> by_address;

  const Endpoints& endpoints_of(const std::string& service) const;
  // The identity's listing in any Service; null: it is in none.
  const EndpointFacts* find(const Identity& identity) const;
  bool has_eligible(const std::string& service) const;
  // Whether a place there, decided then, is over.
  bool is_evicted(const Identity& identity, const When& decided) const;

  // Of a configuration that takes the place of `before`'s: an unnamed endpoint stays who it is for
  // as long as its address is listed, and any endpoint is drained, or down, for as long as it
  // is. What is evicted stays so. `programs_seen` counts up.
  static Facts follow(const Facts& before, Config config, When when, int& programs_seen);
  // Fills in what follows. Requires: the programs are those of the configuration.
  void derive();
};

std::string service_of(const Identity& identity);
std::string ip_of(int address);
std::string address_of(const Listing& listing);  // "10.1.0.3:8080"
constexpr int kEndpointPort = 8080;

}  // namespace limpet::simulation
