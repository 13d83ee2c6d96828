#include "core/routing/compile_changes.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "core/routing/compile_settings.h"
#include "core/routing/secret_needs.h"
#include "core/routing/service_policies.h"

namespace limpet {
namespace {

class Sorter {
 public:
  Sorter(const CompileIndex& before, const Snapshot& now, CompileIndex& index,
         std::vector<CompileError>& errors)
      : before_(before), now_(now), index_(index), errors_(errors) {}

  TouchedParts run() {
    const Delta delta = Snapshot::diff(before_.snapshot, now_);
    for (const EntryPtr& entry : delta.upserts) sort_change(entry->key);
    for (const EntryKey& key : delta.removed) sort_change(key);
    if (touched_.gateways || index_.gateways == nullptr) {
      index_.gateways = index_gateways(now_, errors_);
    }
    // Labels of a Namespace decide only where a listener asks for them.
    const bool selecting = index_.gateways->selects_namespaces ||
                           (before_.gateways && before_.gateways->selects_namespaces);
    if (namespaces_changed_ && selecting) touched_.gateways = touched_.reattach_all = true;
    for (const EntryKey& secret : secrets_) sort_secret(secret);
    for (const std::string& ns : granting_) {
      touched_.routes.merge(regranted_routes(before_, index_, ns));
      touched_.places.merge(index_.gateways->places_into(ns));
    }
    return std::move(touched_);
  }

 private:
  // Whoever names the Secret is looked at: the references are those of now.
  void sort_secret(const EntryKey& key) {
    const auto places = index_.gateways->places_of_secret.find(key);
    if (places != index_.gateways->places_of_secret.end()) {
      touched_.places.insert(places->second.begin(), places->second.end());
    }
    for (const std::string_view kind : kTlsPolicyKinds) {
      const std::string reference = policy_reference(kind, to_string(key));
      for (const std::string& policy : referring(index_.policies_of_secret, reference)) {
        const EntryPtr entry = now_.find(key_of_name(kind, policy));
        touched_.services.merge(tls_policy_references(entry).services);
      }
    }
  }

  void sort_change(const EntryKey& key) {
    const std::string name = str_cat(key.ns, "/", key.name);
    if (key.kind == "HTTPRoute") {
      touched_.routes.insert(name);
    } else if (key.kind == "Gateway") {
      touched_.gateways = true;
    } else if (key.kind == kGatewayParametersKind) {
      compile_parameters(key, name);
    } else if (key.kind == "Service" || key.kind == kServiceStateKind) {
      touched_.services.insert(name);
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
    } else if (key.kind == "HealthCheckPolicy") {
      sort_policy<v1::HealthCheckPolicy>(key, name);
    } else if (key.kind == "UpstreamTLSPolicy") {
      sort_policy<v1::UpstreamTLSPolicy>(key, name);
      sort_secrets_of(key, name);
    } else if (key.kind == "BackendTLSPolicy") {
      sort_policy<v1::BackendTLSPolicy>(key, name);
      sort_secrets_of(key, name);
    } else if (key.kind == "RateLimitPolicy") {
      sort_rate_limit(key, name);
    } else if (is_sent_by_need(key.kind)) {
      secrets_.push_back(key);
    } else if (key.kind == kReferenceGrantKind) {
      sort_grant(key);
    } else if (key.kind == "Namespace") {
      namespaces_changed_ = true;
    } else if (key.kind == kEndpointStateKind) {
      // Named "SERVICE/KEY".
      touched_.services.insert(name.substr(0, name.find('/', key.ns.size() + 1)));
    } else if (key.kind == kStickyKeyKind) {
      touched_.keys = true;
    }
  }

  void sort_grant(const EntryKey& key) {
    read_entry<v1::ReferenceGrant>(now_, key, &errors_);
    index_.grants.move(key, now_);
    granting_.insert(key.ns);
  }

  void sort_slice(const EntryKey& key, const std::string& name) {
    const auto services = [&](const v1::EndpointSlice& slice) {
      return std::set<std::string>{str_cat(key.ns, "/", service_of(slice))};
    };
    sort_reference<v1::EndpointSlice>(key, name, index_.slices_of_service, services);
  }

  // Its targets as the index has them, and the Services to compile.
  template <typename Policy>
  void sort_policy(const EntryKey& key, const std::string& name) {
    sort_reference<Policy>(key, name, index_.policies_of_target, [](const Policy& policy) {
      return target_names(policy);
    });
  }

  // As sort_policy(); its target is a route.
  void sort_rate_limit(const EntryKey& key, const std::string& name) {
    const auto note = [&](const std::optional<v1::RateLimitPolicy>& policy, auto change) {
      if (!policy || target_name(*policy).empty()) return;
      const std::string route = target_name(*policy);
      change(index_.policies_of_target, policy_reference(key.kind, route), name);
      touched_.limited_routes.insert(route);
    };
    note(read_entry<v1::RateLimitPolicy>(before_.snapshot, key, nullptr), unrefer);
    note(read_entry<v1::RateLimitPolicy>(now_, key, &errors_), refer);
  }

  void sort_secrets_of(const EntryKey& key, const std::string& name) {
    const auto each = [&](const Snapshot& snapshot, auto change) {
      for (const auto& [secret, items] : tls_policy_references(snapshot.find(key)).secrets) {
        change(index_.policies_of_secret, policy_reference(key.kind, to_string(secret)), name);
      }
    };
    each(before_.snapshot, unrefer);
    each(now_, refer);
  }

  template <typename Message, typename ServicesOf>
  void sort_reference(const EntryKey& key, const std::string& name, References& references,
                      ServicesOf services_of_message) {
    const auto note = [&](const std::optional<Message>& message, auto change) {
      if (!message) return;
      for (const std::string& service : services_of_message(*message)) {
        change(references, referred(key, service), name);
        touched_.services.insert(service);
      }
    };
    note(read_entry<Message>(before_.snapshot, key, nullptr), unrefer);
    note(read_entry<Message>(now_, key, &errors_), refer);
  }

  // References of policies are told apart by the policies' kinds.
  static std::string referred(const EntryKey& key, const std::string& target) {
    return is_policy_kind(key.kind) ? policy_reference(key.kind, target) : target;
  }


  void compile_parameters(const EntryKey& key, const std::string& name) {
    const auto* last = index_.settings.find(name);
    const auto parameters = read_entry<v1::GatewayParameters>(now_, key, &errors_);
    if (!parameters) {
      touched_.settings = touched_.settings || last != nullptr;
      index_.settings = index_.settings.erase(name);
      return;
    }
    auto settings = std::make_shared<const ListenerSettings>(compile_settings(*parameters));
    if (last != nullptr && **last == *settings) return;
    touched_.settings = true;
    index_.settings = index_.settings.set(name, std::move(settings));
  }

  const CompileIndex& before_;
  const Snapshot& now_;
  CompileIndex& index_;  // of what is being made
  std::vector<CompileError>& errors_;
  TouchedParts touched_;
  std::vector<EntryKey> secrets_;   // changed
  std::set<std::string> granting_;  // namespaces of which ReferenceGrants changed
  bool namespaces_changed_ = false;
};

}  // namespace

TouchedParts sort_changes(const CompileIndex& before, const Snapshot& now, CompileIndex& index,
                          std::vector<CompileError>& errors) {
  return Sorter(before, now, index, errors).run();
}

}  // namespace limpet
