#include "core/analysis/analysis.h"

#include <gtest/gtest.h>

#include "core/base/text.h"
#include "tests/support/certificates.h"

namespace limpet {
namespace {

struct Objects {
  std::vector<v1::Resource> all;

  v1::Gateway& gateway(const std::string& name, const std::string& created) {
    v1::Gateway& gateway = *all.emplace_back().mutable_gateway();
    named(*gateway.mutable_metadata(), name, created);
    gateway.set_api_version("gateway.networking.k8s.io/v1");
    gateway.set_kind("Gateway");
    gateway.mutable_spec()->set_gateway_class_name("limpet");
    v1::Listener& listener = *gateway.mutable_spec()->add_listeners();
    listener.set_name("http");
    listener.set_port(8000);
    listener.set_protocol("HTTP");
    return gateway;
  }
  v1::HTTPRoute& route(const std::string& parent, const std::string& service, int port) {
    v1::HTTPRoute& route = *all.emplace_back().mutable_http_route();
    named(*route.mutable_metadata(), "route", "2026-01-01T00:00:00Z");
    route.set_api_version("gateway.networking.k8s.io/v1");
    route.set_kind("HTTPRoute");
    route.mutable_spec()->add_parent_refs()->set_name(parent);
    v1::HTTPBackendRef& ref = *route.mutable_spec()->add_rules()->add_backend_refs();
    ref.set_name(service);
    ref.set_port(port);
    return route;
  }
  v1::Service& service(const std::string& name, int port) {
    v1::Service& service = *all.emplace_back().mutable_service();
    named(*service.mutable_metadata(), name, "2026-01-01T00:00:00Z");
    service.set_api_version("v1");
    service.set_kind("Service");
    service.mutable_spec()->add_ports()->set_port(port);
    return service;
  }
  v1::EndpointSlice& slice(const std::string& service, int port) {
    v1::EndpointSlice& slice = *all.emplace_back().mutable_endpoint_slice();
    named(*slice.mutable_metadata(), service + "-1", "2026-01-01T00:00:00Z");
    slice.set_api_version("discovery.k8s.io/v1");
    slice.set_kind("EndpointSlice");
    (*slice.mutable_metadata()->mutable_labels())["kubernetes.io/service-name"] = service;
    slice.set_address_type("IPv4");
    slice.add_ports()->set_port(port);
    slice.add_endpoints()->add_addresses("10.0.0.1");
    return slice;
  }
  v1::SessionStickyPolicy& policy(const std::string& name, const std::string& service, int port,
                                  const std::string& created) {
    v1::SessionStickyPolicy& policy = *all.emplace_back().mutable_session_sticky_policy();
    named(*policy.mutable_metadata(), name, created);
    policy.set_api_version("gateway.flomesh.io/v1alpha1");
    policy.set_kind("SessionStickyPolicy");
    policy.mutable_spec()->mutable_target_ref()->set_kind("Service");
    policy.mutable_spec()->mutable_target_ref()->set_name(service);
    policy.mutable_spec()->add_ports()->set_port(port);
    return policy;
  }
  v1::LoadBalancerPolicy& balancer(const std::string& service, int port) {
    v1::LoadBalancerPolicy& policy = *all.emplace_back().mutable_load_balancer_policy();
    named(*policy.mutable_metadata(), "lb", "2026-01-01T00:00:00Z");
    policy.set_api_version("gateway.flomesh.io/v1alpha1");
    policy.set_kind("LoadBalancerPolicy");
    policy.mutable_spec()->mutable_target_ref()->set_kind("Service");
    policy.mutable_spec()->mutable_target_ref()->set_name(service);
    policy.mutable_spec()->add_ports()->set_port(port);
    return policy;
  }
  v1::Secret& secret(const std::string& name, const testing::TestIdentity& identity) {
    v1::Secret& secret = *all.emplace_back().mutable_secret();
    named(*secret.mutable_metadata(), name, "2026-01-01T00:00:00Z");
    secret.set_api_version("v1");
    secret.set_kind("Secret");
    secret.set_type("kubernetes.io/tls");
    (*secret.mutable_data())["tls.crt"] = testing::base64(identity.chain);
    (*secret.mutable_data())["tls.key"] = testing::base64(identity.key);
    return secret;
  }
  // Makes the listener of a Gateway one that ends TLS.
  static void secure(v1::Gateway& gateway, const std::string& secret) {
    v1::Listener& listener = *gateway.mutable_spec()->mutable_listeners(0);
    listener.set_protocol("HTTPS");
    listener.mutable_tls()->add_certificate_refs()->set_name(secret);
  }
  // Nothing is wrong with these.
  void healthy() {
    gateway("edge", "2026-01-01T00:00:00Z");
    route("edge", "shop", 80);
    service("shop", 80);
    slice("shop", 8080);
  }

