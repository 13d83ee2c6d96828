#include "core/routing/listener_builder.h"

#include <algorithm>
#include <utility>

namespace limpet {
namespace {

using PathMap = decltype(VirtualHost::exact);

uint32_t segments_of(const std::string& prefix) {
  return static_cast<uint32_t>(std::count(prefix.begin(), prefix.end(), '/'));
}

PathMap& map_of(VirtualHost& host, const RoutePath& path) {
  return path.type == RoutePath::Type::kExact ? host.exact : host.prefixes;
}

template <typename Rules>
void insert(Rules& rules, const RankedRule& ranked) {
  rules.insert(std::upper_bound(rules.begin(), rules.end(), ranked, ranks_before), ranked);
}

// Those that are not the one.
template <typename Rules>
Rules without(const Rules& rules, const RankedRule& ranked) {
  Rules others;
  for (const RankedRule& rule : rules) {
    if (ranks_before(rule, ranked) || ranks_before(ranked, rule)) others.push_back(rule);
  }
  return others;
}

// Without the list of their paths, which takes long to make: finish() does, once.
void set_patterns(VirtualHost& host, std::vector<RankedRule> rules) {
  host.patterns = nullptr;
  if (!rules.empty()) {
    host.patterns = std::make_shared<const PatternRules>(PatternRules{std::move(rules), {}});
  }
}

void list_patterns(VirtualHost& host) {
  std::vector<const RE2*> paths;
  for (const RankedRule& ranked : host.patterns->rules) {
    paths.push_back(ranked.conditions->path.get());
  }
  host.patterns = std::make_shared<const PatternRules>(
      PatternRules{host.patterns->rules, RegexList(paths)});
}

void add_path(VirtualHost& host, const RoutePath& path) {
  if (path.type == RoutePath::Type::kPattern) {
    std::vector<RankedRule> rules;
    if (host.patterns != nullptr) rules = host.patterns->rules;
    insert(rules, path.ranked);
    set_patterns(host, std::move(rules));
    return;
  }
  PathMap& map = map_of(host, path);
  const RankedRules* present = map.find(path.path);
  RankedRules rules = present == nullptr ? RankedRules() : *present;
  insert(rules, path.ranked);
  map = std::move(map).set(path.path, std::move(rules));
  // Never lowered: it bounds look-ups, and a bound may be wide.
  if (path.type == RoutePath::Type::kPrefix) {
    host.max_prefix_segments = std::max(host.max_prefix_segments, segments_of(path.path));
  }
}

void remove_path(VirtualHost& host, const RoutePath& path) {
  if (path.type == RoutePath::Type::kPattern) {
    if (host.patterns != nullptr) set_patterns(host, without(host.patterns->rules, path.ranked));
    return;
  }
  PathMap& map = map_of(host, path);
  const RankedRules* present = map.find(path.path);
  if (present == nullptr) return;
  RankedRules rules = without(*present, path.ranked);
  map = rules.empty() ? map.erase(path.path)
                      : std::move(map).set(path.path, std::move(rules));
}

}  // namespace

ListenerBuilder::OpenListener& ListenerBuilder::open(const ListenerPlace& place) {
  const auto [found, added] = open_.try_emplace(place);
  if (added) {
    const auto port = ports_.find(place.port);
    if (port != ports_.end()) {
      const RoutingListener* listener = port->second->listeners.at(place.hostname);
      if (listener != nullptr) found->second = {*listener, listener->hosts, {}};
    }
  }
  return found->second;
}

void ListenerBuilder::remove_listener(const ListenerPlace& place) {
  open_.erase(place);
  const auto port = ports_.find(place.port);
  if (port == ports_.end()) return;
  auto changed = std::make_shared<RoutingPort>(*port->second);
  changed->listeners.erase(place.hostname);
  if (changed->listeners.empty()) {
    ports_.erase(port);
  } else {
    port->second = std::move(changed);
  }
}

void ListenerBuilder::put_listener(const ListenerPlace& place, const PlacedListener& listener,
                                   std::shared_ptr<const ListenerTls> tls) {
  OpenListener& opened = open_[place];
  opened = OpenListener();
  opened.listener.gateway = object_name(listener.gateway->metadata());
  opened.listener.name = listener.listener().name();
  opened.listener.tls = std::move(tls);
}

void ListenerBuilder::set_tls(const ListenerPlace& place, std::shared_ptr<const ListenerTls> tls) {
  open(place).listener.tls = std::move(tls);
}

void ListenerBuilder::add_route(const ListenerPlace& place, const v1::HTTPRoute& route,
                                const std::vector<RoutePath>& paths) {
  OpenListener& opened = open(place);
  HostMap<VirtualHost>& hosts = opened.listener.hosts;
  for (const std::string& pattern : effective_hostnames(place.hostname, route)) {
    const VirtualHost* present = hosts.at(pattern);
    VirtualHost host = present == nullptr ? VirtualHost() : *present;
    for (const RoutePath& path : paths) add_path(host, path);
    opened.note_change(pattern, present, host);
    hosts.set(pattern, std::move(host));
  }
}

void ListenerBuilder::remove_route(const ListenerPlace& place, const v1::HTTPRoute& route,
                                   const std::vector<RoutePath>& paths) {
  OpenListener& opened = open(place);
  HostMap<VirtualHost>& hosts = opened.listener.hosts;
  for (const std::string& pattern : effective_hostnames(place.hostname, route)) {
    const VirtualHost* present = hosts.at(pattern);
    if (present == nullptr) continue;
    VirtualHost host = *present;
    for (const RoutePath& path : paths) remove_path(host, path);
    opened.note_change(pattern, present, host);
    if (host.empty()) {
      hosts.erase(pattern);
    } else {
      hosts.set(pattern, std::move(host));
    }
  }
}

void ListenerBuilder::OpenListener::note_change(const std::string& pattern,
                                                const VirtualHost* before_change,
                                                const VirtualHost& after) {
  const auto patterns_before = before_change == nullptr ? nullptr : before_change->patterns;
  if (after.patterns != patterns_before) unlisted.insert(pattern);
}

void ListenerBuilder::OpenListener::list_all_patterns() {
  for (const std::string& pattern : unlisted) {
    const VirtualHost* present = listener.hosts.at(pattern);
    if (present == nullptr || present->patterns == nullptr) continue;
    VirtualHost host = *present;
    list_patterns(host);
    listener.hosts.set(pattern, std::move(host));
  }
}

ListenerBuilder::Ports ListenerBuilder::finish() {
  for (auto& [place, opened] : open_) {
    opened.list_all_patterns();
    hosts_changed_ += HostMap<VirtualHost>::count_changes(opened.before, opened.listener.hosts);
    const auto present = ports_.find(place.port);
    auto port = present == ports_.end() ? std::make_shared<RoutingPort>()
                                        : std::make_shared<RoutingPort>(*present->second);
    port->port = place.port;
    port->https = opened.listener.tls != nullptr;
    port->listeners.set(place.hostname, std::move(opened.listener));
    ports_[place.port] = std::move(port);
  }
  open_.clear();
  return std::move(ports_);
}

}  // namespace limpet
