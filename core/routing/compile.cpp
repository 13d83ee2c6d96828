#include "core/routing/compile.h"

#include <algorithm>
#include <set>

#include "core/base/text.h"
#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "core/resource/secret.h"
#include "core/routing/compile_cluster.h"
#include "core/routing/compile_index.h"
#include "core/routing/compile_keys.h"
#include "core/routing/compile_settings.h"
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
    sort_changes();
    for (const std::string& service : services_) compile_service(service);
    for (const std::string& route : limited_routes_) compile_limit(route);
    move_listeners();
    for (const std::string& route : routes_) move_route(route);
    table_->ports = listeners_.finish();
    if (gateways_changed_ || settings_changed_ || !moved_.empty()) give_settings();
    table_->index = index_;
    work_.hosts = listeners_.hosts_changed();
    if (!errors_.empty()) return {nullptr, std::move(errors_), work_};
    return {std::move(table_), {}, work_};
  }

 private:
  static const CompileIndex kNothing;

  // ---- What has to be looked at.

  void sort_changes() {
    const Delta delta = Snapshot::diff(before_.snapshot, now_);
    for (const EntryPtr& entry : delta.upserts) sort_change(entry->key);
    for (const EntryKey& key : delta.removed) sort_change(key);
    if (keys_changed_) table_->keys = compile_keys(now_, errors_);
    if (gateways_changed_ || index_->gateways == nullptr) {
      index_->gateways = index_gateways(now_, errors_);
    }
    // Labels of a Namespace decide only where a listener asks for them.
    const bool selecting = index_->gateways->selects_namespaces ||
                           (before_.gateways && before_.gateways->selects_namespaces);
    if (namespaces_changed_ && selecting) gateways_changed_ = reattach_all_ = true;
    for (const EntryKey& secret : secrets_) sort_secret(secret);
  }

  // Whoever names the Secret is looked at: the references are those of now.
  void sort_secret(const EntryKey& key) {
    const auto places = index_->gateways->places_of_secret.find(key);
    if (places != index_->gateways->places_of_secret.end()) {
      retouched_.insert(places->second.begin(), places->second.end());
    }
    const std::string name = str_cat(key.ns, "/", key.name);
    for (const std::string& policy : referring(index_->policies_of_secret, name)) {
      const EntryKey policy_key = key_of_name("UpstreamTLSPolicy", policy);
      if (const auto message = read<v1::UpstreamTLSPolicy>(now_, policy_key, true)) {
        services_.insert(target_name(*message));
      }
    }
  }

  void sort_change(const EntryKey& key) {
    const std::string name = str_cat(key.ns, "/", key.name);
    if (key.kind == "HTTPRoute") {
      routes_.insert(name);
    } else if (key.kind == "Gateway") {
      gateways_changed_ = true;
    } else if (key.kind == kGatewayParametersKind) {
      compile_parameters(key, name);
    } else if (key.kind == "Service") {
      services_.insert(name);
    } else if (key.kind == "EndpointSlice") {
      sort_slice(key, name);
    } else if (key.kind == "SessionStickyPolicy") {
      sort_policy<v1::SessionStickyPolicy>(key, name);
    } else if (key.kind == "LoadBalancerPolicy") {
      sort_policy<v1::LoadBalancerPolicy>(key, name);
    } else if (key.kind == "CircuitBreakingPolicy") {
      sort_policy<v1::CircuitBreakingPolicy>(key, name);
    } else if (key.kind == "UpstreamTLSPolicy") {
      sort_policy<v1::UpstreamTLSPolicy>(key, name);
      sort_secrets_of(key, name);
    } else if (key.kind == "RateLimitPolicy") {
      sort_rate_limit(key, name);
    } else if (key.kind == kSecretKind) {
      secrets_.push_back(key);
    } else if (key.kind == "Namespace") {
      namespaces_changed_ = true;
    } else if (key.kind == kEndpointStateKind) {
      // Named "SERVICE/KEY".
      services_.insert(name.substr(0, name.find('/', key.ns.size() + 1)));
    } else if (key.kind == kStickyKeyKind) {
      keys_changed_ = true;
    }
  }

  void sort_slice(const EntryKey& key, const std::string& name) {
    const auto service = [&](const v1::EndpointSlice& slice) {
      return str_cat(key.ns, "/", service_of(slice));
    };
    sort_reference<v1::EndpointSlice>(key, name, index_->slices_of_service, service);
  }

  // Its target as the index has it, and the Service to compile.
  template <typename Policy>
  void sort_policy(const EntryKey& key, const std::string& name) {
    sort_reference<Policy>(key, name, index_->policies_of_target, [](const Policy& policy) {
      return target_name(policy);
    });
  }

  // As sort_policy(); its target is a route.
  void sort_rate_limit(const EntryKey& key, const std::string& name) {
    const auto note = [&](const std::optional<v1::RateLimitPolicy>& policy, auto change) {
      if (!policy || target_name(*policy).empty()) return;
      const std::string route = target_name(*policy);
      change(index_->policies_of_target, policy_reference(key.kind, route), name);
      limited_routes_.insert(route);
    };
    note(read<v1::RateLimitPolicy>(before_.snapshot, key, false), unrefer);
    note(read<v1::RateLimitPolicy>(now_, key, true), refer);
  }

  void sort_secrets_of(const EntryKey& key, const std::string& name) {
    const auto each = [&](const Snapshot& snapshot, auto change) {
      const auto policy = read<v1::UpstreamTLSPolicy>(snapshot, key, false);
      if (!policy) return;
      for (const auto& [secret, items] : secrets_of(*policy)) {
        change(index_->policies_of_secret, str_cat(secret.ns, "/", secret.name), name);
      }
    };
    each(before_.snapshot, unrefer);
    each(now_, refer);
  }

  template <typename Message, typename ServiceOf>
  void sort_reference(const EntryKey& key, const std::string& name, References& references,
                      ServiceOf service_of_message) {
    if (const auto old = read<Message>(before_.snapshot, key, false)) {
      unrefer(references, referred(key, service_of_message(*old)), name);
      services_.insert(service_of_message(*old));
    }
    if (const auto fresh = read<Message>(now_, key, true)) {
      refer(references, referred(key, service_of_message(*fresh)), name);
      services_.insert(service_of_message(*fresh));
    }
  }

  // References of policies are told apart by the policies' kinds.
  static std::string referred(const EntryKey& key, const std::string& target) {
    return is_policy_kind(key.kind) ? policy_reference(key.kind, target) : target;
  }

  // Nothing when there is none, or (then with an error, if that is wanted) it cannot be read.
  template <typename Message>
  std::optional<Message> read(const Snapshot& snapshot, const EntryKey& key, bool report) {
    const EntryPtr entry = snapshot.find(key);
    if (entry == nullptr) return std::nullopt;
    Message message;
    if (message.ParseFromString(entry->bytes)) return message;
    if (report) errors_.push_back({key, "", "the stored bytes cannot be read"});
    return std::nullopt;
  }

  // ---- Clusters.

  void compile_service(const std::string& name) {
    const EntryKey key = key_of_name("Service", name);
    const auto service = read<v1::Service>(now_, key, true);
    if (const auto old = read<v1::Service>(before_.snapshot, key, false)) {
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
      auto message = read<v1::EndpointSlice>(now_, key_of_name("EndpointSlice", slice), true);
      if (message) slices.push_back(*std::move(message));
    }
    const ServicePolicies policies = policies_of(now_, *index_, name, errors_);
    for (const v1::ServicePort& port : service->spec().ports()) {
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
    if (now_.find(key_of_name("HTTPRoute", route)) != nullptr) routes_.insert(route);
  }

  std::vector<RoutePath> paths_of(const v1::HTTPRoute& route) const {
    const AppliedRateLimit* const applied =
        index_->rate_limits.find(object_name(route.metadata()));
    return compile_route(route, applied == nullptr ? nullptr : applied->limit);
  }

  // ---- Settings of ports.

  void compile_parameters(const EntryKey& key, const std::string& name) {
    const auto* last = index_->settings.find(name);
    const auto parameters = read<v1::GatewayParameters>(now_, key, true);
    if (!parameters) {
      settings_changed_ = settings_changed_ || last != nullptr;
      index_->settings = index_->settings.erase(name);
      return;
    }
    auto settings = std::make_shared<const ListenerSettings>(compile_settings(*parameters));
    if (last != nullptr && **last == *settings) return;
    settings_changed_ = true;
    index_->settings = index_->settings.set(name, std::move(settings));
  }

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
    if (!gateways_changed_) {
      for (const ListenerPlace& place : retouched_) move_listener(place);
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
    const bool same =
        old != places_before().end() && !reattach_all_ && same_listener(old->second, listener);
    const RoutingListener* was_open = open_before(place);
    if (same && !retouched_.contains(place)) return;
    std::shared_ptr<const ListenerTls> tls;
    if (terminates_tls(listener.listener())) {
      tls = compile_listener_tls(secrets_in(now_), listener.listener(),
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
      if (routes_.contains(name)) continue;
      const auto route = read<v1::HTTPRoute>(now_, key_of_name("HTTPRoute", name), true);
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
    if (const auto old = read<v1::HTTPRoute>(before_.snapshot, key, false)) {
      detach(*old, name);
    }
    const auto route = read<v1::HTTPRoute>(now_, key, true);
    if (!route) return;
    table_->rules += rules_of(*route);
    const std::vector<RoutePath> paths = paths_of(*route);
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

  std::set<std::string> services_;  // to compile, by "namespace/name"
  std::set<std::string> routes_;    // changed
  std::set<std::string> limited_routes_;  // that a RateLimitPolicy has come to, or left
  std::vector<EntryKey> secrets_;   // changed
  std::set<ListenerPlace> retouched_;  // places that name one of these
  std::set<ListenerPlace> moved_;      // places that were begun anew
  std::set<ListenerPlace> closed_;     // places of which this compile knows that they are not open
  bool gateways_changed_ = false;
  bool namespaces_changed_ = false;
  bool reattach_all_ = false;
  bool keys_changed_ = false;
  bool settings_changed_ = false;
};

const CompileIndex Compiler::kNothing;

}  // namespace

CompileResult compile(const Snapshot& snapshot, const RoutingTable* previous) {
  return Compiler(snapshot, previous).run();
}

}  // namespace limpet
