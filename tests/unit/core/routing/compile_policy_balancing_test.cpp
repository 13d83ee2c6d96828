// LoadBalancerPolicy and outlierEjection, as a cluster has them.
#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "core/routing/compile_policy.h"
#include "core/routing/status.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::from_text;
using testing::SnapshotBuilder;
using testing::web_snapshot;

constexpr char kTarget[] = "target_ref { kind: 'Service' name: 'web' } ";

std::string policy_text(const std::string& spec, const std::string& name = "lb",
                        const std::string& created = "2026-01-01T00:00:00Z") {
  return str_cat("metadata { name: '", name, "' namespace: 'shop' creation_timestamp: '", created,
                 "' } spec { ", kTarget, spec, " }");
}

std::shared_ptr<const RoutingTable> table_of(SnapshotBuilder& builder,
                                             const RoutingTable* previous = nullptr) {
  CompileResult result = compile(builder.build(), previous);
  EXPECT_TRUE(result.errors.empty());
  return result.table;
}

const Cluster& cluster_of(const RoutingTable& table) {
  return (*table.clusters.find("shop/web:80"))->cluster;
}

std::map<std::string, uint32_t> weights_of(const Cluster& cluster) {
  std::map<std::string, uint32_t> weights;
  for (const Endpoint& endpoint : cluster.endpoints) weights[endpoint.name] = endpoint.weight;
  return weights;
}

TEST(CompileBalancing, ThePortsOwnGoesBeforeThePolicys) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
  builder.add<v1::LoadBalancerPolicy>(policy_text(
      "type: 'LeastConnectionLoadBalancer' config { slow_start: '30s' "
      "hash { source: 'ClientAddress' } } "
      "ports { port: 80 type: 'HashingLoadBalancer' "
      "config { hash { source: 'Header' name: 'X-User' } } }"));
  const auto table = table_of(builder);
  const Balancing& balancing = cluster_of(*table).balancing;
  EXPECT_EQ(balancing.type, BalancerType::kHash);
  EXPECT_EQ(balancing.hash.source, RequestKey::Source::kHeader);
  EXPECT_EQ(balancing.hash.name, "X-User");
  EXPECT_EQ(balancing.slow_start_ms, 30'000);
  EXPECT_EQ((*table->clusters.find("shop/web:80"))->policy_name("LoadBalancerPolicy"), "shop/lb");
}

TEST(CompileBalancing, Types) {
  const std::pair<std::string, BalancerType> types[] = {
      {"", BalancerType::kRoundRobin},
      {"type: 'RoundRobinLoadBalancer'", BalancerType::kRoundRobin},
      {"type: 'LeastConnectionLoadBalancer'", BalancerType::kLeastRequest},
      {"type: 'HashingLoadBalancer'", BalancerType::kHash}};
  for (const auto& [text, type] : types) {
    SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
    builder.add<v1::LoadBalancerPolicy>(policy_text(text + " ports { port: 80 }"));
    EXPECT_EQ(cluster_of(*table_of(builder)).balancing.type, type);
  }
}

TEST(CompileBalancing, HashKeys) {
  const std::pair<std::string, RequestKey::Source> sources[] = {
      {"source: 'ClientAddress'", RequestKey::Source::kClientAddress},
      {"source: 'Header' name: 'n'", RequestKey::Source::kHeader},
      {"source: 'Cookie' name: 'n'", RequestKey::Source::kCookie},
      {"source: 'Query' name: 'n'", RequestKey::Source::kQuery}};
  for (const auto& [text, source] : sources) {
    const RequestKey key = compile_request_key(from_text<v1::HashKey>(text));
    EXPECT_EQ(key.source, source);
    EXPECT_EQ(key.name, source == RequestKey::Source::kClientAddress ? "" : "n");
  }
}

TEST(CompileBalancing, WeightsByNameOrAddress) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1", "10.0.0.2", "10.0.0.3"}, 9000);
  builder.add<v1::EndpointSlice>(
      "metadata { name: 'web-2' namespace: 'shop' "
      "labels { key: 'kubernetes.io/service-name' value: 'web' } } "
      "endpoints { addresses: '10.0.0.4' hostname: 'web-0' } ports { port: 9000 }");
  builder.add<v1::LoadBalancerPolicy>(policy_text(
      "ports { port: 80 config { weights { endpoint: '10.0.0.1' weight: 5 } "
      "weights { endpoint: '10.0.0.2:9000' weight: 6 } weights { endpoint: 'web-0' weight: 0 } "
      "weights { endpoint: '10.0.0.4' weight: 8 } weights { endpoint: 'gone' weight: 9 } } } "
      "config { weights { endpoint: '10.0.0.3' weight: 7 } }"));
  const auto table = table_of(builder);
  EXPECT_EQ(weights_of(cluster_of(*table)),
            (std::map<std::string, uint32_t>{{"10.0.0.1:9000", 5},
                                             {"10.0.0.2:9000", 6},
                                             {"10.0.0.3:9000", 1},  // the port's list, as a whole
                                             {"web-0", 0}}));
}

