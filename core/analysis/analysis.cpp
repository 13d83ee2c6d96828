#include "core/analysis/analysis.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "core/analysis/analyze_grant.h"
#include "core/analysis/analyze_sessions.h"
#include "core/base/text.h"
#include "core/resource/condition.h"
#include "core/resource/dns_target.h"
#include "core/resource/endpoint_identity.h"
#include "core/resource/secret.h"
#include "core/routing/backend_ref.h"
#include "core/routing/compile_cluster.h"
#include "core/routing/compile_index.h"
#include "core/routing/compile_route.h"
#include "core/routing/status.h"
#include "core/validate/validate.h"

namespace limpet {
namespace {

// What to do about a condition, by its reason.
std::string advice_for(std::string_view reason) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 19> kAdvice{{
      {"NoMatchingParent", "create the Gateway or listener, or correct the reference"},
      {"NotAllowedByListeners", "let the listener's allowedRoutes allow HTTPRoutes from there"},
      {"NoMatchingListenerHostname",
       "give the route a host name that a listener has, or the listener that of the route"},
      {"InvalidKind", "refer to a Service"},
      {"RefNotPermitted",
       "create a ReferenceGrant in the other namespace, or refer to an object of the own one"},
      {"InvalidCertificateRef", "create the Secret with what is missing, or correct the reference"},
      {"InvalidCACertificateRef",
       "create the ConfigMap or Secret with ca.crt, or correct the reference"},
      {"ProtocolConflict", "give the listener another port, or the protocol that the port has"},
      {"Expired", "apply the Secret with a new certificate"},
      {"ExpiresSoon", "apply the Secret with a new certificate before"},
      {"NotYetValid", "apply the Secret with a certificate that is valid, or see to the clocks"},
      {"KeyMissing", "give the server the key that sealed it, or apply the Secret anew"},
      {"BackendNotFound", "create the Service or its port, or correct the reference"},
      {"UnsupportedProtocol", "use a protocol that is served"},
      {"HostnameConflict", "give the listener another port or host name, or remove one of the two"},
      {"InvalidRouteKinds", "list the kinds that are served alone"},
      {"TargetNotFound", "create what the policy is for, or correct the policy"},
      {"Conflicted", "remove one of the two policies, or the port from one of them"},
      {"InvalidParameters", "create the GatewayParameters, or correct the reference"},
  }};
  for (const auto& [known, advice] : kAdvice) {
    if (known == reason) return std::string(advice);
  }
  return "correct the object";
}

class Analyzer {
 public:
  explicit Analyzer(const World& world) : world_(world) {}

  std::vector<Finding> run() {
    for (const CompileError& error : world_.errors) {
      findings_.insert({Severity::kError, error.object, error.field, error.message,
                        "delete the object, or apply it anew"});
    }
    for (const v1::Resource& object : world_.objects) {
      if (world_.table != nullptr && object.has_http_route()) note_backends(object.http_route());
    }
    if (world_.table != nullptr) {
      for (Finding& finding : analyze_sessions(world_)) findings_.insert(std::move(finding));
    }
    for (const v1::Resource& object : world_.objects) {
      key_ = key_of(object);
      for (const Violation& violation : validate(object)) {
        add(Severity::kError, violation.field, violation.message, "correct the field");
      }
      if (world_.table != nullptr) check(object);
    }
    return {findings_.begin(), findings_.end()};
  }

 private:
  void add(Severity severity, const std::string& field, const std::string& message,
           const std::string& advice) {
    findings_.insert({severity, key_, field, message, advice});
  }

  void note_backends(const v1::HTTPRoute& route) {
    for_each_backend(route, [&](const BackendRef& ref) {
      if (check_backend(route, ref, world_.table->index->grants) != RefProblem::kNone) return;
      routed_ports_.insert(backend_cluster(route, ref).name);
    });
  }

