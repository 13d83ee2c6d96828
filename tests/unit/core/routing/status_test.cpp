#include "core/routing/status.h"

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::SnapshotBuilder;
using testing::web_snapshot;

// The conditions as lines: "Accepted=True Accepted: message".
template <typename Conditions>
std::vector<std::string> lines(const Conditions& conditions) {
  std::vector<std::string> texts;
  for (const v1::Condition& c : conditions) {
    std::string text = str_cat(c.type(), "=", c.status(), " ", c.reason());
    texts.push_back(c.message().empty() ? text : str_cat(text, ": ", c.message()));
  }
  return texts;
}

using Lines = std::vector<std::string>;

// An object of the snapshot, with its status.
v1::Resource told(const Snapshot& snapshot, const EntryKey& key) {
  const CompileResult compiled = compile(snapshot, nullptr);
  v1::Resource resource = parse_resource(key.kind, snapshot.find(key)->bytes).value();
  set_status(*compiled.table, resource);
  return resource;
}

v1::GatewayStatus gateway_status(const Snapshot& snapshot, const std::string& name = "edge") {
  return told(snapshot, {"Gateway", "shop", name}).gateway().status();
}

v1::HTTPRouteStatus route_status(SnapshotBuilder& builder, const std::string& spec,
                                 const std::string& ns = "shop") {
  builder.add<v1::HTTPRoute>(
      str_cat("metadata { name: 'r' namespace: '", ns, "' generation: 3 } spec { ", spec, " }"));
  return told(builder.build(), {"HTTPRoute", ns, "r"}).http_route().status();
}

Lines parent_lines(SnapshotBuilder& builder, const std::string& spec,
                   const std::string& ns = "shop") {
  return lines(route_status(builder, spec, ns).parents(0).conditions());
}

TEST(GatewayStatus, OfAListenerThatServes) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  const v1::GatewayStatus status = gateway_status(builder.build());
  EXPECT_EQ(lines(status.conditions()),
            (Lines{"Accepted=True Accepted: GatewayClass  does not exist, which makes no "
                   "difference",
                   "Programmed=True Programmed"}));
  ASSERT_EQ(status.listeners_size(), 1);
  EXPECT_EQ(status.listeners(0).name(), "http");
  EXPECT_EQ(status.listeners(0).attached_routes(), 1);
  ASSERT_EQ(status.listeners(0).supported_kinds_size(), 1);
  EXPECT_EQ(status.listeners(0).supported_kinds(0).kind(), "HTTPRoute");
  EXPECT_EQ(lines(status.listeners(0).conditions()),
            (Lines{"Accepted=True Accepted", "Conflicted=False NoConflicts",
                   "ResolvedRefs=True ResolvedRefs", "Programmed=True Programmed"}));
}

TEST(GatewayStatus, ThePlaceIsTaken) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  builder.add<v1::Gateway>(
      "metadata { name: 'late' namespace: 'shop' creation_timestamp: '2026-01-01T00:00:00Z' "
      "generation: 2 } spec { listeners { name: 'a' port: 8000 protocol: 'HTTP' } "
      "listeners { name: 'b' port: 8001 protocol: 'HTTP' } }");
  const Snapshot snapshot = builder.build();
  const v1::GatewayStatus status = gateway_status(snapshot, "late");
  const std::string taken =
      "the older Gateway shop/edge has port 8000 for every host (listener http)";
  EXPECT_EQ(lines(status.listeners(0).conditions()),
            (Lines{"Accepted=False HostnameConflict: " + taken,
                   "Conflicted=True HostnameConflict: " + taken, "ResolvedRefs=True ResolvedRefs",
                   "Programmed=False Invalid: " + taken}));
  EXPECT_EQ(status.listeners(0).conditions(0).observed_generation(), 2);
  EXPECT_EQ(lines(status.listeners(1).conditions())[3], "Programmed=True Programmed");
  // One of two: it is accepted, and something is not valid.
  EXPECT_EQ(status.conditions(0).status(), "True");
  EXPECT_EQ(status.conditions(0).reason(), "ListenersNotValid");
  EXPECT_EQ(status.conditions(1).status(), "True");

  const v1::Resource late = told(snapshot, {"Gateway", "shop", "late"});
  EXPECT_EQ(wanted_ports(late.gateway()), (std::set<uint32_t>{8000, 8001}));
}