TEST(CompileBalancing, OutlierEjectionAndItsDefaults) {
  const auto settings = [](const std::string& config) {
    SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
    builder.add<v1::CircuitBreakingPolicy>(
        policy_text("ports { port: 80 } config { " + config + " }"));
    return cluster_of(*table_of(builder)).outlier;
  };
  EXPECT_FALSE(settings("").on());
  const OutlierSettings defaults = settings("outlier_ejection {}");
  EXPECT_TRUE(defaults.on());
  EXPECT_EQ(defaults.consecutive_errors, 5U);
  EXPECT_EQ(defaults.ejection_ms, 30'000);
  EXPECT_EQ(defaults.max_percent, 10U);
  const OutlierSettings own = settings(
      "outlier_ejection { consecutive_errors: 2 ejection_time: '1m' max_ejected_percent: 50 }");
  EXPECT_EQ(own.consecutive_errors, 2U);
  EXPECT_EQ(own.ejection_ms, 60'000);
  EXPECT_EQ(own.max_percent, 50U);
}

TEST(CompileBalancing, WhatEndpointsHaveGatheredGoesOnInTheNextTable) {
  SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1", "10.0.0.2"}, 9000);
  builder.add<v1::LoadBalancerPolicy>(policy_text(
      "type: 'LeastConnectionLoadBalancer' config { slow_start: '30s' } ports { port: 80 }"));
  const auto before = table_of(builder);
  const Endpoint& old = cluster_of(*before).endpoints[0];
  EXPECT_EQ(old.warmup, nullptr);
  builder.add<v1::EndpointSlice>(
      "metadata { name: 'web-2' namespace: 'shop' "
      "labels { key: 'kubernetes.io/service-name' value: 'web' } } "
      "endpoints { addresses: '10.0.0.4' } ports { port: 9000 }");
  const auto after = table_of(builder, before.get());
  ASSERT_EQ(cluster_of(*after).endpoints.size(), 3U);
  for (const Endpoint& endpoint : cluster_of(*after).endpoints) {
    const Endpoint* same = cluster_of(*before).find(endpoint.uid);
    EXPECT_EQ(endpoint.warmup != nullptr, same == nullptr);
    if (same != nullptr) { EXPECT_EQ(endpoint.live, same->live); }
  }
  // What a node compiles from the same state without a table before it has nobody new.
  const auto fresh = compile(builder.build(), nullptr).table;
  for (const Endpoint& endpoint : cluster_of(*fresh).endpoints) {
    EXPECT_EQ(endpoint.warmup, nullptr);
  }
}

// The type stands beside the configuration, and is as much a setting as what is in it.
TEST(CompileBalancing, PoliciesOfAnotherTypeConflict) {
  const auto accepted = [](const std::string& newer) {
    SnapshotBuilder builder = web_snapshot(8000, {"10.0.0.1"}, 9000);
    builder.add<v1::LoadBalancerPolicy>(
        policy_text("type: 'HashingLoadBalancer' ports { port: 80 }", "older"));
    const std::string text = policy_text(newer, "newer", "2026-02-01T00:00:00Z");
    builder.add<v1::LoadBalancerPolicy>(text);
    v1::Resource resource;
    *resource.mutable_load_balancer_policy() = from_text<v1::LoadBalancerPolicy>(text);
    set_status(*table_of(builder), resource);
    return resource.load_balancer_policy().status().conditions(0).reason();
  };
  EXPECT_EQ(accepted("ports { port: 80 type: 'HashingLoadBalancer' }"), "Accepted");
  EXPECT_EQ(accepted("ports { port: 80 }"), "Conflicted");
  EXPECT_EQ(accepted("type: 'HashingLoadBalancer' ports { port: 80 } config { slow_start: '1s' }"),
            "Conflicted");
}

}  // namespace
}  // namespace limpet