  void check(const v1::Resource& object) {
    switch (object.object_case()) {
      case v1::Resource::kGateway:
        return check_gateway(object.gateway());
      case v1::Resource::kHttpRoute:
        return check_route(object.http_route());
      case v1::Resource::kService:
        return check_service(object.service());
      case v1::Resource::kEndpointSlice:
        return check_slice(object.endpoint_slice());
      case v1::Resource::kSessionStickyPolicy:
        return check_policy(object.session_sticky_policy());
      case v1::Resource::kLoadBalancerPolicy:
        return check_balancer(object.load_balancer_policy());
      case v1::Resource::kRetryPolicy:
        return check_policy(object.retry_policy());
      case v1::Resource::kCircuitBreakingPolicy:
        return check_policy(object.circuit_breaking_policy());
      case v1::Resource::kHealthCheckPolicy:
        return check_policy(object.health_check_policy());
      case v1::Resource::kUpstreamTlsPolicy:
        return check_policy(object.upstream_tls_policy());
      case v1::Resource::kBackendTlsPolicy:
        return check_backend_tls(object.backend_tls_policy());
      case v1::Resource::kRateLimitPolicy:
        return check_policy(object.rate_limit_policy());
      case v1::Resource::kSecret:
        return check_secret(object.secret());
      case v1::Resource::kReferenceGrant:
        for (Finding& finding : analyze_grant(object.reference_grant(), *world_.table)) {
          findings_.insert(std::move(finding));
        }
        return;
      default:
        return;  // nothing that depends on other objects
    }
  }

  void check_secret(const v1::Secret& secret) {
    for (const v1::Condition& condition : secret.status().conditions()) {
      const bool soon = condition.reason() == "ExpiresSoon";
      // How far nodes are is not of the configuration.
      if (condition.type() == "Active" || (condition.status() != kFalse && !soon)) continue;
      const bool of_certificate = condition.type() == kCertificateValid;
      add(soon ? Severity::kWarning : Severity::kError,
          of_certificate ? item_field(kTlsCertificateItem) : "data", condition.message(),
          advice_for(condition.reason()));
    }
  }

  void check_backend_tls(const v1::BackendTLSPolicy& policy) {
    const auto& conditions = policy.status().conditions();
    const bool no_authority =
        std::any_of(conditions.begin(), conditions.end(), [](const v1::Condition& condition) {
          return condition.reason() == "NoValidCACertificate";
        });
    // What ResolvedRefs says is the cause of it.
    if (!no_authority) check_conditions(conditions, "spec.targetRefs", "ResolvedRefs");
    for (const v1::Condition& condition : conditions) {
      if (condition.type() != "ResolvedRefs" || condition.status() != kFalse) continue;
      const bool kind = condition.reason() == "InvalidKind";
      add(Severity::kError, "spec.validation.caCertificateRefs", condition.message(),
          kind ? "refer to a ConfigMap or a Secret" : advice_for(condition.reason()));
    }
  }

  template <typename Policy>
  void check_policy(const Policy& policy) {
    check_conditions(policy.status().conditions(), "spec.targetRef", "ResolvedRefs");
    for (const v1::Condition& condition : policy.status().conditions()) {
      if (condition.type() != "ResolvedRefs" || condition.status() != kFalse) continue;
      // No grant helps a policy.
      const bool foreign = condition.reason() == "RefNotPermitted";
      add(Severity::kError, "spec", condition.message(),
          foreign ? "refer to a Secret of the policy's namespace"
                  : advice_for(condition.reason()));
    }
  }

  void check_balancer(const v1::LoadBalancerPolicy& policy) {
    check_policy(policy);
    const std::string& service = policy.spec().target_ref().name();
    for (int i = 0; i < policy.spec().ports_size(); ++i) {
      const v1::LoadBalancerPort& port = policy.spec().ports(i);
      const auto* compiled = world_.table->clusters.find(
          cluster_name(key_.ns, service, port.port()));
      if (compiled == nullptr ||
          (*compiled)->policy_name(key_.kind) != object_name(policy.metadata())) {
        continue;
      }
      const auto place = [&](bool of_port) {
        return of_port ? str_cat("spec.ports[", i, "].config") : std::string("spec.config");
      };
      const Cluster& cluster = (*compiled)->cluster;
      check_weights(cluster, place(!port.config().weights().empty()) + ".weights");
      const bool has_hash = port.config().has_hash() || policy.spec().config().has_hash();
      if (!has_hash || cluster.balancing.type == BalancerType::kHash) continue;
      add(Severity::kWarning, place(port.config().has_hash()) + ".hash",
          str_cat("has no effect on port ", port.port(), ", which is not balanced by hash"),
          "set the type to HashingLoadBalancer, or remove hash");
    }
  }

