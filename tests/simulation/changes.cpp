#include "tests/simulation/changes.h"

#include <algorithm>
#include <iterator>

#include "core/base/text.h"

namespace limpet::simulation {
namespace {

constexpr int kAddresses = 10;
constexpr size_t kNames = 4;
constexpr size_t kMaxListings = 5;  // of a Service

class Changer {
 public:
  Changer(Config& config, const Draw& draw) : config_(config), draw_(draw) {}

  std::string add();
  std::string remove();
  std::string turn();
  std::string move();
  std::string take_over();
  std::string swap();
  std::string move_slice();
  std::string list_again();
  std::string weigh_endpoints();
  std::string weigh_backends();
  std::string change_policy();
  std::string change_tries();
  std::string change_rule();

 private:
  using Services = std::map<std::string, ServiceFacts>;

  template <typename Items>
  auto any(Items& items) {
    return std::next(items.begin(), static_cast<ptrdiff_t>(draw_(items.size())));
  }
  Services::iterator any_service() { return any(config_.services); }
  // Null: it has none.
  Listing* any_listing(ServiceFacts& service) {
    return service.listings.empty() ? nullptr : &*any(service.listings);
  }
  // 0: there is none.
  int free_address();
  // One that is not listed, or empty.
  std::string free_name(const ServiceFacts& service);
  std::string list(Services::iterator service, int address);