TEST(GatewayStatus, OfAProtocolAndAKindThatAreNotServed) {
  SnapshotBuilder builder;
  builder.add<v1::GatewayClass>("metadata { name: 'c' } spec { controller_name: 'x/y' }");
  builder.add<v1::Gateway>(
      "metadata { name: 'edge' namespace: 'shop' } spec { gateway_class_name: 'c' "
      "listeners { name: 'a' port: 443 protocol: 'TLS' "
      "allowed_routes { kinds { kind: 'TCPRoute' } } } }");
  const v1::GatewayStatus status = gateway_status(builder.build());
  EXPECT_EQ(lines(status.conditions()),
            (Lines{"Accepted=False ListenersNotValid: not served: listeners a; GatewayClass c",
                   "Programmed=False Invalid: not served: listeners a"}));
  EXPECT_EQ(
      lines(status.listeners(0).conditions()),
      (Lines{"Accepted=False UnsupportedProtocol: TLS is not served; HTTP is, and HTTPS with the "
             "mode Terminate",
             "Conflicted=False NoConflicts",
             "ResolvedRefs=False InvalidRouteKinds: allowedRoutes.kinds: TCPRoute is not "
             "served; HTTPRoute is",
             "Programmed=False Invalid: TLS is not served; HTTP is, and HTTPS with the mode "
             "Terminate"}));
  EXPECT_EQ(status.listeners(0).supported_kinds_size(), 0);
}

constexpr char kOlder[] =
    "metadata { name: 'older' namespace: 'shop' creation_timestamp: '2020' } spec { "
    "listeners { name: 'a' port: 8000 protocol: 'HTTP' hostname: 'a.x' } }";
constexpr char kWithParameters[] =
    "metadata { name: 'edge' namespace: 'shop' creation_timestamp: '2021' } spec { "
    "gateway_class_name: 'c' listeners { name: 'b' port: 8000 protocol: 'HTTP' } "
    "infrastructure { parameters_ref { group: 'gateway.limpet.dev' kind: 'GatewayParameters' "
    "name: 'p' } } }";

TEST(GatewayStatus, OfParametersThatAreNotThere) {
  SnapshotBuilder builder;
  builder.add<v1::GatewayClass>("metadata { name: 'c' } spec { controller_name: 'x/y' }");
  builder.add<v1::Gateway>(kWithParameters);
  EXPECT_EQ(lines(gateway_status(builder.build()).conditions()),
            (Lines{"Accepted=False InvalidParameters: parametersRef: "
                   "GatewayParameters shop/p does not exist: the defaults hold",
                   "Programmed=True Programmed"}));
  builder.add<v1::GatewayParameters>("metadata { name: 'p' namespace: 'shop' }");
  EXPECT_EQ(gateway_status(builder.build()).conditions(0).status(), "True");
  builder.add<v1::Gateway>(
      "metadata { name: 'edge' namespace: 'shop' } spec { listeners { name: 'b' port: 8000 "
      "protocol: 'HTTP' } infrastructure { parameters_ref { kind: 'ConfigMap' name: 'p' } } }");
  const v1::Condition accepted = gateway_status(builder.build()).conditions(0);
  EXPECT_EQ(accepted.reason(), "InvalidParameters");
  EXPECT_TRUE(accepted.message().starts_with(
      "parametersRef: ConfigMap of the group \"\" is not known;"))
      << accepted.message();
}

TEST(GatewayStatus, OfAPortWithTheParametersOfAnOlderGateway) {
  SnapshotBuilder builder;
  builder.add<v1::Gateway>(kOlder);
  builder.add<v1::Gateway>(kWithParameters);
  builder.add<v1::GatewayParameters>(
      "metadata { name: 'p' namespace: 'shop' } spec { forwarding { via: 'v' } }");
  const Snapshot snapshot = builder.build();
  EXPECT_EQ(lines(gateway_status(snapshot).listeners(0).conditions())[3],
            "Programmed=True Programmed: port 8000 is served with the parameters of the older "
            "Gateway shop/older; those of this one have no effect on it");
  EXPECT_EQ(lines(gateway_status(snapshot, "older").listeners(0).conditions())[3],
            "Programmed=True Programmed");
  // What says the same makes no difference.
  builder.add<v1::GatewayParameters>("metadata { name: 'p' namespace: 'shop' }");
  EXPECT_EQ(lines(gateway_status(builder.build()).listeners(0).conditions())[3],
            "Programmed=True Programmed");
}

