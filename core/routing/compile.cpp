#include "core/routing/compile.h"

#include <algorithm>
#include <set>

#include "core/base/text.h"
#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "core/routing/compile_cluster.h"
#include "core/routing/compile_index.h"
#include "core/routing/compile_policy.h"
#include "core/routing/compile_settings.h"
#include "core/routing/listener_builder.h"
#include "core/routing/route_attachment.h"
#include "limpet/v1/state.pb.h"

namespace limpet {

namespace {

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
    if (gateways_changed_) move_listeners();
    for (const std::string& route : routes_) move_route(route);
    table_->ports = listeners_.finish();
    if (gateways_changed_ || settings_changed_) give_settings();
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
    if (keys_changed_) compile_keys();
    if (gateways_changed_ || index_->gateways == nullptr) {
      index_->gateways = index_gateways(now_, errors_);
    }
    // Labels of a Namespace decide only where a listener asks for them.
    const bool selecting = index_->gateways->selects_namespaces ||
                           (before_.gateways && before_.gateways->selects_namespaces);
    if (namespaces_changed_ && selecting) gateways_changed_ = reattach_all_ = true;
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
    } else if (key.kind == "RetryPolicy") {
      sort_policy<v1::RetryPolicy>(key, name);
    } else if (key.kind == "CircuitBreakingPolicy") {
      sort_policy<v1::CircuitBreakingPolicy>(key, name);
    } else if (key.kind == "UpstreamTLSPolicy") {
      sort_policy<v1::UpstreamTLSPolicy>(key, name);
    } else if (key.kind == "RateLimitPolicy") {
      sort_reference<v1::RateLimitPolicy>(key, name, index_->policies_of_target, routes_,
                                          target_name);
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
    sort_reference<v1::EndpointSlice>(key, name, index_->slices_of_service, services_, service);
  }

  // Its target as the index has it, and the Service to compile.
  template <typename Policy>
  void sort_policy(const EntryKey& key, const std::string& name) {
    sort_reference<Policy>(key, name, index_->policies_of_target, services_, target_name);
  }

