#include "core/routing/compile.h"

#include <gtest/gtest.h>

#include "core/routing/compile_cluster.h"
#include "core/routing/match.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::SnapshotBuilder;
using testing::web_snapshot;

std::shared_ptr<const RoutingTable> table_of(const Snapshot& snapshot,
                                             const RoutingTable* previous = nullptr) {
  CompileResult result = compile(snapshot, previous);
  EXPECT_TRUE(result.errors.empty());
  return result.table;
}

const RoutingCluster* cluster_of(const RoutingTable& table, const std::string& name) {
  const auto* found = table.clusters.find(name);
  return found == nullptr ? nullptr : found->get();
}

TEST(Compile, LeadsFromThePortToTheEndpoints) {
  const Snapshot snapshot = web_snapshot(8000, {"10.0.0.1", "10.0.0.2"}, 9000).build();
  const auto table = table_of(snapshot);
  EXPECT_EQ(table->state, snapshot.id());
  ASSERT_TRUE(table->ports.contains(8000));
  const Match found = match(*table->ports.at(8000), {"any.host", "/any"});
  ASSERT_NE(found.rule, nullptr);
  EXPECT_EQ(found.rule->name, "shop/web/0");
  EXPECT_EQ(found.listener->gateway, "shop/edge");
  const RoutingCluster* cluster = table->find(*found.rule->backends[0].cluster);
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(cluster->cluster.endpoints.size(), 2U);
  EXPECT_EQ(cluster->cluster.eligible.size(), 2U);
  EXPECT_FALSE(cluster->policy);
  ASSERT_NE(table->keys.minting(), nullptr);
  EXPECT_EQ(table->keys.minting()->id, 1000U);
}

TEST(Compile, PoliciesMergeThePortOverTheDefault) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  builder.add<v1::SessionStickyPolicy>(
      "metadata { name: 'p' namespace: 'shop' } spec { target_ref { kind: 'Service' name: 'web' } "
      "ports { port: 80 config { cookie_name: 'own' } } "
      "config { cookie_name: 'common' expires: 5 } }");
  const auto table = table_of(builder.build());
  const RoutingCluster* cluster = cluster_of(*table, "shop/web:80");
  ASSERT_TRUE(cluster->policy);
  EXPECT_EQ(cluster->policy->name, "own");
  EXPECT_EQ(cluster->policy->expires_s, 5U);
}

TEST(Compile, WhatHasTheTokenIsSaid) {
  using Carrier = StickyPolicy::Carrier;
  const std::vector<std::pair<std::string, Carrier>> types = {
      {"", Carrier::kCookie},
      {"type: 'Cookie'", Carrier::kCookie},
      {"type: 'Header'", Carrier::kHeader},
      {"type: 'LearnedCookie' path: '/app' lifetime: 'Session'", Carrier::kLearned}};
  for (const auto& [type, carrier] : types) {
    SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
    builder.add<v1::SessionStickyPolicy>(
        "metadata { name: 'p' namespace: 'shop' } spec { target_ref { kind: 'Service' "
        "name: 'web' } ports { port: 80 config { cookie_name: 'JSESSIONID' " + type + " } } }");
    const auto table = table_of(builder.build());
    const std::optional<StickyPolicy>& policy = cluster_of(*table, "shop/web:80")->policy;
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->carrier, carrier) << type;
    EXPECT_EQ(policy->name, "JSESSIONID");
    if (carrier != Carrier::kLearned) continue;
    EXPECT_EQ(policy->attributes, "; path=/app");
    EXPECT_FALSE(policy->permanent);
  }
}

TEST(Compile, TheOlderPolicyWins) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  const auto add = [&](const std::string& name, const std::string& created) {
    builder.add<v1::SessionStickyPolicy>(
        "metadata { name: '" + name + "' namespace: 'shop' creation_timestamp: '" + created +
        "' } spec { target_ref { kind: 'Service' name: 'web' } ports { port: 80 } config { "
        "cookie_name: '" + name + "' } }");
  };
  add("a-newer", "2026-02-01T00:00:00Z");
  add("b-older", "2026-01-01T00:00:00Z");
  const auto table = table_of(builder.build());
  EXPECT_EQ(cluster_of(*table, "shop/web:80")->policy_name("SessionStickyPolicy"), "shop/b-older");
}

TEST(Compile, APolicyOfAnotherNamespaceNeedsAGrant) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  builder.add<v1::SessionStickyPolicy>(
      "metadata { name: 'p' namespace: 'other' } spec { "
      "target_ref { kind: 'Service' name: 'web' namespace: 'shop' } ports { port: 80 } }");
  EXPECT_FALSE(cluster_of(*table_of(builder.build()), "shop/web:80")->policy);
}

