#include "core/routing/compile.h"

#include <algorithm>
#include <set>

#include "core/base/text.h"
#include "core/resource/kind.h"
#include "core/routing/compile_changes.h"
#include "core/routing/compile_cluster.h"
#include "core/routing/compile_index.h"
#include "core/routing/compile_keys.h"
#include "core/routing/compile_tls.h"
#include "core/routing/listener_builder.h"
#include "core/routing/route_attachment.h"
#include "core/routing/service_policies.h"

namespace limpet {

namespace {

size_t rules_of(const v1::HTTPRoute& route) {
  return static_cast<size_t>(std::max(1, route.spec().rules_size()));
}

std::set<std::string> gateways_of(const v1::HTTPRoute& route) {
  std::set<std::string> gateways;
  for (const v1::ParentReference& parent : route.spec().parent_refs()) {
    gateways.insert(parent_name(route, parent));
  }
  return gateways;
}

class Compiler {
 public:
  Compiler(const Snapshot& snapshot, const RoutingTable* previous)
      : before_(previous == nullptr || previous->index == nullptr ? kNothing : *previous->index),
        index_(std::make_shared<CompileIndex>(before_)),
        now_(snapshot),
        table_(previous == nullptr ? std::make_shared<RoutingTable>()
                                   : std::make_shared<RoutingTable>(*previous)),
        listeners_(table_->ports) {
    index_->snapshot = snapshot;
  }

  CompileResult run() {
    table_->state = now_.id();
    touched_ = sort_changes(before_, now_, *index_, errors_);
    if (touched_.keys) table_->keys = compile_keys(now_, errors_);
    for (const std::string& service : touched_.services) compile_service(service);
    for (const std::string& route : touched_.limited_routes) compile_limit(route);
    move_listeners();
    for (const std::string& route : touched_.routes) move_route(route);
    table_->ports = listeners_.finish();
    if (touched_.gateways || touched_.settings || !moved_.empty()) give_settings();
    table_->index = index_;
    work_.hosts = listeners_.hosts_changed();
    if (!errors_.empty()) return {nullptr, std::move(errors_), work_};
    return {std::move(table_), {}, work_};
  }

 private:
  static const CompileIndex kNothing;

  template <typename Message>
  std::optional<Message> read_now(const EntryKey& key) {
    return read_entry<Message>(now_, key, &errors_);
  }
  template <typename Message>
  std::optional<Message> read_before(const EntryKey& key) const {
    return read_entry<Message>(before_.snapshot, key, nullptr);
  }

  // ---- Clusters.

  void compile_service(const std::string& name) {
    const EntryKey key = key_of_name("Service", name);
    const auto service = read_now<v1::Service>(key);
    if (const auto old = read_before<v1::Service>(key)) {
      for (const v1::ServicePort& port : old->spec().ports()) {
        const std::string cluster = cluster_name(key.ns, key.name, port.port());
        table_->clusters = table_->clusters.erase(cluster);
        table_->upstream_tls = table_->upstream_tls.erase(cluster);
        table_->expires_of_scope =
            table_->expires_of_scope.erase(service_scope(key.ns, key.name, port.port()));
      }
    }
    if (!service) return;
    std::vector<v1::EndpointSlice> slices;
    for (const std::string& slice : referring(index_->slices_of_service, name)) {
      auto message = read_now<v1::EndpointSlice>(key_of_name("EndpointSlice", slice));
      if (message) slices.push_back(*std::move(message));
    }
    const ServicePolicies policies = policies_of(now_, *index_, name, errors_);
    for (const v1::ServicePort& port : service->spec().ports()) {
      if (!is_tcp(port)) continue;
      ++work_.clusters;
      const std::string cluster = cluster_name(key.ns, key.name, port.port());
      const auto* last = before_clusters_.find(cluster);
      const auto compiled = compile_cluster(now_, *service, port, slices, policies,
                                            last == nullptr ? nullptr : last->get());
      if (compiled->policy) {
        table_->expires_of_scope = table_->expires_of_scope.set(
            service_scope(key.ns, key.name, port.port()), compiled->policy->expires_s);
      }
      if (compiled->tls != nullptr) {
        table_->upstream_tls = table_->upstream_tls.set(cluster, compiled->tls);
      }
      table_->clusters = table_->clusters.set(cluster, compiled);
    }
  }

  // The oldest policy's. What has been counted stays as long as its settings do.
  void compile_limit(const std::string& route) {
    const AppliedRateLimit* const last = index_->rate_limits.find(route);
    const auto policies = rate_limits_of(now_, *index_, route, errors_);
    if (policies.empty()) {
      if (last == nullptr) return;
      index_->rate_limits = index_->rate_limits.erase(route);
    } else {
      AppliedRateLimit applied{object_name(policies.front().metadata()), nullptr};
      RateLimitSettings settings = compile_rate_limit(policies.front().spec().rate_limit());
      const bool same = last != nullptr && last->limit->settings() == settings;
      applied.limit = same ? last->limit : std::make_shared<RateLimit>(std::move(settings));
      index_->rate_limits = index_->rate_limits.set(route, std::move(applied));
      if (same) return;
    }
    if (now_.find(key_of_name("HTTPRoute", route)) != nullptr) touched_.routes.insert(route);
  }

  std::vector<RoutePath> paths_of(const v1::HTTPRoute& route) const {
    const AppliedRateLimit* const applied =
        index_->rate_limits.find(object_name(route.metadata()));
    return compile_route(route, applied == nullptr ? nullptr : applied->limit, index_->grants);
  }

  // ---- Settings of ports.

  void give_settings() {
    for (auto& [number, port] : table_->ports) {
      auto settings = settings_of(*index_, *index_->gateways->owners.at(number).gateway);
      if (port->settings == settings) continue;
      auto changed = std::make_shared<RoutingPort>(*port);
      changed->settings = std::move(settings);
      port = std::move(changed);
    }
  }