  // Where endpoints are listed at all: they may be on their way.
  void check_weights(const Cluster& cluster, const std::string& field) {
    if (cluster.endpoints.empty()) return;
    std::set<std::string> names;
    for (const Endpoint& endpoint : cluster.endpoints) {
      for (std::string& name : names_of(endpoint)) names.insert(std::move(name));
    }
    for (size_t i = 0; i < cluster.balancing.weights.size(); ++i) {
      const std::string& name = cluster.balancing.weights[i].first;
      if (names.contains(name)) continue;
      add(Severity::kWarning, str_cat(field, "[", i, "].endpoint"),
          str_cat("no endpoint of ", cluster.name, " is called ", name),
          "correct the name, or the hostname or targetRef of the endpoint in its EndpointSlice");
    }
  }

  // The first that says that something is wrong: those behind it follow from it. Whether all is
  // well.
  template <typename Conditions>
  bool check_conditions(const Conditions& conditions, const std::string& field,
                        std::string_view left_out = "") {
    for (const v1::Condition& condition : conditions) {
      if (condition.type() == left_out) continue;
      const bool good = condition.type() == "Conflicted" ? condition.status() != kTrue
                                                         : condition.status() != kFalse;
      if (good) continue;
      add(Severity::kError, field, condition.message(), advice_for(condition.reason()));
      return false;
    }
    return true;
  }

  void check_gateway(const v1::Gateway& gateway) {
    // Whether its class exists makes no difference.
    for (const v1::Condition& condition : gateway.status().conditions()) {
      if (condition.reason() != "InvalidParameters") continue;
      add(Severity::kError, "spec.infrastructure.parametersRef", condition.message(),
          advice_for(condition.reason()));
    }
    for (int i = 0; i < gateway.status().listeners_size(); ++i) {
      const auto& listener = gateway.status().listeners(i);
      const std::string field = str_cat("spec.listeners[", i, "]");
      if (check_conditions(listener.conditions(), field) && listener.attached_routes() == 0) {
        add(Severity::kWarning, field,
            str_cat("no route is attached to listener ", listener.name(), ": it answers 404"),
            "attach a route, or remove the listener");
      }
      for (const v1::Condition& condition : listener.conditions()) {
        // Served, with other settings than its Gateway asks for.
        const bool served = condition.type() == "Programmed" && condition.status() == kTrue;
        if (!served || condition.message().empty()) continue;
        add(Severity::kWarning, field, condition.message(),
            "name parameters with the same content in both, or give the listener another port");
      }
    }
  }

  void check_route(const v1::HTTPRoute& route) {
    if (route.spec().parent_refs().empty()) {
      add(Severity::kWarning, "spec.parentRefs", "names no parent: the route serves nothing",
          "name a Gateway");
    }
    for (int i = 0; i < route.status().parents_size(); ++i) {
      // Its backends are told one by one.
      check_conditions(route.status().parents(i).conditions(), str_cat("spec.parentRefs[", i, "]"),
                       "ResolvedRefs");
    }
    for (int r = 0; r < route.spec().rules_size(); ++r) check_rule(route, r);
  }

  void check_rule(const v1::HTTPRoute& route, int number) {
    const v1::HTTPRouteRule& rule = route.spec().rules(number);
    const std::string field = str_cat("spec.rules[", number, "]");
    const bool idle =
        std::all_of(rule.backend_refs().begin(), rule.backend_refs().end(),
                    [](const auto& ref) { return ref.has_weight() && ref.weight() == 0; });
    if (idle) {
      add(Severity::kWarning, field, "leads to no backend: it answers 500",
          "name a Service, with a weight above 0");
    }
    check_mirrors(route, rule.filters(), field);
    for (int b = 0; b < rule.backend_refs_size(); ++b) {
      const std::string backend = str_cat(field, ".backendRefs[", b, "]");
      check_reference(route, rule.backend_refs(b), backend);
      check_mirrors(route, rule.backend_refs(b).filters(), backend);
    }
  }

  void check_mirrors(const v1::HTTPRoute& route,
                     const google::protobuf::RepeatedPtrField<v1::HTTPRouteFilter>& filters,
                     const std::string& place) {
    for (int f = 0; f < filters.size(); ++f) {
      if (!filters[f].has_request_mirror()) continue;
      check_reference(route, filters[f].request_mirror().backend_ref(),
                      str_cat(place, ".filters[", f, "].requestMirror.backendRef"));
    }
  }

