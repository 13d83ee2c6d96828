#include "tests/simulation/objects.h"

#include "core/base/text.h"

namespace limpet::simulation {
namespace {

constexpr int kSlices = 2;
constexpr char kGatewayApi[] = "gateway.networking.k8s.io/v1";
constexpr char kPolicyApi[] = "gateway.flomesh.io/v1alpha1";

template <typename Message>
void name(Message& object, const char* api, const std::string& own) {
  object.set_api_version(api);
  object.set_kind(Message::descriptor()->name());
  object.mutable_metadata()->set_name(own);
  object.mutable_metadata()->set_namespace_(kNamespace);
}

void add_gateway(v1::ApplyRequest& request) {
  v1::Gateway& gateway = *request.add_resources()->mutable_gateway();
  name(gateway, kGatewayApi, "edge");
  gateway.mutable_spec()->set_gateway_class_name("limpet");
  auto& listener = *gateway.mutable_spec()->add_listeners();
  listener.set_name("http");
  listener.set_port(kListenerPort);
  listener.set_protocol("HTTP");
}

void add_service(const std::string& own, v1::ApplyRequest& request) {
  v1::Service& service = *request.add_resources()->mutable_service();
  name(service, "v1", own);
  service.mutable_spec()->add_ports()->set_port(kServicePort);
}

void add_listing(const Listing& listing, v1::EndpointSlice& slice) {
  v1::Endpoint& endpoint = *slice.add_endpoints();
  endpoint.add_addresses(ip_of(listing.address));
  if (!listing.name.empty()) endpoint.set_hostname(listing.name);
  if (listing.condition == Condition::kReady) return;
  endpoint.mutable_conditions()->set_ready(false);
  const bool draining = listing.condition == Condition::kDraining;
  endpoint.mutable_conditions()->set_serving(draining);
  endpoint.mutable_conditions()->set_terminating(draining);
}

void add_slices(const std::string& service, const ServiceFacts& facts, v1::ApplyRequest& request) {
  for (int number = 0; number < kSlices; ++number) {
    v1::EndpointSlice slice;
    const std::string own = str_cat(service, "-", number);
    name(slice, "discovery.k8s.io/v1", own);
    slice.set_address_type("IPv4");
    (*slice.mutable_metadata()->mutable_labels())["kubernetes.io/service-name"] = service;
    for (const Listing& listing : facts.listings) {
      if (listing.slice == number) add_listing(listing, slice);
    }
    auto& port = *slice.add_ports();
    port.set_port(kEndpointPort);
    port.set_protocol("TCP");
    if (slice.endpoints().empty()) {
      v1::EntryKey& key = *request.add_deletes();
      key.set_kind("EndpointSlice");
      key.set_namespace_(kNamespace);
      key.set_name(own);
    } else {
      *request.add_resources()->mutable_endpoint_slice() = std::move(slice);
    }
  }
}

void remove(const char* kind, const std::string& own, v1::ApplyRequest& request) {
  v1::EntryKey& key = *request.add_deletes();
  key.set_kind(kind);
  key.set_namespace_(kNamespace);
  key.set_name(own);
}

template <typename Policy>
auto& target(const std::string& service, Policy& policy) {
  name(policy, kPolicyApi, service);
  policy.mutable_spec()->mutable_target_ref()->set_kind("Service");
  policy.mutable_spec()->mutable_target_ref()->set_name(service);
  auto& port = *policy.mutable_spec()->add_ports();
  port.set_port(kServicePort);
  return *port.mutable_config();
}

void add_stickiness(const std::string& service, const ServiceFacts& facts,
                    v1::ApplyRequest& request) {
  if (!facts.policy) return remove("SessionStickyPolicy", service, request);
  auto& config = target(service, *request.add_resources()->mutable_session_sticky_policy());
  config.set_cookie_name(facts.policy->cookie);
  config.set_expires(static_cast<int32_t>(facts.policy->expires_s));
  if (facts.policy->idle_s != 0) {
    config.set_idle_timeout(static_cast<int32_t>(facts.policy->idle_s));
  }
  if (facts.policy->unavailable == Unavailable::kForNow) {
    config.set_on_unavailable("RebindTemporarily");
  } else if (facts.policy->unavailable == Unavailable::kReject) {
    config.set_on_unavailable("Reject");
  }
}

void add_weights(const std::string& service, const ServiceFacts& facts, v1::ApplyRequest& request) {
  if (facts.weights.empty()) return remove("LoadBalancerPolicy", service, request);
  auto& config = target(service, *request.add_resources()->mutable_load_balancer_policy());
  for (const auto& [endpoint, weight] : facts.weights) {
    auto& entry = *config.add_weights();
    entry.set_endpoint(endpoint);
    entry.set_weight(static_cast<int32_t>(weight));
  }
}

void add_health(const std::string& service, const ServiceFacts& facts, v1::ApplyRequest& request) {
  if (!facts.tried) return remove("HealthCheckPolicy", service, request);
  target(service, *request.add_resources()->mutable_health_check_policy());
}

void add_rule(const std::string& path, const RuleFacts& facts, v1::HTTPRoute& route) {
  v1::HTTPRouteRule& rule = *route.mutable_spec()->add_rules();
  rule.set_name(facts.name);
  rule.add_matches()->mutable_path()->set_value(path);
  rule.mutable_matches(0)->mutable_path()->set_type("PathPrefix");
  for (const auto& [service, weight] : facts.backends) {
    v1::HTTPBackendRef& backend = *rule.add_backend_refs();
    backend.set_name(service);
    backend.set_port(kServicePort);
    backend.set_weight(static_cast<int32_t>(weight));
  }
  if (!facts.own) return;
  rule.mutable_session_persistence()->set_session_name(facts.own->cookie);
  rule.mutable_session_persistence()->set_absolute_timeout(str_cat(facts.own->expires_s, "s"));
  if (facts.own->idle_s != 0) {
    rule.mutable_session_persistence()->set_idle_timeout(str_cat(facts.own->idle_s, "s"));
  }
}

// A route per path, so that a change of one is no change of the others.
void add_route(const std::string& path, const RuleFacts& rule, v1::ApplyRequest& request) {
  v1::HTTPRoute& route = *request.add_resources()->mutable_http_route();
  name(route, kGatewayApi, path.substr(1));
  route.mutable_spec()->add_parent_refs()->set_name("edge");
  add_rule(path, rule, route);
}

}  // namespace

v1::ApplyRequest request_for(const Config& before, const Config& after) {
  v1::ApplyRequest request;
  if (before.services.empty()) add_gateway(request);
  for (const auto& [own, service] : after.services) {
    const auto found = before.services.find(own);
    const bool fresh = found == before.services.end();
    const ServiceFacts known = fresh ? ServiceFacts() : found->second;
    if (fresh) add_service(own, request);
    if (service.listings != known.listings) add_slices(own, service, request);
    if (service.policy != known.policy) add_stickiness(own, service, request);
    if (service.weights != known.weights) add_weights(own, service, request);
    if (service.tried != known.tried) add_health(own, service, request);
  }
  for (const auto& [path, rule] : after.rules) {
    const auto found = before.rules.find(path);
    if (found == before.rules.end() || found->second != rule) add_route(path, rule, request);
  }
  for (const auto& [path, rule] : before.rules) {
    if (!after.rules.contains(path)) remove("HTTPRoute", path.substr(1), request);
  }
  return request;
}

}  // namespace limpet::simulation
