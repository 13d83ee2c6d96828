// A part is what its Gateways reach, whatever way it was come by.
#include "core/routing/scope.h"

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "tests/support/world.h"

namespace limpet {
namespace {

using testing::describe;
using testing::SnapshotBuilder;
using testing::World;

// "Kind ns/name" of everything.
std::set<std::string> names(const Snapshot& state) {
  std::set<std::string> names;
  state.for_each([&](const EntryPtr& entry) { names.insert(to_string(entry->key)); });
  return names;
}

// The state without the Gateways that are not ours.
Snapshot with_gateways_of(const Snapshot& whole, const GatewayNames& gateways) {
  Delta others;
  whole.for_each("Gateway", [&](const EntryPtr& entry) {
    const std::string name = str_cat(entry->key.ns, "/", entry->key.name);
    if (!gateways.contains(name)) others.removed.push_back(entry->key);
  });
  return whole.apply(others, whole.id().epoch, whole.id().revision);
}

bool is_cluster(const std::string& line) { return line.starts_with("cluster "); }

// Both tables route alike; the part's may lack clusters that nothing leads to.
void expect_routes_alike(const RoutingTable& part, const RoutingTable& whole) {
  const auto mine = describe(part);
  std::map<std::string, std::string> theirs = describe(whole);
  theirs.erase("rules");
  for (const auto& [line, text] : mine) {
    if (line == "rules") continue;
    ASSERT_TRUE(theirs.contains(line)) << line;
    EXPECT_EQ(text, theirs[line]) << line;
  }
  for (const auto& [line, text] : theirs) {
    if (!is_cluster(line)) {
      ASSERT_TRUE(mine.contains(line)) << line;
      continue;
    }
    const std::string led_to = str_cat(">", line.substr(line.find(' ') + 1), "*");
    for (const auto& [route, backends] : mine) {
      if (!is_cluster(route) && contains(backends, led_to)) {
        EXPECT_TRUE(mine.contains(line)) << line << " of " << route;
      }
    }
  }
}

TEST(Scope, EqualsThePartFromNothingAndRoutesAlike) {
  const GatewayNames gateways = {"x/a", "y/b"};
  for (unsigned seed = 1; seed <= 40; ++seed) {
    World world(seed);
    Followers followers;
    GatewayScope scope(gateways);
    for (int step = 0; step < 60; ++step) {
      const Snapshot whole = world.change();
      followers.advance_to(whole);
      scope.advance_to(whole, followers);
      const Snapshot fresh = part_of(whole, gateways);
      ASSERT_EQ(scope.part().id(), fresh.id()) << "seed " << seed << " step " << step;
      ASSERT_EQ(names(scope.part()), names(fresh));
      const auto part = compile(scope.part(), nullptr).table;
      const auto alone = compile(with_gateways_of(whole, gateways), nullptr).table;
      expect_routes_alike(*part, *alone);
      ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed << " step " << step;
    }
  }
}

class ScopeTest : public ::testing::Test {
 protected:
  static std::string meta(const std::string& name) {
    return str_cat("metadata { name: '", name, "' namespace: 'n' } ");
  }
  void add_gateway(const std::string& name) {
    builder_.add<v1::Gateway>(
        meta(name) + "spec { listeners { name: 'l' port: 80 protocol: 'HTTP' } }");
  }
  void add_service(const std::string& name) {
    builder_.add<v1::Service>(meta(name) + "spec { ports { port: 80 } }");
  }
  void add_slice(const std::string& name, const std::string& service) {
    builder_.add<v1::EndpointSlice>(
        str_cat("metadata { name: '", name, "' namespace: 'n' labels { key: "
                "'kubernetes.io/service-name' value: '", service,
                "' } } endpoints { addresses: '10.0.0.1' } ports { port: 9000 }"));
  }
  void add_route(const std::string& name, const std::string& gateway,
                 const std::string& service) {
    builder_.add<v1::HTTPRoute>(str_cat(meta(name), "spec { parent_refs { name: '", gateway,
                                        "' } rules { backend_refs { name: '", service,
                                        "' port: 80 } } }"));
  }
  std::set<std::string> part() {
    const Snapshot whole = builder_.build();
    followers_.advance_to(whole);
    scope_.advance_to(whole, followers_);
    EXPECT_EQ(scope_.part().id().revision, whole.id().revision);
    EXPECT_EQ(scope_.part().id(), part_of(whole, scope_.gateways()).id());
    return names(scope_.part());
  }

