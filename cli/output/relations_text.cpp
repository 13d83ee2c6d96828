#include "cli/output/relations_text.h"

#include <map>
#include <memory>
#include <vector>

#include "cli/output/grant_text.h"
#include "cli/output/label.h"
#include "cli/output/policy_text.h"
#include "cli/output/table.h"
#include "core/base/text.h"
#include "core/resource/condition.h"
#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "core/resource/policy.h"
#include "core/resource/secret.h"
#include "core/routing/compile_cluster.h"
#include "core/routing/compile_index.h"
#include "core/routing/compile_policy.h"
#include "core/routing/compile_route.h"
#include "core/routing/compile_settings.h"
#include "core/routing/compile_tls.h"
#include "core/routing/gateway_index.h"
#include "core/routing/route_attachment.h"
#include "core/routing/status.h"

namespace limpet::cli {
namespace {

std::string section(std::string_view title, const Table& table) {
  return table.empty() ? label_line(title, "") : str_cat(title, ":\n", table.to_string());
}

// "3 (2 ready, 1 draining)"
std::string endpoints_text(const Cluster& cluster) {
  size_t draining = 0;
  for (const Endpoint& endpoint : cluster.endpoints) {
    draining += endpoint.serves_sessions && !endpoint.takes_new ? 1 : 0;
  }
  return str_cat(cluster.endpoints.size(), " (", cluster.eligible.size(), " ready, ", draining,
                 " draining)");
}

// Service ports with their clusters, by name.
using Backends = std::map<std::string, const RoutingCluster*>;

class Relations {
 public:
  explicit Relations(const World& world) : world_(world), table_(*world.table) {}

  std::string of(const v1::Resource& object) const {
    switch (object.object_case()) {
      case v1::Resource::kNamespace:
        return of_namespace(object.namespace_().metadata().name());
      case v1::Resource::kGatewayClass:
        return of_class(object.gateway_class().metadata().name());
      case v1::Resource::kGateway:
        return of_gateway(object.gateway());
      case v1::Resource::kGatewayParameters:
        return of_parameters(object.gateway_parameters().metadata());
      case v1::Resource::kHttpRoute:
        return of_route(object.http_route());
      case v1::Resource::kService:
        return of_service(object.service());
      case v1::Resource::kEndpointSlice:
        return label_line("Service", service_of(object.endpoint_slice()));
      case v1::Resource::kSecret:
      case v1::Resource::kConfigMap:
        return of_secret(key_of(object));
      case v1::Resource::kReferenceGrant:
        return section("Uses", grant_uses(world_, object.reference_grant()));
      case v1::Resource::kSessionStickyPolicy:
        return of_policy(object.session_sticky_policy());
      case v1::Resource::kLoadBalancerPolicy:
        return of_policy(object.load_balancer_policy());
      case v1::Resource::kRetryPolicy:
        return of_policy(object.retry_policy());
      case v1::Resource::kCircuitBreakingPolicy:
        return of_policy(object.circuit_breaking_policy());
      case v1::Resource::kHealthCheckPolicy:
        return of_policy(object.health_check_policy());
      case v1::Resource::kRateLimitPolicy:
        return of_rate_limit(object.rate_limit_policy());
      case v1::Resource::kUpstreamTlsPolicy:
        return of_policy(object.upstream_tls_policy());
      case v1::Resource::kBackendTlsPolicy:
        return of_backend_tls(object.backend_tls_policy());
      default:
        return {};
    }
  }

 private:
  const RoutingCluster* cluster(const std::string& name) const {
    const auto* found = table_.clusters.find(name);
    return found == nullptr ? nullptr : found->get();
  }

  const ReferenceGrants& grants() const { return table_.index->grants; }

  std::string of_namespace(const std::string& name) const {
    std::map<std::string, size_t> counts;
    for (const v1::Resource& object : world_.objects) {
      const EntryKey key = key_of(object);
      if (key.ns == name) ++counts[key.kind];
    }
    Table table({"  KIND", "OBJECTS"});
    for (const auto& [kind, count] : counts) table.add({"  " + kind, str_cat(count)});
    return section("Objects", table);
  }