  template <typename Message, typename TargetOf>
  void sort_reference(const EntryKey& key, const std::string& name, References& references,
                      std::set<std::string>& touched, TargetOf target_of_message) {
    if (const auto old = read<Message>(before_.snapshot, key, false)) {
      unrefer(references, referred(key, target_of_message(*old)), name);
      touched.insert(target_of_message(*old));
    }
    if (const auto fresh = read<Message>(now_, key, true)) {
      refer(references, referred(key, target_of_message(*fresh)), name);
      touched.insert(target_of_message(*fresh));
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

  // ---- Keys and clusters.

  void compile_keys() {
    table_->keys = KeyRing();
    now_.for_each(kStickyKeyKind, [&](const EntryPtr& entry) {
      v1::StickyKey key;
      RingKey ring_key;
      if (!key.ParseFromString(entry->bytes) || key.secret().size() != ring_key.secret.size()) {
        errors_.push_back({entry->key, "secret", "must have 32 bytes"});
        return;
      }
      ring_key.id = key.id();
      std::copy(key.secret().begin(), key.secret().end(), ring_key.secret.begin());
      if (key.mints()) table_->keys.minting_id = key.id();
      table_->keys.keys.push_back(ring_key);
    });
    std::sort(table_->keys.keys.begin(), table_->keys.keys.end(),
              [](const RingKey& a, const RingKey& b) { return a.id < b.id; });
  }

  void compile_service(const std::string& name) {
    const EntryKey key = key_of_name("Service", name);
    const auto service = read<v1::Service>(now_, key, true);
    if (const auto old = read<v1::Service>(before_.snapshot, key, false)) {
      for (const v1::ServicePort& port : old->spec().ports()) {
        table_->clusters = table_->clusters.erase(cluster_name(key.ns, key.name, port.port()));
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
    ServicePolicies policies;
    policies.sticky = policies_of<v1::SessionStickyPolicy>(name);
    policies.balancing = policies_of<v1::LoadBalancerPolicy>(name);
    policies.retries = policies_of<v1::RetryPolicy>(name);
    policies.circuit_breaking = policies_of<v1::CircuitBreakingPolicy>(name);
    policies.tls = policies_of<v1::UpstreamTLSPolicy>(name);
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
      table_->clusters = table_->clusters.set(cluster, compiled);
    }
  }

  // Oldest first: it wins where two want the same port.
  template <typename Policy>
  std::vector<Policy> policies_of(const std::string& service) {
    std::vector<Policy> policies;
    const std::string& kind = Policy::descriptor()->name();
    for (const std::string& name :
         referring(index_->policies_of_target, policy_reference(kind, service))) {
      auto policy = read<Policy>(now_, key_of_name(kind, name), true);
      if (policy) policies.push_back(*std::move(policy));
    }
    std::stable_sort(policies.begin(), policies.end(), [](const auto& a, const auto& b) {
      return a.metadata().creation_timestamp() < b.metadata().creation_timestamp();
    });
    return policies;
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
      auto settings = settings_of(*index_, *index_->gateways->owners.at(number));
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
    static const GatewayIndex kNone;
    const GatewayIndex& before = before_.gateways ? *before_.gateways : kNone;
    for (const auto& [place, listener] : before.places) {
      if (!index_->gateways->places.contains(place)) listeners_.remove_listener(place);
    }
    for (const auto& [place, listener] : index_->gateways->places) {
      const auto old = before.places.find(place);
      if (old != before.places.end() && !reattach_all_ && same_listener(old->second, listener)) {
        continue;
      }
      moved_.insert(place);
      listeners_.put_listener(place, listener);
      const std::string gateway = object_name(listener.gateway->metadata());
      for (const std::string& name : referring(index_->routes_of_gateway, gateway)) {
        if (routes_.contains(name)) continue;
        const auto route = read<v1::HTTPRoute>(now_, key_of_name("HTTPRoute", name), true);
        if (route) attach(*route, place, compile_route(*route, limit_of(name)));
      }
    }
  }

  void move_route(const std::string& name) {
    const EntryKey key = key_of_name("HTTPRoute", name);
    if (const auto old = read<v1::HTTPRoute>(before_.snapshot, key, false)) {
      detach(*old, name);
    }
    const auto route = read<v1::HTTPRoute>(now_, key, true);
    compile_rate_limit_of(name, route.has_value());
    if (!route) return;
    table_->rules += rules_of(*route);
    const std::vector<RoutePath> paths = compile_route(*route, limit_of(name));
    for (const std::string& gateway : gateways_of(*route)) {
      refer(index_->routes_of_gateway, gateway, name);
      for (const ListenerPlace& place : places_of(*index_->gateways, gateway)) {
        attach(*route, place, paths);
      }
    }
  }

  std::shared_ptr<const RateLimit> limit_of(const std::string& route) const {
    const auto* found = index_->rate_limits.find(route);
    return found == nullptr ? nullptr : *found;
  }

  // Its buckets stay as full as they are, unless the settings are others.
  void compile_rate_limit_of(const std::string& route, bool exists) {
    const std::shared_ptr<const RateLimit> last = limit_of(route);
    const auto policy = exists ? rate_limit_policy_of(*index_, route) : std::nullopt;
    if (!policy) {
      if (last != nullptr) index_->rate_limits = index_->rate_limits.erase(route);
      return;
    }
    RateLimitSettings settings = compile_rate_limit(policy->spec().rate_limit());
    if (last != nullptr && last->settings == settings) return;
    index_->rate_limits =
        index_->rate_limits.set(route, std::make_shared<const RateLimit>(std::move(settings)));
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
      for (const ListenerPlace& place : places_of(*before_.gateways, gateway)) {
        // A place that was lost, or begun anew, has no old rules.
        if (moved_.contains(place) || !index_->gateways->places.contains(place)) continue;
        if (attaches(route, before_.gateways->places.at(place), before_.snapshot)) {
          ++work_.routes;
          listeners_.remove_route(place, route, paths);
        }
      }
    }
  }

  static size_t rules_of(const v1::HTTPRoute& route) {
    return static_cast<size_t>(std::max(1, route.spec().rules_size()));
  }

  static std::set<std::string> gateways_of(const v1::HTTPRoute& route) {
    std::set<std::string> gateways;
    for (const v1::ParentReference& parent : route.spec().parent_refs()) {
      gateways.insert(parent_name(route, parent));
    }
    return gateways;
  }

  static std::vector<ListenerPlace> places_of(const GatewayIndex& gateways,
                                              const std::string& gateway) {
    const auto found = gateways.places_of.find(gateway);
    return found == gateways.places_of.end() ? std::vector<ListenerPlace>() : found->second;
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
  std::set<ListenerPlace> moved_;   // places that were begun anew
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
