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
  return path.exact ? host.exact : host.prefixes;
}

void add_path(VirtualHost& host, const RoutePath& path) {
  PathMap& map = map_of(host, path);
  const RankedRules* present = map.find(path.path);
  RankedRules rules = present == nullptr ? RankedRules() : *present;
  rules.insert(std::upper_bound(rules.begin(), rules.end(), path.ranked, ranks_before),
               path.ranked);
  map = std::move(map).set(path.path, std::move(rules));
  // Never lowered: it bounds look-ups, and a bound may be wide.
  if (!path.exact) {
    host.max_prefix_segments = std::max(host.max_prefix_segments, segments_of(path.path));
  }
}

void remove_path(VirtualHost& host, const RoutePath& path) {
  PathMap& map = map_of(host, path);
  const RankedRules* present = map.find(path.path);
  if (present == nullptr) return;
  RankedRules rules;
  for (const RankedRule& rule : *present) {
    if (ranks_before(rule, path.ranked) || ranks_before(path.ranked, rule)) rules.push_back(rule);
  }
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
      if (listener != nullptr) found->second.listener = *listener;
    }
  }
  return found->second;
}

VirtualHost& ListenerBuilder::open_host(OpenListener& listener, const std::string& pattern) {
  const auto [found, added] = listener.hosts.try_emplace(pattern);
  if (added) {
    const VirtualHost* host = listener.listener.hosts.at(pattern);
    if (host != nullptr) found->second = *host;
  }
  return found->second;
}

void ListenerBuilder::remove_listener(const ListenerPlace& place) {
  open_.erase(place);
  const auto port = ports_.find(place.port);
  if (port == ports_.end()) return;
  auto changed = std::make_shared<RoutingPort>(*port->second);
  changed->listeners = changed->listeners.erase(place.hostname);
  if (changed->listeners.empty()) {
    ports_.erase(port);
  } else {
    port->second = std::move(changed);
  }
}

void ListenerBuilder::put_listener(const ListenerPlace& place, const PlacedListener& listener) {
  OpenListener& opened = open_[place];
  opened = OpenListener();
  opened.listener.gateway = object_name(listener.gateway->metadata());
  opened.listener.name = listener.listener().name();
}

void ListenerBuilder::add_route(const ListenerPlace& place, const v1::HTTPRoute& route,
                                const std::vector<RoutePath>& paths) {
  OpenListener& listener = open(place);
  for (const std::string& pattern : effective_hostnames(place.hostname, route)) {
    VirtualHost& host = open_host(listener, pattern);
    for (const RoutePath& path : paths) add_path(host, path);
  }
}

void ListenerBuilder::remove_route(const ListenerPlace& place, const v1::HTTPRoute& route,
                                   const std::vector<RoutePath>& paths) {
  OpenListener& listener = open(place);
  for (const std::string& pattern : effective_hostnames(place.hostname, route)) {
    VirtualHost& host = open_host(listener, pattern);
    for (const RoutePath& path : paths) remove_path(host, path);
  }
}

ListenerBuilder::Ports ListenerBuilder::finish() {
  for (auto& [place, opened] : open_) {
    HostMap<VirtualHost>& hosts = opened.listener.hosts;
    for (auto& [pattern, host] : opened.hosts) {
      ++hosts_changed_;
      hosts = host.exact.empty() && host.prefixes.empty()
                  ? hosts.erase(pattern)
                  : hosts.set(pattern, std::make_shared<const VirtualHost>(std::move(host)));
    }
    const auto present = ports_.find(place.port);
    auto port = present == ports_.end() ? std::make_shared<RoutingPort>()
                                        : std::make_shared<RoutingPort>(*present->second);
    port->port = place.port;
    port->listeners = port->listeners.set(
        place.hostname, std::make_shared<const RoutingListener>(std::move(opened.listener)));
    ports_[place.port] = std::move(port);
  }
  open_.clear();
  return std::move(ports_);
}

}  // namespace limpet