TEST(ParametersStatus, TellsWhoNamesThem) {
  SnapshotBuilder builder;
  builder.add<v1::GatewayParameters>("metadata { name: 'p' namespace: 'shop' }");
  const EntryKey key{"GatewayParameters", "shop", "p"};
  EXPECT_EQ(lines(told(builder.build(), key).gateway_parameters().status().conditions()),
            (Lines{"Accepted=True Accepted: no Gateway names it"}));
  builder.add<v1::Gateway>(kWithParameters);
  EXPECT_EQ(lines(told(builder.build(), key).gateway_parameters().status().conditions()),
            (Lines{"Accepted=True Accepted: of the Gateway shop/edge"}));
}

TEST(RouteStatus, OfARouteThatServes) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  const v1::HTTPRouteStatus status = route_status(
      builder, "parent_refs { name: 'edge' } rules { backend_refs { name: 'web' port: 80 } }");
  ASSERT_EQ(status.parents_size(), 1);
  EXPECT_EQ(status.parents(0).parent_ref().name(), "edge");
  EXPECT_EQ(status.parents(0).controller_name(), kDefaultController);
  EXPECT_EQ(lines(status.parents(0).conditions()),
            (Lines{"Accepted=True Accepted", "ResolvedRefs=True ResolvedRefs"}));
  EXPECT_EQ(status.parents(0).conditions(0).observed_generation(), 3);
}

TEST(RouteStatus, EveryParentHasItsOwn) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  const v1::HTTPRouteStatus status = route_status(
      builder,
      "parent_refs { name: 'edge' } parent_refs { name: 'nobody' } "
      "parent_refs { name: 'edge' section_name: 'https' } parent_refs { name: 'edge' port: 9 } "
      "parent_refs { name: 'web' kind: 'Service' }");
  Lines accepted;
  for (const auto& parent : status.parents()) accepted.push_back(lines(parent.conditions())[0]);
  EXPECT_EQ(accepted,
            (Lines{"Accepted=True Accepted",
                   "Accepted=False NoMatchingParent: Gateway shop/nobody does not exist",
                   "Accepted=False NoMatchingParent: Gateway shop/edge, listener https: no such "
                   "listener",
                   "Accepted=False NoMatchingParent: Gateway shop/edge, port 9: no such listener",
                   "Accepted=False NoMatchingParent: a parent of kind Service is not served; "
                   "Gateway is"}));
}

TEST(RouteStatus, OfAParentThatDoesNotTakeIt) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  EXPECT_EQ(parent_lines(builder, "parent_refs { name: 'edge' namespace: 'shop' }", "other")[0],
            "Accepted=False NotAllowedByListeners: Gateway shop/edge takes no HTTPRoute from "
            "namespace other");
  builder.add<v1::Gateway>(
      "metadata { name: 'named' namespace: 'shop' } spec { "
      "listeners { name: 'a' port: 8001 protocol: 'HTTP' hostname: '*.example.com' } }");
  EXPECT_EQ(parent_lines(builder, "parent_refs { name: 'named' } hostnames: 'a.org'")[0],
            "Accepted=False NoMatchingListenerHostname: Gateway shop/named has none of the hosts "
            "a.org");
  EXPECT_EQ(parent_lines(builder, "parent_refs { name: 'named' } hostnames: 'a.example.com'")[0],
            "Accepted=True Accepted");
}

TEST(RouteStatus, OfAListenerWhosePlaceIsTaken) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  builder.add<v1::Gateway>(
      "metadata { name: 'late' namespace: 'shop' creation_timestamp: '2026-01-01T00:00:00Z' } "
      "spec { listeners { name: 'a' port: 8000 protocol: 'HTTP' } }");
  EXPECT_EQ(parent_lines(builder, "parent_refs { name: 'late' }")[0],
            "Accepted=False NoMatchingParent: Gateway shop/late: an older Gateway has the "
            "listener's port and host name");
}