  std::string of_class(const std::string& name) const {
    Table table({"  GATEWAY", "LISTENERS", "PROGRAMMED"});
    for (const v1::Resource& object : world_.objects) {
      if (!object.has_gateway() || object.gateway().spec().gateway_class_name() != name) continue;
      const v1::Gateway& gateway = object.gateway();
      std::string programmed;
      for (const v1::Condition& condition : gateway.status().conditions()) {
        if (condition.type() == "Programmed") programmed = condition.status();
      }
      table.add({"  " + object_name(gateway.metadata()), str_cat(gateway.spec().listeners_size()),
                 programmed});
    }
    return section("Gateways", table);
  }

  // As GatewayStatus counts them.
  static bool attached(const CompileIndex& index, const v1::HTTPRoute& route,
                       const std::shared_ptr<const v1::Gateway>& gateway, int number) {
    const v1::Listener& listener = gateway->spec().listeners(number);
    return wanted_place(listener) && attaches(route, {gateway, number}, index.snapshot) &&
           !effective_hostnames(listener.hostname(), route).empty();
  }

  std::string of_gateway(const v1::Gateway& gateway) const {
    const std::shared_ptr<const v1::Gateway> unowned(&gateway, [](const v1::Gateway*) {});
    Table routes({"  LISTENER", "PORT", "ROUTE", "HOSTNAMES"});
    Backends backends;
    Table certificates({"  LISTENER", "SECRET", "RESOLVED", "CERTIFICATE"});
    for (int i = 0; i < gateway.spec().listeners_size(); ++i) {
      const v1::Listener& listener = gateway.spec().listeners(i);
      add_certificates(listener, gateway.metadata().namespace_(), certificates);
      for (const v1::Resource& object : world_.objects) {
        const v1::HTTPRoute& route = object.http_route();
        if (!object.has_http_route() || !attached(*table_.index, route, unowned, i)) continue;
        std::vector<std::string> hosts = effective_hostnames(listener.hostname(), route);
        if (hosts == std::vector<std::string>{""}) hosts = {"*"};  // every host
        routes.add({"  " + listener.name(), str_cat(listener.port()), object_name(route.metadata()),
                    join(hosts, ",")});
        note_backends(route, backends);
      }
    }
    const std::string https =
        certificates.empty() ? std::string() : section("Certificates", certificates);
    return https + section("Routes", routes) + policies_section(backends);
  }

  void add_certificates(const v1::Listener& listener, const std::string& ns, Table& table) const {
    if (!terminates_tls(listener)) return;
    for (const v1::SecretReference& ref : listener.tls().certificate_refs()) {
      const Verdict verdict =
          resolve_certificate(secrets_in(table_.index->snapshot), grants(), ref, ns).verdict;
      const EntryKey secret{std::string(kSecretKind),
                            ref.namespace_().empty() ? ns : ref.namespace_(), ref.name()};
      table.add({"  " + listener.name(), str_cat(secret.ns, "/", secret.name),
                 std::string(verdict.status == kTrue ? kTrue : verdict.reason),
                 validity_of(secret)});
    }
  }

  // As it was told of the Secret.
  std::string validity_of(const EntryKey& secret) const {
    for (const v1::Resource& object : world_.objects) {
      if (!object.has_secret() || key_of(object) != secret) continue;
      for (const v1::Condition& condition : object.secret().status().conditions()) {
        if (condition.type() != kCertificateValid) continue;
        return str_cat(condition.reason(), ", ", condition.message());
      }
    }
    return {};
  }

  // Who uses the Secret or ConfigMap.
  std::string of_secret(const EntryKey& key) const {
    Table table({"  USED BY", "FOR"});
    const auto add = [&](const EntryKey& user, const std::vector<SecretUse>& uses) {
      SecretItems items;
      for (const auto& [secret, used] : uses) {
        if (secret != key) continue;
        items.identity |= used.identity;
        items.authorities |= used.authorities;
      }
      std::vector<std::string_view> texts;
      if (items.identity) texts.push_back("tls.crt and tls.key");
      if (items.authorities) texts.push_back("ca.crt");
      if (!texts.empty()) table.add({"  " + to_string(user), join(texts, ", ")});
    };
    for (const v1::Resource& object : world_.objects) {
      if (object.has_gateway()) add(key_of(object), secrets_of(object.gateway(), grants()));
      if (object.has_upstream_tls_policy()) {
        add(key_of(object), secrets_of(object.upstream_tls_policy()));
      }
      if (object.has_backend_tls_policy()) {
        add(key_of(object), secrets_of(object.backend_tls_policy()));
      }
    }
    return section("Uses", table);
  }