  Config& config_;
  const Draw& draw_;
};

int Changer::free_address() {
  std::set<int> used;
  for (const auto& [name, service] : config_.services) {
    for (const Listing& listing : service.listings) used.insert(listing.address);
  }
  std::vector<int> free;
  for (int address = 1; address <= kAddresses; ++address) {
    if (!used.contains(address)) free.push_back(address);
  }
  return free.empty() ? 0 : *any(free);
}

std::string Changer::free_name(const ServiceFacts& service) {
  if (draw_(3) == 0) return "";
  const std::string name = str_cat("web-", draw_(kNames));
  const bool listed = std::any_of(service.listings.begin(), service.listings.end(),
                                  [&](const Listing& other) { return other.name == name; });
  return listed ? "" : name;
}

std::string words(const std::string& service, const Listing& listing) {
  return str_cat(service, "/", listing.name.empty() ? "(unnamed)" : listing.name, " at ",
                 ip_of(listing.address));
}

std::string Changer::list(Services::iterator service, int address) {
  ServiceFacts& facts = service->second;
  if (facts.listings.size() >= kMaxListings || address == 0) return "";
  Listing listing;
  listing.name = free_name(facts);
  listing.address = address;
  listing.slice = static_cast<int>(draw_(2));
  facts.listings.push_back(listing);
  return words(service->first, listing);
}

std::string Changer::add() {
  const std::string listed = list(any_service(), free_address());
  return listed.empty() ? "" : "list " + listed;
}

std::string Changer::remove() {
  const auto service = any_service();
  Listing* const listing = any_listing(service->second);
  if (listing == nullptr) return "";
  const std::string gone = words(service->first, *listing);
  service->second.listings.erase(service->second.listings.begin() +
                                 (listing - service->second.listings.data()));
  return "remove " + gone;
}

std::string Changer::turn() {
  const auto service = any_service();
  Listing* const listing = any_listing(service->second);
  if (listing == nullptr) return "";
  listing->condition = std::array{Condition::kReady, Condition::kReady, Condition::kDraining,
                                  Condition::kDown}[draw_(4)];
  return str_cat(words(service->first, *listing),
                 listing->condition == Condition::kReady      ? " is ready"
                 : listing->condition == Condition::kDraining ? " drains"
                                                              : " is unready");
}

std::string Changer::move() {
  const auto service = any_service();
  Listing* const listing = any_listing(service->second);
  const int address = free_address();
  if (listing == nullptr || listing->name.empty() || address == 0) return "";
  const std::string before = words(service->first, *listing);
  listing->address = address;
  return str_cat(before, " moves to ", ip_of(address));
}

// Another endpoint at the address of one that is gone or has moved, within one change.
std::string Changer::take_over() {
  const auto service = any_service();
  Listing* const listing = any_listing(service->second);
  if (listing == nullptr) return "";
  const int address = listing->address;
  const std::string before = words(service->first, *listing);
  const bool named = !listing->name.empty();
  const int other = free_address();
  if (named && other != 0 && draw_(2) == 0) {
    listing->address = other;
  } else {
    service->second.listings.erase(service->second.listings.begin() +
                                   (listing - service->second.listings.data()));
  }
  const std::string listed = list(any_service(), address);
  return str_cat(before, listed.empty() ? " leaves its address" : " gives its address to ", listed);
}

std::string Changer::swap() {
  const auto service = any_service();
  Listing* const one = any_listing(service->second);
  Listing* const other = any_listing(service->second);
  if (one == nullptr || one == other || one->name.empty() || other->name.empty()) return "";
  std::swap(one->address, other->address);
  return str_cat(words(service->first, *one), " and ", words(service->first, *other),
                 " have swapped their addresses");
}

std::string Changer::move_slice() {
  const auto service = any_service();
  Listing* const listing = any_listing(service->second);
  if (listing == nullptr) return "";
  listing->slice = 1 - listing->slice;
  return str_cat(words(service->first, *listing), " goes to slice ", listing->slice);
}

std::string Changer::list_again() {
  const auto service = any_service();
  ServiceFacts& facts = service->second;
  const Listing* const listing = any_listing(facts);
  const int address = free_address();
  if (listing == nullptr || listing->name.empty() || address == 0) return "";
  if (facts.listings.size() >= kMaxListings) return "";
  Listing second = *listing;
  second.address = address;
  second.slice = 1 - second.slice;
  facts.listings.push_back(second);
  return "list once more " + words(service->first, second);
}

std::string Changer::weigh_endpoints() {
  const auto service = any_service();
  ServiceFacts& facts = service->second;
  if (!facts.weights.empty() && draw_(3) == 0) {
    facts.weights.clear();
    return service->first + " weighs its endpoints alike";
  }
  facts.weights.clear();
  std::string told;
  for (const Listing& listing : facts.listings) {
    const std::string label = listing.name.empty() ? ip_of(listing.address) : listing.name;
    const auto weight = static_cast<uint32_t>(draw_(4));
    facts.weights[label] = weight;
    told += str_cat(" ", label, "=", weight);
  }
  return told.empty() ? "" : str_cat(service->first, " weighs its endpoints", told);
}

std::string Changer::weigh_backends() {
  constexpr std::pair<uint32_t, uint32_t> kSplits[] = {{70, 30}, {30, 70}, {100, 0},
                                                       {0, 100}, {50, 50}, {1, 9}};
  auto& [path, rule] = *any(config_.rules);
  if (rule.backends.size() != 2) return "";
  const auto [one, other] = kSplits[draw_(std::size(kSplits))];
  rule.backends[0].second = one;
  rule.backends[1].second = other;
  return str_cat(path, " is split ", one, "/", other);
}

Stickiness any_stickiness(const Draw& draw) {
  constexpr Unavailable kUnavailable[] = {Unavailable::kRebind, Unavailable::kRebind,
                                          Unavailable::kForNow, Unavailable::kForNow,
                                          Unavailable::kReject};
  const int64_t idle_s = draw(2) == 0 ? 0 : static_cast<int64_t>(100 + draw(3) * 100);
  return {draw(6) == 0 ? "sid2" : "sid", static_cast<int64_t>(600 + draw(3) * 300), idle_s,
          kUnavailable[draw(std::size(kUnavailable))]};
}

std::string words(const Stickiness& stickiness) {
  std::string text = str_cat("cookie ", stickiness.cookie, ", ", stickiness.expires_s, " s");
  if (stickiness.idle_s != 0) text += str_cat(", idle ", stickiness.idle_s, " s");
  if (stickiness.unavailable == Unavailable::kForNow) text += ", elsewhere for now";
  if (stickiness.unavailable == Unavailable::kReject) text += ", or nobody";
  return text;
}

std::string Changer::change_policy() {
  auto& [name, service] = *any_service();
  if (service.policy && draw_(4) == 0) {
    service.policy.reset();
    return str_cat("no policy for ", name);
  }
  service.policy = any_stickiness(draw_);
  return str_cat("policy for ", name, ": ", words(*service.policy));
}

std::string Changer::change_tries() {
  auto& [name, service] = *any_service();
  service.tried = !service.tried || draw_(4) != 0;
  return str_cat(name, service.tried ? " is tried" : " is not tried");
}

std::string Changer::change_rule() {
  static const std::string kPaths[] = {"/a", "/b", "/split", "/own"};
  const std::string& path = kPaths[draw_(std::size(kPaths))];
  RuleFacts& rule = config_.rules[path];
  if (rule.name.empty() || draw_(2) == 0) {
    rule.name = str_cat(path.substr(1), "-", draw_(2));
  } else if (draw_(8) == 0) {
    config_.rules.erase(path);
    return "no route for " + path;
  }
  rule.backends = {{any_service()->first, 1}};
  if (draw_(2) == 0) rule.backends = {{"a", 1}, {"b", 1}};
  rule.own.reset();
  if (draw_(3) == 0) {
    rule.own = any_stickiness(draw_);
    rule.own->unavailable = Unavailable::kRebind;  // a rule has no word for others
  }
  return str_cat("route ", path, ": rule ", rule.name, " to ", rule.backends.front().first,
                 rule.backends.size() == 2 ? " and b" : "",
                 rule.own ? ", with sessions of its own" : "");
}

}  // namespace

Config first_config(const Draw& draw) {
  Config config;
  config.services["a"].listings = {{"web-0", 1}, {"web-1", 2}, {"", 3}};
  config.services["b"].listings = {{"web-0", 4}, {"", 5}};
  config.services["a"].policy = Stickiness{"sid", 900, 0, Unavailable::kForNow};
  config.services["b"].policy = Stickiness{"sid", 900};
  config.services["a"].tried = config.services["b"].tried = true;
  config.rules["/a"] = {"a-0", {{"a", 1}}, {}};
  config.rules["/b"] = {"b-0", {{"b", 1}}, {}};
  config.rules["/split"] = {"split-0", {{"a", 70}, {"b", 30}}, {}};
  config.rules["/own"] = {"own-0", {{"a", 1}}, Stickiness{"sid", 900}};
  if (draw(4) != 0) return config;
  for (size_t i = 0; i < kSingleRules; ++i) {
    config.rules[str_cat("/p", i)] = {str_cat("p", i), {{"a", 1}}, Stickiness{"sid", 900}};
  }
  return config;
}

std::string change(Config& config, const Draw& draw) {
  Changer changer(config, draw);
  using Change = std::string (Changer::*)();
  constexpr Change kChanges[] = {&Changer::add,
                                 &Changer::add,
                                 &Changer::add,
                                 &Changer::remove,
                                 &Changer::remove,
                                 &Changer::turn,
                                 &Changer::turn,
                                 &Changer::turn,
                                 &Changer::move,
                                 &Changer::take_over,
                                 &Changer::take_over,
                                 &Changer::swap,
                                 &Changer::move_slice,
                                 &Changer::list_again,
                                 &Changer::weigh_endpoints,
                                 &Changer::weigh_backends,
                                 &Changer::weigh_backends,
                                 &Changer::change_policy,
                                 &Changer::change_tries,
                                 &Changer::change_rule};
  return (changer.*kChanges[draw(std::size(kChanges))])();
}

}  // namespace limpet::simulation