TEST(RouteStatus, TellsWhichBackendsAreMissing) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  EXPECT_EQ(parent_lines(builder,
                         "parent_refs { name: 'edge' } "
                         "rules { backend_refs { name: 'web' port: 80 } "
                         "backend_refs { name: 'nobody' port: 80 } } "
                         "rules { backend_refs { name: 'web' port: 81 } }")[1],
            "ResolvedRefs=False BackendNotFound: spec.rules[0].backendRefs[1]: Service "
            "shop/nobody does not exist; spec.rules[1].backendRefs[0]: Service shop/web has no "
            "port 81");
  EXPECT_EQ(parent_lines(builder,
                         "parent_refs { name: 'edge' } rules { "
                         "backend_refs { name: 'web' namespace: 'other' port: 80 } }")[1],
            "ResolvedRefs=False RefNotPermitted: spec.rules[0].backendRefs[0]: Service other/web "
            "is of another namespace, which has no ReferenceGrant for it");
  EXPECT_EQ(parent_lines(builder,
                         "parent_refs { name: 'edge' } rules { "
                         "backend_refs { name: 'web' kind: 'Bucket' group: 'g' port: 80 } }")[1],
            "ResolvedRefs=False InvalidKind: spec.rules[0].backendRefs[0]: a backend of kind "
            "Bucket of group g is not served; Service is");
}

TEST(RouteStatus, WithAGrantABackendOfAnotherNamespaceIsJudgedLikeItsOwn) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  builder.add<v1::ReferenceGrant>(
      "metadata { name: 'g' namespace: 'other' } spec { "
      "from { group: 'gateway.networking.k8s.io' kind: 'HTTPRoute' namespace: 'shop' } "
      "to { group: '' kind: 'Service' name: 'web' } }");
  const auto told = [&] {
    return parent_lines(builder,
                        "parent_refs { name: 'edge' } rules { "
                        "backend_refs { name: 'web' namespace: 'other' port: 80 } }")[1];
  };
  EXPECT_EQ(told(),
            "ResolvedRefs=False BackendNotFound: spec.rules[0].backendRefs[0]: Service other/web "
            "does not exist");
  builder.add<v1::Service>(
      "metadata { name: 'web' namespace: 'other' } spec { ports { port: 80 } }");
  EXPECT_EQ(told(), "ResolvedRefs=True ResolvedRefs");
}

TEST(RouteStatus, ManyProblemsAreCounted) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  std::string spec = "parent_refs { name: 'edge' } rules { ";
  for (int i = 0; i < 5; ++i) spec += "backend_refs { name: 'x' port: 1 } ";
  EXPECT_TRUE(parent_lines(builder, spec + "}")[1].ends_with("; 2 more"));
}

class PolicyStatus : public ::testing::Test {
 protected:
  std::string told_of(const std::string& name, const std::string& ns = "shop") {
    const v1::Resource policy = told(builder_.build(), {"SessionStickyPolicy", ns, name});
    return lines(policy.session_sticky_policy().status().conditions())[0];
  }
  void add(const std::string& name, const std::string& created, const std::string& spec) {
    builder_.add<v1::SessionStickyPolicy>(str_cat("metadata { name: '", name,
                                                  "' namespace: 'shop' creation_timestamp: '",
                                                  created, "' } spec { ", spec, " }"));
  }

  SnapshotBuilder builder_ = web_snapshot(8000, {"10.0.0.1"}, 9000);
};

TEST_F(PolicyStatus, OfThePolicyThatHolds) {
  add("p", "2026-01-01T00:00:00Z", "target_ref { kind: 'Service' name: 'web' } ports { port: 80 }");
  EXPECT_EQ(told_of("p"), "Accepted=True Accepted");
}