  // The ports that the parameters hold for.
  std::string of_parameters(const v1::ObjectMeta& metadata) const {
    const EntryKey key{std::string(kGatewayParametersKind), metadata.namespace_(), metadata.name()};
    Table table({"  GATEWAY", "PORT", "APPLIES"});
    for (const auto& [name, gateway] : table_.index->gateways->gateways) {
      if (parameters_of(*gateway) != key) continue;
      for (const uint32_t port : wanted_ports(*gateway)) {
        const auto& owners = table_.index->gateways->owners;
        const auto owner = owners.find(static_cast<uint16_t>(port));
        const bool applies = owner != owners.end() && owner->second.gateway == gateway;
        table.add({"  " + name, str_cat(port), applies ? "yes" : "no"});
      }
    }
    return section("Gateways", table);
  }

  void note_backends(const v1::HTTPRoute& route, Backends& found) const {
    for_each_backend(route, [&](const BackendRef& ref) {
      if (check_backend(route, ref, grants()) != RefProblem::kNone) return;
      const std::string name = backend_cluster(route, ref).name;
      const RoutingCluster* backend = cluster(name);
      if (backend != nullptr) found[name] = backend;
    });
  }

  // The policies in effect for the backends, of every kind.
  static std::string policies_section(const Backends& backends) {
    Table table({"  TARGET", "KIND", "POLICY"});
    for (const auto& [name, backend] : backends) {
      for (const auto& [kind, policy] : backend->policy_names) {
        table.add({"  " + name, std::string(kind), policy_text(*backend, kind)});
      }
    }
    return section("Policies", table);
  }

  static std::string unresolved_text(const BackendRef& ref) {
    return str_cat(ref.ns, ref.ns.empty() ? "" : "/", ref.name, ":", ref.port);
  }

  // `share`: of the requests.
  void add_backend(const v1::HTTPRoute& route, int rule, const BackendRef& ref, std::string share,
                   Table& table) const {
    const Verdict verdict = judge_backend(table_, route, ref);
    const RoutingCluster* backend =
        verdict.status == kTrue ? table_.find(backend_cluster(route, ref)) : nullptr;
    table.add({str_cat("  ", rule),
               backend != nullptr ? backend->cluster.name : unresolved_text(ref), std::move(share),
               std::string(verdict.status == kTrue ? kTrue : verdict.reason),
               backend == nullptr ? "" : endpoints_text(backend->cluster)});
  }

  std::string of_route(const v1::HTTPRoute& route) const {
    Backends backends;
    note_backends(route, backends);
    Table table({"  RULE", "BACKEND", "WEIGHT", "RESOLVED", "ENDPOINTS"});
    for (int r = 0; r < route.spec().rules_size(); ++r) {
      const v1::HTTPRouteRule& rule = route.spec().rules(r);
      const auto add_mirror = [&](const BackendRef& ref) {
        add_backend(route, r, ref, "mirror", table);
      };
      for (const v1::HTTPBackendRef& ref : rule.backend_refs()) {
        add_backend(route, r, ref, str_cat(ref.has_weight() ? ref.weight() : 1), table);
        for_each_mirror(ref.filters(), add_mirror);
      }
      for_each_mirror(rule.filters(), add_mirror);
    }
    const AppliedRateLimit* const limit = rate_limit(object_name(route.metadata()));
    return section("Backends", table) +
           (limit == nullptr ? "" : label_line("Rate limit", rate_limit_text(*limit))) +
           policies_section(backends);
  }

  // Null: the route ("namespace/name") has none.
  const AppliedRateLimit* rate_limit(const std::string& route) const {
    return table_.index->rate_limits.find(route);
  }

  std::string of_rate_limit(const v1::RateLimitPolicy& policy) const {
    const std::string route = target_name(policy);
    const AppliedRateLimit* const applied = rate_limit(route);
    const bool applies =
        applied != nullptr && applied->policy == object_name(policy.metadata());
    Table table({"  TARGET", "APPLIES", "IN EFFECT"});
    table.add({"  " + route, applies ? "yes" : "no",
               applied == nullptr ? "" : rate_limit_text(*applied)});
    return section("Targets", table);
  }