  SnapshotBuilder builder_;
  Followers followers_;
  GatewayScope scope_{{"n/mine"}};
};

TEST_F(ScopeTest, FollowsRoutesToEndpoints) {
  builder_.add_key(1, 'k');
  for (const char* gateway : {"mine", "other"}) add_gateway(gateway);
  for (const char* service : {"a", "b"}) {
    add_service(service);
    add_slice(str_cat(service, "-1"), service);
  }
  add_route("to-a", "mine", "a");
  add_route("to-b", "other", "b");
  for (const char* service : {"a", "b"}) {
    builder_.put({std::string(kServiceStateKind), "n", service}, "");
  }
  EXPECT_EQ(part(), (std::set<std::string>{
                        "EndpointSlice n/a-1", "EndpointState n/a/addr:10.0.0.1:9000",
                        "Gateway n/mine", "HTTPRoute n/to-a", "Service n/a", "ServiceState n/a",
                        "StickyKey 1"}));
  const Digest before = scope_.part().id().digest;

  add_slice("b-2", "b");
  part();
  EXPECT_EQ(scope_.part().id().digest, before) << "a change that does not concern it";

  add_route("to-b", "mine", "b");
  EXPECT_TRUE(part().contains("EndpointSlice n/b-2"));
  add_route("to-b", "other", "b");
  part();
  EXPECT_EQ(scope_.part().id().digest, before);
}

TEST_F(ScopeTest, EndpointsAreKeptForAServiceThatIsToCome) {
  add_gateway("mine");
  add_route("r", "mine", "late");
  add_slice("late-1", "late");
  EXPECT_TRUE(part().contains("EndpointSlice n/late-1"));
  add_route("r", "mine", "another");
  EXPECT_FALSE(part().contains("EndpointSlice n/late-1"));
}

TEST_F(ScopeTest, AnotherNamespacesServiceIsNotReached) {
  add_gateway("mine");
  builder_.add<v1::Service>(
      "metadata { name: 'ledger' namespace: 'bank' } spec { ports { port: 80 } }");
  builder_.add<v1::HTTPRoute>(
      meta("r") + "spec { parent_refs { name: 'mine' } "
                  "rules { backend_refs { name: 'ledger' namespace: 'bank' port: 80 } } }");
  EXPECT_FALSE(part().contains("Service bank/ledger"));
}

std::string grant_text(const std::string& ns, const std::string& from, const std::string& to,
                       const std::string& name = "") {
  return str_cat("metadata { name: 'g' namespace: '", ns, "' } spec { from { group: "
                 "'gateway.networking.k8s.io' kind: '", from, "' namespace: 'n' } to { group: '' "
                 "kind: '", to, "' name: '", name, "' } }");
}

TEST_F(ScopeTest, AnotherNamespacesServiceIsReachedByAGrant) {
  add_gateway("mine");
  builder_.add<v1::Service>(
      "metadata { name: 'ledger' namespace: 'bank' } spec { ports { port: 80 } }");
  builder_.add<v1::EndpointSlice>(
      "metadata { name: 'ledger-1' namespace: 'bank' labels { key: 'kubernetes.io/service-name' "
      "value: 'ledger' } } endpoints { addresses: '10.0.0.1' } ports { port: 9000 }");
  builder_.add<v1::RetryPolicy>(
      "metadata { name: 'p' namespace: 'bank' } spec { target_ref { kind: 'Service' name: "
      "'ledger' } ports { port: 80 } }");
  const auto add_route_to = [&](const std::string& ns) {
    builder_.add<v1::HTTPRoute>(
        str_cat(meta("r"), "spec { parent_refs { name: 'mine' } rules { backend_refs { name: "
                           "'ledger' namespace: '", ns, "' port: 80 } } }"));
  };
  add_route_to("bank");
  const std::set<std::string> without = part();
  EXPECT_EQ(without, (std::set<std::string>{"Gateway n/mine", "HTTPRoute n/r"}));

  builder_.add<v1::ReferenceGrant>(grant_text("bank", "HTTPRoute", "Service", "another"));
  EXPECT_EQ(part(), (std::set<std::string>{"Gateway n/mine", "HTTPRoute n/r",
                                           "ReferenceGrant bank/g"}));
  builder_.add<v1::ReferenceGrant>(grant_text("bank", "HTTPRoute", "Service", "ledger"));
  const std::set<std::string> with = part();
  EXPECT_EQ(with, (std::set<std::string>{
                      "EndpointSlice bank/ledger-1", "EndpointState bank/ledger/addr:10.0.0.1:9000",
                      "Gateway n/mine", "HTTPRoute n/r", "ReferenceGrant bank/g",
                      "RetryPolicy bank/p", "Service bank/ledger"}));

  // The route and the grant change at once, and each goes before the other.
  add_route_to("n");
  builder_.add<v1::ReferenceGrant>(grant_text("bank", "HTTPRoute", "Service"));
  EXPECT_EQ(part(), without);
  add_route_to("bank");
  EXPECT_EQ(part(), with);
  builder_.remove({"ReferenceGrant", "bank", "g"});
  EXPECT_EQ(part(), without);
  builder_.add<v1::ReferenceGrant>(grant_text("bank", "HTTPRoute", "Service"));
  EXPECT_EQ(part(), with);
  builder_.remove({"HTTPRoute", "n", "r"});
  EXPECT_EQ(part(), std::set<std::string>{"Gateway n/mine"});
}

TEST_F(ScopeTest, GrantsOfNamespacesThatNobodyOfOursRefersIntoStay) {
  for (const char* gateway : {"mine", "other"}) add_gateway(gateway);
  builder_.add<v1::ReferenceGrant>(grant_text("bank", "HTTPRoute", "Service"));
  builder_.add<v1::HTTPRoute>(
      meta("theirs") + "spec { parent_refs { name: 'other' } "
                       "rules { backend_refs { name: 'ledger' namespace: 'bank' port: 80 } } }");
  EXPECT_EQ(part(), std::set<std::string>{"Gateway n/mine"});
}

TEST_F(ScopeTest, ACertificateOfAnotherNamespaceGoesByAGrant) {
  builder_.add<v1::Gateway>(
      meta("mine") + "spec { listeners { name: 'l' port: 443 protocol: 'HTTPS' tls { "
                     "certificate_refs { name: 'c' namespace: 'vault' } } } }");
  builder_.add<v1::Secret>(
      "metadata { name: 'c' namespace: 'vault' } type: 'kubernetes.io/tls' "
      "data { key: 'tls.crt' value: 'x' } data { key: 'tls.key' value: 'y' }");
  EXPECT_EQ(part(), std::set<std::string>{"Gateway n/mine"});
  builder_.add<v1::ReferenceGrant>(grant_text("vault", "Gateway", "Secret"));
  EXPECT_EQ(part(), (std::set<std::string>{"Gateway n/mine", "ReferenceGrant vault/g",
                                           "Secret vault/c"}));
  builder_.add<v1::ReferenceGrant>(grant_text("vault", "HTTPRoute", "Secret"));
  EXPECT_EQ(part(), (std::set<std::string>{"Gateway n/mine", "ReferenceGrant vault/g"}));
}

TEST_F(ScopeTest, AServiceIsInReachForAsLongAsOneRouteLeadsThere) {
  add_gateway("mine");
  add_service("a");
  add_route("one", "mine", "a");
  add_route("two", "mine", "a");
  EXPECT_TRUE(part().contains("Service n/a"));
  builder_.remove({"HTTPRoute", "n", "one"});
  EXPECT_TRUE(part().contains("Service n/a"));
  builder_.remove({"HTTPRoute", "n", "two"});
  EXPECT_FALSE(part().contains("Service n/a"));
}

TEST_F(ScopeTest, ParametersGoWhereAGatewayNamesThem) {
  const auto add_gateway_with = [&](const std::string& name, const std::string& parameters) {
    builder_.add<v1::Gateway>(
        str_cat(meta(name), "spec { infrastructure { parameters_ref { group: 'gateway.limpet.dev' "
                            "kind: 'GatewayParameters' name: '", parameters, "' } } }"));
  };
  add_gateway_with("mine", "a");
  add_gateway_with("other", "b");
  for (const char* name : {"a", "b"}) builder_.add<v1::GatewayParameters>(meta(name));
  EXPECT_EQ(part(), (std::set<std::string>{"Gateway n/mine", "GatewayParameters n/a"}));
  add_gateway_with("mine", "b");
  EXPECT_EQ(part(), (std::set<std::string>{"Gateway n/mine", "GatewayParameters n/b"}));
  add_gateway_with("mine", "late");
  EXPECT_EQ(part(), (std::set<std::string>{"Gateway n/mine"}));
  builder_.add<v1::GatewayParameters>(meta("late"));
  EXPECT_TRUE(part().contains("GatewayParameters n/late"));
  const Digest before = scope_.part().id().digest;
  builder_.add<v1::GatewayParameters>(meta("late") + "spec { forwarding { via: 'v' } }");
  part();
  EXPECT_NE(scope_.part().id().digest, before);
  builder_.remove({"Gateway", "n", "mine"});
  EXPECT_TRUE(part().empty());
}

TEST_F(ScopeTest, PoliciesGoWithWhatTheyAreFor) {
  for (const char* gateway : {"mine", "other"}) add_gateway(gateway);
  for (const char* service : {"a", "b"}) {
    add_service(service);
    const std::string spec = str_cat("spec { target_ref { kind: 'Service' name: '", service,
                                     "' } ports { port: 80 } }");
    builder_.add<v1::RetryPolicy>(meta(service) + spec);
    builder_.add<v1::CircuitBreakingPolicy>(meta(service) + spec);
    builder_.add<v1::HealthCheckPolicy>(meta(service) + spec);
    builder_.add<v1::RateLimitPolicy>(
        str_cat(meta(service), "spec { target_ref { kind: 'HTTPRoute' name: 'to-", service,
                "' } rate_limit { requests: 1 } }"));
  }
  add_route("to-a", "mine", "a");
  add_route("to-b", "other", "b");
  const std::set<std::string> before = part();
  EXPECT_EQ(before, (std::set<std::string>{"CircuitBreakingPolicy n/a", "Gateway n/mine",
                                           "HTTPRoute n/to-a", "HealthCheckPolicy n/a",
                                           "RateLimitPolicy n/a", "RetryPolicy n/a",
                                           "Service n/a"}));
  add_route("to-b", "mine", "b");
  EXPECT_TRUE(part().contains("RateLimitPolicy n/b"));
  add_route("to-b", "other", "b");
  EXPECT_EQ(part(), before);
  builder_.remove({"HTTPRoute", "n", "to-a"});
  EXPECT_EQ(part(), (std::set<std::string>{"Gateway n/mine"}));
  add_route("to-a", "mine", "a");
  EXPECT_EQ(part(), before);
}

TEST(GatewayNames, AreChecked) {
  EXPECT_TRUE(check_gateway_names({}).ok());
  EXPECT_TRUE(check_gateway_names({"a/b", "a/c"}).ok());
  for (const char* wrong : {"", "a", "/b", "a/", "a/b/c", "/"}) {
    EXPECT_FALSE(check_gateway_names({wrong}).ok()) << wrong;
  }
  GatewayNames many;
  for (size_t i = 0; i <= kMaxGateways; ++i) many.insert(str_cat("n/g", i));
  EXPECT_FALSE(check_gateway_names(many).ok());
}

}  // namespace
}  // namespace limpet