TEST_F(PolicyStatus, OfAnOlderPolicyOnTheSamePort) {
  const std::string target = "target_ref { kind: 'Service' name: 'web' } ports { port: 80 } ";
  add("a-late", "2026-01-02T00:00:00Z", target + "config { cookie_name: 'other' }");
  add("b-early", "2026-01-01T00:00:00Z", target);
  add("c-alike", "2026-01-03T00:00:00Z", target);
  EXPECT_EQ(told_of("a-late"),
            "Accepted=False Conflicted: the older SessionStickyPolicy shop/b-early has port 80 of "
            "web and other settings");
  EXPECT_EQ(told_of("b-early"), "Accepted=True Accepted");
  EXPECT_EQ(told_of("c-alike"), "Accepted=True Accepted");
}

TEST_F(PolicyStatus, OfATargetThatIsNotThere) {
  add("p", "", "target_ref { kind: 'Service' name: 'no' } ports { port: 80 }");
  add("q", "", "target_ref { kind: 'Service' name: 'web' } ports { port: 80 } ports { port: 81 }");
  EXPECT_EQ(told_of("p"), "Accepted=False TargetNotFound: Service shop/no does not exist");
  EXPECT_EQ(told_of("q"), "Accepted=False TargetNotFound: Service shop/web has no port 81");
}

TEST_F(PolicyStatus, OfATargetInAnotherNamespace) {
  builder_.add<v1::SessionStickyPolicy>(
      "metadata { name: 'p' namespace: 'other' } spec { "
      "target_ref { kind: 'Service' name: 'web' namespace: 'shop' } ports { port: 80 } }");
  EXPECT_EQ(told_of("p", "other"),
            "Accepted=False Invalid: spec.targetRef: a Service of another namespace (shop) cannot "
            "be given a policy from here");
}

TEST(ServicePolicyStatus, IsToldForEachKind) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  const std::string target = "spec { target_ref { kind: 'Service' name: 'web' } ports { port: 80 }";
  const std::string one = "metadata { name: 'a' namespace: 'shop' creation_timestamp: '1' } ";
  const std::string two = "metadata { name: 'b' namespace: 'shop' creation_timestamp: '2' } ";
  builder.add<v1::RetryPolicy>(one + target + "}");
  builder.add<v1::RetryPolicy>(two + target + " config { num_retries: 1 } }");
  builder.add<v1::CircuitBreakingPolicy>(one + target + "}");
  builder.add<v1::CircuitBreakingPolicy>(two + target + " config { stat_time_window: 1 } }");
  builder.add<v1::HealthCheckPolicy>(one + target + "}");
  builder.add<v1::HealthCheckPolicy>(two + target + " config { interval: 1 } }");
  const Snapshot snapshot = builder.build();
  const auto reason = [&](const std::string& kind, const std::string& name) {
    const v1::Resource policy = told(snapshot, {kind, "shop", name});
    if (kind == "HealthCheckPolicy") {
      return policy.health_check_policy().status().conditions(0).reason();
    }
    return kind == "RetryPolicy" ? policy.retry_policy().status().conditions(0).reason()
                                 : policy.circuit_breaking_policy().status().conditions(0).reason();
  };
  for (const char* kind : {"RetryPolicy", "CircuitBreakingPolicy", "HealthCheckPolicy"}) {
    EXPECT_EQ(reason(kind, "a"), "Accepted");
    EXPECT_EQ(reason(kind, "b"), "Conflicted");
  }
}

TEST(Status, OthersHaveNothingThatCouldBeWrong) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  const v1::Resource service = told(builder.build(), {"Service", "shop", "web"});
  EXPECT_EQ(service.service().status().conditions_size(), 0);
}

// What a table took over from the one before is told of as what it made anew.
TEST(Status, IsToldOfATableThatWentOnFromAnother) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  const CompileResult before = compile(builder.build(), nullptr);
  builder.remove({"Service", "shop", "web"});
  const Snapshot snapshot = builder.build();
  const CompileResult after = compile(snapshot, before.table.get());
  v1::Resource route =
      parse_resource("HTTPRoute", snapshot.find({"HTTPRoute", "shop", "web"})->bytes).value();
  set_status(*after.table, route);
  EXPECT_EQ(route.http_route().status().parents(0).conditions(1).reason(), "BackendNotFound");
}

}  // namespace
}  // namespace limpet