  void check_reference(const v1::HTTPRoute& route, const BackendRef& ref,
                       const std::string& field) {
    const Verdict verdict = judge_backend(*world_.table, route, ref);
    if (verdict.status == kTrue) return;
    add(Severity::kError, field, verdict.message, advice_for(verdict.reason));
  }

  void check_service(const v1::Service& service) {
    bool routed = false;
    for (int i = 0; i < service.spec().ports_size(); ++i) {
      const int port = service.spec().ports(i).port();
      const std::string cluster = cluster_name(key_.ns, key_.name, port);
      const bool used = routed_ports_.contains(cluster);
      routed = routed || used;
      check_endpoints(service, str_cat("spec.ports[", i, "]"), cluster, used);
    }
    if (!routed) {
      add(Severity::kWarning, "", "no route leads to it", "name it in an HTTPRoute, or delete it");
    }
  }

  void check_endpoints(const v1::Service& service, const std::string& field,
                       const std::string& name, bool used) {
    const auto* compiled = world_.table->clusters.find(name);
    if (compiled == nullptr || (*compiled)->tls_broken) return;  // of which its policy tells
    const Cluster& cluster = (*compiled)->cluster;
    const std::string effect = used ? ": its requests fail" : "";
    const Severity severity = used ? Severity::kError : Severity::kWarning;
    if (!cluster.endpoints.empty()) {
      if (!cluster.eligible.empty()) return;
      add(severity, field,
          str_cat("none of the ", cluster.endpoints.size(), " endpoints is ready", effect),
          "see to the endpoints' conditions in its EndpointSlices");
      return;
    }
    const bool by_dns = dns_target(service).has_value();
    add(severity, field,
        str_cat(by_dns ? "its name is not resolved to any endpoint"
                       : "no EndpointSlice lists an endpoint of the port",
                effect),
        by_dns ? "see to the name in DNS; the server asks for it once the Service is stored"
               : str_cat("apply an EndpointSlice with the label kubernetes.io/service-name: ",
                         key_.name, ", and a port of the same name as the Service's"));
  }

  void check_slice(const v1::EndpointSlice& slice) {
    const std::string name(service_of(slice));
    if (!name.empty() &&
        world_.table->index->snapshot.find({"Service", key_.ns, name}) != nullptr) {
      return;
    }
    add(Severity::kWarning, "metadata.labels",
        name.empty() ? "belongs to no Service: it has no label kubernetes.io/service-name"
                     : str_cat("Service ", key_.ns, "/", name, " does not exist"),
        "create the Service, or correct the label");
  }

  const World& world_;
  std::set<Finding> findings_;
  std::set<std::string> routed_ports_;  // names of clusters
  EntryKey key_;                        // of the object that is looked at
};

}  // namespace

std::vector<Finding> analyze(const World& world) { return Analyzer(world).run(); }

std::vector<Finding> findings_of(const std::vector<Finding>& findings, const EntryKey& object) {
  std::vector<Finding> own;
  std::copy_if(findings.begin(), findings.end(), std::back_inserter(own),
               [&](const Finding& finding) { return finding.object == object; });
  return own;
}

FindingChanges compare(const std::vector<Finding>& before, const std::vector<Finding>& after) {
  FindingChanges changes;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(changes.introduced));
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(changes.fixed));
  std::set_intersection(before.begin(), before.end(), after.begin(), after.end(),
                        std::back_inserter(changes.unchanged));
  return changes;
}

std::vector<v1::Resource> after_apply(const std::vector<v1::Resource>& stored,
                                      const std::vector<v1::Resource>& changed,
                                      const std::string& now) {
  std::map<EntryKey, v1::Resource> objects;
  for (const v1::Resource& object : stored) objects[key_of(object)] = object;
  for (const v1::Resource& object : changed) {
    const auto [place, fresh] = objects.try_emplace(key_of(object));
    const std::string created =
        fresh ? now : metadata_of(*object_of(place->second)).creation_timestamp();
    place->second = object;
    mutable_metadata_of(*object_of(place->second)).set_creation_timestamp(created);
  }
  std::vector<v1::Resource> after;
  for (auto& [key, object] : objects) after.push_back(std::move(object));
  return after;
}

}  // namespace limpet