  // Rules that lead to one of the clusters.
  Table routes_to(const std::map<std::string, int>& clusters) const {
    Table table({"  ROUTE", "RULE", "PORT"});
    for (const v1::Resource& object : world_.objects) {
      const v1::HTTPRoute& route = object.http_route();
      for (int r = 0; r < route.spec().rules_size(); ++r) {
        for_each_backend(route.spec().rules(r), [&](const BackendRef& ref) {
          if (check_backend(route, ref, grants()) != RefProblem::kNone) return;
          const auto found = clusters.find(backend_cluster(route, ref).name);
          if (found == clusters.end()) return;
          table.add({"  " + object_name(route.metadata()), str_cat(r), str_cat(found->second)});
        });
      }
    }
    return table;
  }

  std::string of_service(const v1::Service& service) const {
    const v1::ObjectMeta& metadata = service.metadata();
    std::map<std::string, int> clusters;
    Backends backends;
    Table ports({"  PORT", "ENDPOINTS"});
    for (const v1::ServicePort& port : service.spec().ports()) {
      const std::string name = cluster_name(metadata.namespace_(), metadata.name(), port.port());
      clusters[name] = port.port();
      const RoutingCluster* compiled = cluster(name);
      if (compiled == nullptr) continue;
      backends[name] = compiled;
      ports.add({str_cat("  ", port.port()), endpoints_text(compiled->cluster)});
    }
    const auto slices = referring(table_.index->slices_of_service, object_name(metadata));
    return section("Routes", routes_to(clusters)) + label_line("Slices", join(slices, ", ")) +
           section("Endpoints", ports) + policies_section(backends);
  }

  // Of a kind that is for ports of a Service.
  template <typename Policy>
  std::string of_policy(const Policy& policy) const {
    const std::string& kind = Policy::descriptor()->name();
    const v1::ObjectMeta& metadata = policy.metadata();
    const std::string& service = policy.spec().target_ref().name();
    std::map<std::string, int> clusters;
    Table table({"  TARGET", "APPLIES", "IN EFFECT"});
    for (const auto& port : policy.spec().ports()) {
      const std::string name = cluster_name(metadata.namespace_(), service, port.port());
      const RoutingCluster* compiled = target_name(policy).empty() ? nullptr : cluster(name);
      const bool applies =
          compiled != nullptr && compiled->policy_name(kind) == object_name(metadata);
      if (applies) clusters[name] = port.port();
      table.add({"  " + name, applies ? "yes" : "no",
                 compiled == nullptr ? "" : policy_text(*compiled, kind)});
    }
    return section("Targets", table) + section("Routes", routes_to(clusters));
  }

  std::string of_backend_tls(const v1::BackendTLSPolicy& policy) const {
    const std::string_view kind = v1::BackendTLSPolicy::descriptor()->name();
    std::map<std::string, int> clusters;
    Table table({"  TARGET", "APPLIES", "IN EFFECT"});
    for (const v1::Resource& object : world_.objects) {
      const v1::ObjectMeta& service = object.service().metadata();
      if (!object.has_service() || service.namespace_() != policy.metadata().namespace_()) continue;
      for (const v1::ServicePort& port : object.service().spec().ports()) {
        if (!is_tcp(port) || (!has_target(policy, service.name(), "") &&
                              !has_target(policy, service.name(), port.name()))) {
          continue;
        }
        const std::string name = cluster_name(service.namespace_(), service.name(), port.port());
        const RoutingCluster* compiled = cluster(name);
        const bool applies =
            compiled != nullptr && compiled->policy_name(kind) == object_name(policy.metadata());
        if (applies) clusters[name] = port.port();
        table.add({"  " + name, applies ? "yes" : "no",
                   compiled == nullptr ? "" : policy_text(*compiled, kind)});
      }
    }
    return section("Targets", table) + section("Routes", routes_to(clusters));
  }

  const World& world_;
  const RoutingTable& table_;
};

}  // namespace

std::string relations_text(const World& world, const EntryKey& key) {
  if (world.table == nullptr) return {};
  for (const v1::Resource& object : world.objects) {
    if (key_of(object) == key) return Relations(world).of(object);
  }
  return {};
}

}  // namespace limpet::cli