TEST(Compile, OneNameInTwoSlicesIsOneEndpoint) {
  SnapshotBuilder builder = web_snapshot(8000, {}, 9000);
  for (const char* number : {"1", "2"}) {
    builder.add<v1::EndpointSlice>(str_cat(
        "metadata { name: 'web-", number, "' namespace: 'shop' "
        "labels { key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv4' "
        "endpoints { addresses: '10.0.0.", number, "' target_ref { kind: 'Pod' name: 'web-0' } "
        "conditions { ready: ", number[0] == '1' ? "false" : "true", " } } ports { port: 9000 }"));
  }
  const auto table = table_of(builder.build());
  const Cluster& cluster = cluster_of(*table, "shop/web:80")->cluster;
  ASSERT_EQ(cluster.endpoints.size(), 1U);
  EXPECT_EQ(cluster.endpoints[0].name, "web-0");
  ASSERT_EQ(cluster.endpoints[0].addresses.size(), 1U) << "not where it serves nobody";
  EXPECT_EQ(cluster.endpoints[0].addresses[0].ip(), "10.0.0.2");
  EXPECT_EQ(cluster.eligible.size(), 1U) << "ready in one of them";
}

TEST(Compile, ConditionsSayWhoTakesNewSessionsAndWhoKeepsTheOld) {
  SnapshotBuilder builder = web_snapshot(8000, {}, 9000);
  builder.add<v1::EndpointSlice>(
      "metadata { name: 'web-1' namespace: 'shop' "
      "labels { key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv4' "
      "endpoints { addresses: '10.0.0.1' hostname: 'plain' } "
      "endpoints { addresses: '10.0.0.2' hostname: 'draining' "
      "  conditions { ready: false serving: true terminating: true } } "
      "endpoints { addresses: '10.0.0.3' hostname: 'down' conditions { ready: false } } "
      "ports { port: 9000 }");
  const auto table = table_of(builder.build());
  std::map<std::string, std::pair<bool, bool>> states;
  for (const Endpoint& endpoint : cluster_of(*table, "shop/web:80")->cluster.endpoints) {
    states[endpoint.name] = {endpoint.takes_new, endpoint.serves_sessions};
  }
  EXPECT_EQ(states["plain"], (std::pair{true, true}));
  EXPECT_EQ(states["draining"], (std::pair{false, true}));
  EXPECT_EQ(states["down"], (std::pair{false, false}));
}

TEST(Compile, SlicePortsBelongToTheServicePortOfTheirName) {
  SnapshotBuilder builder = web_snapshot(8000, {}, 9000);
  builder.add<v1::Service>(
      "metadata { name: 'web' namespace: 'shop' } spec { ports { name: 'http' port: 80 } "
      "ports { name: 'admin' port: 81 } }");
  builder.add<v1::EndpointSlice>(
      "metadata { name: 'web-1' namespace: 'shop' "
      "labels { key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv4' "
      "endpoints { addresses: '10.0.0.1' } ports { name: 'http' port: 9000 } "
      "ports { name: 'admin' port: 9001 }");
  const auto table = table_of(builder.build());
  EXPECT_EQ(cluster_of(*table, "shop/web:80")->cluster.endpoints[0].addresses[0].port(), 9000);
  EXPECT_EQ(cluster_of(*table, "shop/web:81")->cluster.endpoints[0].addresses[0].port(), 9001);
}

TEST(Compile, TheRoundGoesOnAcrossTables) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  const auto first = table_of(builder.build());
  builder.add<v1::Namespace>("metadata { name: 'unrelated' }");
  const auto second = table_of(builder.build(), first.get());
  EXPECT_EQ(cluster_of(*first, "shop/web:80")->cluster.rotation,
            cluster_of(*second, "shop/web:80")->cluster.rotation);
}

TEST(Compile, MissingReferencesCompile) {
  SnapshotBuilder builder;
  builder.add<v1::Gateway>(
      "metadata { name: 'edge' namespace: 'shop' } spec { "
      "listeners { name: 'http' port: 8000 protocol: 'HTTP' } "
      "listeners { name: 'tls' port: 8443 protocol: 'HTTPS' } }");
  builder.add<v1::HTTPRoute>(
      "metadata { name: 'web' namespace: 'shop' } spec { parent_refs { name: 'edge' } "
      "rules { backend_refs { name: 'absent' port: 80 } } "
      "rules { matches { path { type: 'Exact' value: '/x' } } "
      "backend_refs { name: 'absent' namespace: 'other' port: 80 } } }");
  const auto table = table_of(builder.build());
  EXPECT_FALSE(table->ports.contains(8443)) << "a protocol that is not served";
  const RouteRule* rule = match(*table->ports.at(8000), {"h", "/"}).rule;
  ASSERT_NE(rule, nullptr);
  EXPECT_EQ(table->find(*rule->backends[0].cluster), nullptr);
  EXPECT_FALSE(match(*table->ports.at(8000), {"h", "/x"}).rule->backends[0].cluster);
}

TEST(Compile, BytesThatCannotBeReadAreAnErrorThatNamesThem) {
  SnapshotBuilder builder;
  builder.put({"HTTPRoute", "shop", "broken"}, "\xFF\xFF");
  const CompileResult result = compile(builder.build(), nullptr);
  EXPECT_EQ(result.table, nullptr);
  ASSERT_EQ(result.errors.size(), 1U);
  EXPECT_EQ(to_string(result.errors[0].object), "HTTPRoute shop/broken");
}

}  // namespace
}  // namespace limpet