  std::vector<std::string> problems(int64_t now_unix_s = 0) const {
    std::vector<std::string> texts;
    for (const Finding& finding : analyze(make_world(all, now_unix_s))) {
      EXPECT_NE(finding.advice, "");
      texts.push_back(str_cat(finding.severity == Severity::kError ? "E " : "W ",
                              to_string(finding.object), " ", finding.field, ": ",
                              finding.message));
    }
    return texts;
  }

 private:
  static void named(v1::ObjectMeta& metadata, const std::string& name, const std::string& created) {
    metadata.set_name(name);
    metadata.set_namespace_("server");
    metadata.set_creation_timestamp(created);
  }
};

using Problems = std::vector<std::string>;

TEST(Analysis, FindsNothingWhereAllIsWell) {
  Objects objects;
  objects.healthy();
  EXPECT_EQ(objects.problems(), Problems());
  EXPECT_EQ(Objects().problems(), Problems());
}

TEST(Analysis, TellsUnknownParentsAndBackendsByTheirPlace) {
  Objects objects;
  objects.route("edge", "shop", 80);
  EXPECT_EQ(objects.problems(),
            (Problems{"E HTTPRoute server/route spec.parentRefs[0]: Gateway server/edge does not "
                      "exist",
                      "E HTTPRoute server/route spec.rules[0].backendRefs[0]: Service server/shop "
                      "does not exist"}));
}

TEST(Analysis, TellsOfCertificates) {
  Objects objects;
  objects.healthy();
  Objects::secure(*objects.all[0].mutable_gateway(), "cert");
  EXPECT_EQ(objects.problems(),
            (Problems{"E Gateway server/edge spec.listeners[0]: tls.certificateRefs[0]: Secret "
                      "server/cert does not exist"}));
  objects.secret("cert", testing::make_identity({.not_after_unix_s = 2'000'000'000}));
  EXPECT_EQ(objects.problems(1'900'000'000), Problems());
  EXPECT_EQ(objects.problems(1'999'000'000),
            (Problems{"W Secret server/cert data[tls.crt]: expires at 2033-05-18T03:33:20Z, in 11 "
                      "days; for shop.example"}));
  EXPECT_EQ(objects.problems(2'000'000'001),
            (Problems{"E Secret server/cert data[tls.crt]: expired at 2033-05-18T03:33:20Z; for "
                      "shop.example"}));
  EXPECT_EQ(objects.problems(), Problems()) << "the time is not known";
}

// Of a Secret whose values are not here, what the server has told of it counts.
TEST(Analysis, KeepsWhatWasToldOfSecrets) {
  Objects objects;
  objects.healthy();
  Objects::secure(*objects.all[0].mutable_gateway(), "cert");
  v1::Secret& secret = objects.secret("cert", {});
  for (auto& [item, value] : *secret.mutable_data()) value = "***";
  v1::Condition& told = *secret.mutable_status()->add_conditions();
  told.set_type("CertificateValid");
  told.set_status("False");
  told.set_reason("Expired");
  told.set_message("expired at noon");
  EXPECT_EQ(objects.problems(1'900'000'000),
            Problems{"E Secret server/cert data[tls.crt]: expired at noon"});
}

TEST(Analysis, TellsOfAPolicyThatCannotBeKept) {
  Objects objects;
  objects.healthy();
  v1::UpstreamTLSPolicy& policy = *objects.all.emplace_back().mutable_upstream_tls_policy();
  policy.mutable_metadata()->set_name("p");
  policy.mutable_metadata()->set_namespace_("server");
  policy.set_api_version("gateway.flomesh.io/v1alpha1");
  policy.set_kind("UpstreamTLSPolicy");
  policy.mutable_spec()->mutable_target_ref()->set_kind("Service");
  policy.mutable_spec()->mutable_target_ref()->set_name("shop");
  policy.mutable_spec()->add_ports()->set_port(80);
  EXPECT_EQ(objects.problems(), Problems());
  policy.mutable_spec()->mutable_config()->mutable_certificate_ref()->set_name("ca");
  EXPECT_EQ(objects.problems(),
            Problems{"E UpstreamTLSPolicy server/p spec: port 80: Secret server/ca does not exist; "
                     "its requests are answered 503"});
}

TEST(Analysis, TellsAPortThatTheServiceDoesNotHave) {
  Objects objects;
  objects.healthy();
  objects.all[1]
      .mutable_http_route()
      ->mutable_spec()
      ->mutable_rules(0)
      ->mutable_backend_refs(0)
      ->set_port(81);
  EXPECT_EQ(objects.problems(),
            (Problems{"E HTTPRoute server/route spec.rules[0].backendRefs[0]: Service server/shop "
                      "has no port 81",
                      "W Service server/shop : no route leads to it"}));
}

TEST(Analysis, TellsSectionsAndHostsThatNoListenerHas) {
  Objects objects;
  objects.healthy();
  v1::HTTPRouteSpec& spec = *objects.all[1].mutable_http_route()->mutable_spec();
  spec.mutable_parent_refs(0)->set_section_name("https");
  EXPECT_EQ(objects.problems()[0],
            "E HTTPRoute server/route spec.parentRefs[0]: Gateway server/edge, listener https: no "
            "such listener");
  spec.mutable_parent_refs(0)->clear_section_name();
  spec.add_hostnames("a.example");
  objects.all[0].mutable_gateway()->mutable_spec()->mutable_listeners(0)->set_hostname("b.example");
  EXPECT_EQ(objects.problems()[0],
            "E HTTPRoute server/route spec.parentRefs[0]: Gateway server/edge has none of the "
            "hosts a.example");
}

TEST(Analysis, TellsServicesWithoutEndpoints) {
  Objects objects;
  objects.healthy();
  v1::EndpointSlice& slice = *objects.all[3].mutable_endpoint_slice();
  slice.mutable_endpoints(0)->mutable_conditions()->set_ready(false);
  slice.mutable_endpoints(0)->mutable_conditions()->set_serving(true);
  EXPECT_EQ(objects.problems(), Problems{"E Service server/shop spec.ports[0]: none of the 1 "
                                         "endpoints is ready: its requests fail"});
  slice.mutable_ports(0)->set_name("other");
  EXPECT_EQ(objects.problems(),
            Problems{"E Service server/shop spec.ports[0]: no EndpointSlice lists an endpoint of "
                     "the port: its requests fail"});
}

TEST(Analysis, TellsSlicesOfNoService) {
  Objects objects;
  objects.slice("shop", 8080);
  EXPECT_EQ(objects.problems(), Problems{"W EndpointSlice server/shop-1 metadata.labels: Service "
                                         "server/shop does not exist"});
}

TEST(Analysis, TellsPoliciesWithoutATargetAndWhichOfTwoWins) {
  Objects objects;
  objects.healthy();
  objects.policy("lost", "cart", 80, "2026-01-01T00:00:00Z");
  objects.policy("old", "shop", 80, "2026-01-01T00:00:00Z");
  objects.policy("new", "shop", 80, "2026-01-02T00:00:00Z")
      .mutable_spec()
      ->mutable_config()
      ->set_expires(60);
  EXPECT_EQ(objects.problems(),
            (Problems{"E SessionStickyPolicy server/lost spec.targetRef: Service server/cart does "
                      "not exist",
                      "E SessionStickyPolicy server/new spec.targetRef: the older "
                      "SessionStickyPolicy server/old has port 80 of shop and other settings"}));
}

TEST(Analysis, TellsOfEveryPolicyWithoutATarget) {
  Objects objects;
  objects.healthy();
  v1::Resource retry;
  retry.mutable_retry_policy()->mutable_metadata()->set_name("lost");
  retry.mutable_retry_policy()->mutable_metadata()->set_namespace_("server");
  auto& spec = *retry.mutable_retry_policy()->mutable_spec();
  spec.mutable_target_ref()->set_kind("Service");
  spec.mutable_target_ref()->set_name("cart");
  spec.add_ports()->set_port(80);
  retry.mutable_retry_policy()->set_api_version("gateway.flomesh.io/v1alpha1");
  retry.mutable_retry_policy()->set_kind("RetryPolicy");
  objects.all.push_back(retry);
  v1::Resource limit;
  limit.mutable_rate_limit_policy()->mutable_metadata()->set_name("lost");
  limit.mutable_rate_limit_policy()->mutable_metadata()->set_namespace_("server");
  auto& of_route = *limit.mutable_rate_limit_policy()->mutable_spec();
  of_route.mutable_target_ref()->set_kind("HTTPRoute");
  of_route.mutable_target_ref()->set_name("cart");
  of_route.mutable_rate_limit()->set_requests(1);
  limit.mutable_rate_limit_policy()->set_api_version("gateway.flomesh.io/v1alpha1");
  limit.mutable_rate_limit_policy()->set_kind("RateLimitPolicy");
  objects.all.push_back(limit);
  EXPECT_EQ(objects.problems(),
            (Problems{"E RateLimitPolicy server/lost spec.targetRef: HTTPRoute server/cart does "
                      "not exist",
                      "E RetryPolicy server/lost spec.targetRef: Service server/cart does not "
                      "exist"}));
}

TEST(Analysis, TellsWhichListenerHasAPlace) {
  Objects objects;
  objects.healthy();
  objects.gateway("other", "2026-01-02T00:00:00Z");
  EXPECT_EQ(objects.problems(),
            Problems{"E Gateway server/other spec.listeners[0]: the older Gateway server/edge has "
                     "port 8000 for every host (listener http)"});
}

TEST(Analysis, TellsParametersThatDoNotHold) {
  Objects objects;
  objects.healthy();
  v1::Gateway& late = objects.gateway("late", "2026-01-02T00:00:00Z");
  late.mutable_spec()->mutable_listeners(0)->set_hostname("late.example.com");
  auto& ref = *late.mutable_spec()->mutable_infrastructure()->mutable_parameters_ref();
  ref.set_group("gateway.limpet.dev");
  ref.set_kind("GatewayParameters");
  ref.set_name("own");
  EXPECT_EQ(objects.problems()[0],
            "E Gateway server/late spec.infrastructure.parametersRef: "
            "parametersRef: GatewayParameters server/own does not exist: the defaults hold");
  v1::GatewayParameters& own = *objects.all.emplace_back().mutable_gateway_parameters();
  own.set_api_version("gateway.limpet.dev/v1alpha1");
  own.set_kind("GatewayParameters");
  own.mutable_metadata()->set_name("own");
  own.mutable_metadata()->set_namespace_("server");
  own.mutable_spec()->mutable_timeouts()->set_idle("1s");
  EXPECT_EQ(objects.problems().back(),
            "W Gateway server/late spec.listeners[0]: port 8000 is served with the parameters of "
            "the older Gateway server/edge; those of this one have no effect on it");
}

TEST(Analysis, TellsWhatHasNoEffect) {
  Objects objects;
  objects.gateway("edge", "2026-01-01T00:00:00Z");
  v1::HTTPRoute& route = objects.route("edge", "shop", 80);
  route.mutable_spec()->clear_parent_refs();
  route.mutable_spec()->mutable_rules(0)->clear_backend_refs();
  EXPECT_EQ(objects.problems(),
            (Problems{"W Gateway server/edge spec.listeners[0]: no route is attached to listener "
                      "http: it answers 404",
                      "W HTTPRoute server/route spec.parentRefs: names no parent: the route serves "
                      "nothing",
                      "W HTTPRoute server/route spec.rules[0]: leads to no backend: it answers "
                      "500"}));
}

TEST(Analysis, TellsWhatABalancerCannotDo) {
  Objects objects;
  objects.healthy();
  objects.all.back().mutable_endpoint_slice()->mutable_endpoints(0)->set_hostname("shop-0");
  v1::LoadBalancerPolicy& policy = objects.balancer("shop", 80);
  v1::LoadBalancerPort& port = *policy.mutable_spec()->mutable_ports(0);
  v1::LoadBalancerConfig& config = *policy.mutable_spec()->mutable_config();
  for (const char* name : {"shop-0", "shop-7"}) {
    v1::EndpointWeight& weight = *config.add_weights();
    weight.set_endpoint(name);
    weight.set_weight(2);
  }
  port.mutable_config()->mutable_hash()->set_source("ClientAddress");
  EXPECT_EQ(objects.problems(),
            (Problems{"W LoadBalancerPolicy server/lb spec.config.weights[1].endpoint: no endpoint "
                      "of server/shop:80 is called shop-7",
                      "W LoadBalancerPolicy server/lb spec.ports[0].config.hash: has no effect on "
                      "port 80, which is not balanced by hash"}));
  port.set_type("HashingLoadBalancer");
  config.mutable_weights()->RemoveLast();
  EXPECT_EQ(objects.problems(), Problems());
}

TEST(Analysis, ChangesAreIntroducedFixedOrNeither) {
  Objects before;
  before.gateway("edge", "2026-01-01T00:00:00Z");
  before.route("edge", "shop", 80);
  Objects change;
  change.service("shop", 80);
  change.gateway("late", "");
  const auto after = after_apply(before.all, change.all, "2026-02-01T00:00:00Z");
  ASSERT_EQ(after.size(), 4U);
  const FindingChanges changes =
      compare(analyze(make_world(before.all)), analyze(make_world(after)));
  ASSERT_EQ(changes.introduced.size(), 2U);
  EXPECT_EQ(to_string(changes.introduced[0].object), "Gateway server/late");  // not edge
  EXPECT_EQ(to_string(changes.introduced[1].object), "Service server/shop");
  ASSERT_EQ(changes.fixed.size(), 1U);
  EXPECT_EQ(changes.fixed[0].message, "Service server/shop does not exist");
  EXPECT_TRUE(changes.unchanged.empty());
}

}  // namespace
}  // namespace limpet