  // ---- Listeners and routes.

  // Gives each place to the listener that now has it. A route that changes as well is added by
  // move_route() alone.
  void move_listeners() {
    if (!touched_.gateways) {
      for (const ListenerPlace& place : touched_.places) move_listener(place);
      return;
    }
    for (const auto& [place, listener] : places_before()) {
      if (!index_->gateways->places.contains(place)) listeners_.remove_listener(place);
    }
    for (const auto& [place, listener] : index_->gateways->places) move_listener(place);
  }

  void move_listener(const ListenerPlace& place) {
    const PlacedListener& listener = index_->gateways->places.at(place);
    const auto old = places_before().find(place);
    const bool same = old != places_before().end() && !touched_.reattach_all &&
                      same_listener(old->second, listener);
    const RoutingListener* was_open = open_before(place);
    if (same && !touched_.places.contains(place)) return;
    std::shared_ptr<const ListenerTls> tls;
    if (terminates_tls(listener.listener())) {
      tls = compile_listener_tls(secrets_in(now_), index_->grants, listener.listener(),
                                 listener.gateway->metadata().namespace_(),
                                 was_open == nullptr ? nullptr : was_open->tls);
      if (tls == nullptr) return close_listener(place);
    }
    if (same && was_open != nullptr) {
      if (tls != was_open->tls) listeners_.set_tls(place, std::move(tls));
      return;
    }
    begin_listener(place, listener, std::move(tls));
  }

  // It has no certificate.
  void close_listener(const ListenerPlace& place) {
    closed_.insert(place);
    listeners_.remove_listener(place);
  }

  void begin_listener(const ListenerPlace& place, const PlacedListener& listener,
                      std::shared_ptr<const ListenerTls> tls) {
    moved_.insert(place);
    listeners_.put_listener(place, listener, std::move(tls));
    const std::string gateway = object_name(listener.gateway->metadata());
    for (const std::string& name : referring(index_->routes_of_gateway, gateway)) {
      if (touched_.routes.contains(name)) continue;
      const auto route = read_now<v1::HTTPRoute>(key_of_name("HTTPRoute", name));
      if (route) attach(*route, place, paths_of(*route));
    }
  }

  const std::map<ListenerPlace, PlacedListener>& places_before() const {
    static const GatewayIndex kNone;
    return before_.gateways ? before_.gateways->places : kNone.places;
  }

  // In the table before; null when the place was not open. table_ has its ports until the end.
  const RoutingListener* open_before(const ListenerPlace& place) const {
    const auto port = table_->ports.find(place.port);
    return port == table_->ports.end() ? nullptr : port->second->listeners.at(place.hostname);
  }

  // Requires: the listeners have been moved.
  bool is_open(const ListenerPlace& place) const {
    return moved_.contains(place) || (!closed_.contains(place) && open_before(place) != nullptr);
  }

  void move_route(const std::string& name) {
    const EntryKey key = key_of_name("HTTPRoute", name);
    if (const auto old = read_before<v1::HTTPRoute>(key)) {
      detach(*old, name);
    }
    const auto route = read_now<v1::HTTPRoute>(key);
    if (!route) return;
    table_->rules += rules_of(*route);
    const std::vector<RoutePath> paths = paths_of(*route);
    for (const std::string& ns : foreign_namespaces(*route)) {
      refer(index_->routes_into_namespace, ns, name);
    }
    for (const std::string& gateway : gateways_of(*route)) {
      refer(index_->routes_of_gateway, gateway, name);
      for (const ListenerPlace& place : index_->gateways->places_with(gateway)) {
        if (is_open(place)) attach(*route, place, paths);
      }
    }
  }

  void attach(const v1::HTTPRoute& route, const ListenerPlace& place,
              const std::vector<RoutePath>& paths) {
    ++work_.routes;
    const PlacedListener& listener = index_->gateways->places.at(place);
    if (attaches(route, listener, now_)) listeners_.add_route(place, route, paths);
  }

  void detach(const v1::HTTPRoute& route, const std::string& name) {
    table_->rules -= rules_of(route);
    const std::vector<RoutePath> paths = compile_route(route);
    for (const std::string& ns : foreign_namespaces(route)) {
      unrefer(index_->routes_into_namespace, ns, name);
    }
    for (const std::string& gateway : gateways_of(route)) {
      unrefer(index_->routes_of_gateway, gateway, name);
      for (const ListenerPlace& place : before_.gateways->places_with(gateway)) {
        // A place that was lost, closed or begun anew has no old rules.
        if (moved_.contains(place) || !index_->gateways->places.contains(place) ||
            !is_open(place)) {
          continue;
        }
        if (attaches(route, before_.gateways->places.at(place), before_.snapshot)) {
          ++work_.routes;
          listeners_.remove_route(place, route, paths);
        }
      }
    }
  }

  const CompileIndex& before_;
  const std::shared_ptr<CompileIndex> index_;  // of what is being made
  const Snapshot& now_;
  const std::shared_ptr<RoutingTable> table_;
  const decltype(RoutingTable::clusters) before_clusters_ = table_->clusters;
  ListenerBuilder listeners_;
  std::vector<CompileError> errors_;
  CompileResult::Work work_;

  TouchedParts touched_;
  std::set<ListenerPlace> moved_;      // places that were begun anew
  std::set<ListenerPlace> closed_;     // places of which this compile knows that they are not open
};

const CompileIndex Compiler::kNothing;

}  // namespace

CompileResult compile(const Snapshot& snapshot, const RoutingTable* previous) {
  return Compiler(snapshot, previous).run();
}

}  // namespace limpet
