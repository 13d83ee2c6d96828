// However a state was reached, its table is the one that compiling it from nothing gives; and what
// a change does not concern is the same object before and after.
#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "tests/support/world.h"

namespace limpet {
namespace {

using testing::describe;
using testing::SnapshotBuilder;
using testing::World;

TEST(IncrementalCompile, EqualsCompilingFromNothing) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    World world(seed);
    std::shared_ptr<const RoutingTable> table;
    for (int step = 0; step < 60; ++step) {
      const Snapshot snapshot = world.change();
      const CompileResult next = compile(snapshot, table.get());
      ASSERT_TRUE(next.errors.empty());
      const CompileResult fresh = compile(snapshot, nullptr);
      ASSERT_EQ(describe(*next.table), describe(*fresh.table)) << "seed " << seed << " " << step;
      table = next.table;
    }
  }
}

TEST(IncrementalCompile, AnyTableIsAStartForAnyState) {
  World world(99);
  std::vector<Snapshot> states;
  for (int i = 0; i < 30; ++i) states.push_back(world.change());
  for (size_t from = 0; from < states.size(); from += 7) {
    const CompileResult start = compile(states[from], nullptr);
    for (const Snapshot& to : states) {
      EXPECT_EQ(describe(*compile(to, start.table.get()).table),
                describe(*compile(to, nullptr).table));
    }
  }
}

// A hundred Services, each with its route and host.
Snapshot many(SnapshotBuilder& builder) {
  builder.add<v1::Gateway>(
      "metadata { name: 'g' namespace: 'n' } "
      "spec { listeners { name: 'l' port: 80 protocol: 'HTTP' } }");
  for (int i = 0; i < 100; ++i) {
    builder.add<v1::Service>(
        str_cat("metadata { name: 's", i, "' namespace: 'n' } spec { ports { port: 80 } }"));
    builder.add<v1::EndpointSlice>(
        str_cat("metadata { name: 's", i, "' namespace: 'n' labels { key: "
                "'kubernetes.io/service-name' value: 's", i, "' } } "
                "endpoints { addresses: '10.0.0.1' } ports { port: 9000 }"));
    builder.add<v1::HTTPRoute>(
        str_cat("metadata { name: 'r", i, "' namespace: 'n' } spec { parent_refs { name: 'g' } "
                "hostnames: 'h", i, ".x' rules { backend_refs { name: 's", i, "' port: 80 } } }"));
  }
  return builder.build();
}

TEST(IncrementalCompile, OneRouteChangesOneHost) {
  SnapshotBuilder builder;
  const CompileResult before = compile(many(builder), nullptr);
  EXPECT_EQ(before.work.clusters, 100U);
  builder.add<v1::HTTPRoute>(
      "metadata { name: 'r7' namespace: 'n' } spec { parent_refs { name: 'g' } "
      "hostnames: 'h7.x' rules { backend_refs { name: 's8' port: 80 } } }");
  const CompileResult after = compile(builder.build(), before.table.get());
  EXPECT_EQ(after.work.hosts, 1U);
  EXPECT_EQ(after.work.clusters, 0U);
  const auto& old_hosts = before.table->ports.at(80)->listeners.at("")->hosts;
  const auto& new_hosts = after.table->ports.at(80)->listeners.at("")->hosts;
  for (int i = 0; i < 100; ++i) {
    const std::string host = str_cat("h", i, ".x");
    EXPECT_EQ(old_hosts.at(host) == new_hosts.at(host), i != 7) << host;
  }
}

TEST(IncrementalCompile, OneEndpointChangesOneClusterAndNoRoute) {
  SnapshotBuilder builder;
  const CompileResult before = compile(many(builder), nullptr);
  builder.add<v1::EndpointSlice>(
      "metadata { name: 's7' namespace: 'n' labels { key: "
      "'kubernetes.io/service-name' value: 's7' } } "
      "endpoints { addresses: '10.0.0.2' } ports { port: 9000 }");
  const CompileResult after = compile(builder.build(), before.table.get());
  EXPECT_EQ(after.work.clusters, 1U);
  EXPECT_EQ(after.work.routes, 0U);
  EXPECT_EQ(after.work.hosts, 0U);
  EXPECT_EQ(before.table->ports.at(80), after.table->ports.at(80));
  for (int i = 0; i < 100; ++i) {
    const std::string name = str_cat("n/s", i, ":80");
    EXPECT_EQ(*before.table->clusters.find(name) == *after.table->clusters.find(name), i != 7);
  }
}

const RouteRule& rule_of(const RoutingTable& table, const std::string& host) {
  const auto& hosts = table.ports.at(80)->listeners.at("")->hosts;
  return *hosts.at(host)->prefixes.find("")->front().rule;
}

std::string rate_limit(const std::string& route, int requests) {
  return str_cat("metadata { name: 'limit' namespace: 'n' } spec { target_ref { kind: 'HTTPRoute' "
                 "name: '", route, "' } rate_limit { requests: ", requests, " } }");
}

TEST(IncrementalCompile, ARateLimitChangesItsRouteAndKeepsItsBuckets) {
  SnapshotBuilder builder;
  const CompileResult none = compile(many(builder), nullptr);
  EXPECT_EQ(rule_of(*none.table, "h7.x").rate_limit, nullptr);
  builder.add<v1::RateLimitPolicy>(rate_limit("r7", 5));
  const CompileResult limited = compile(builder.build(), none.table.get());
  EXPECT_EQ(limited.work.hosts, 1U);
  EXPECT_EQ(limited.work.clusters, 0U);
  const auto limit = rule_of(*limited.table, "h7.x").rate_limit;
  ASSERT_NE(limit, nullptr);
  EXPECT_EQ(rule_of(*limited.table, "h8.x").rate_limit, nullptr);

  // The route changes, then its listener: the limit is the same.
  builder.add<v1::HTTPRoute>(
      "metadata { name: 'r7' namespace: 'n' } spec { parent_refs { name: 'g' } "
      "hostnames: 'h7.x' rules { backend_refs { name: 's8' port: 80 } } }");
  const CompileResult routed = compile(builder.build(), limited.table.get());
  EXPECT_EQ(rule_of(*routed.table, "h7.x").rate_limit, limit);
  builder.add<v1::Gateway>(
      "metadata { name: 'g' namespace: 'n' } "
      "spec { listeners { name: 'renamed' port: 80 protocol: 'HTTP' } }");
  const CompileResult moved = compile(builder.build(), routed.table.get());
  EXPECT_EQ(rule_of(*moved.table, "h7.x").rate_limit, limit);

  builder.add<v1::RateLimitPolicy>(rate_limit("r7", 6));
  const CompileResult changed = compile(builder.build(), moved.table.get());
  EXPECT_NE(rule_of(*changed.table, "h7.x").rate_limit, limit);
  builder.add<v1::RateLimitPolicy>(rate_limit("r8", 6));
  const CompileResult retargeted = compile(builder.build(), changed.table.get());
  EXPECT_EQ(rule_of(*retargeted.table, "h7.x").rate_limit, nullptr);
  EXPECT_NE(rule_of(*retargeted.table, "h8.x").rate_limit, nullptr);
  builder.remove({"RateLimitPolicy", "n", "limit"});
  const CompileResult removed = compile(builder.build(), retargeted.table.get());
  EXPECT_EQ(rule_of(*removed.table, "h8.x").rate_limit, nullptr);
}

TEST(IncrementalCompile, ACircuitLivesOnWithItsCluster) {
  SnapshotBuilder builder;
  many(builder);
  const auto policy = [](int requests) {
    return str_cat("metadata { name: 'c' namespace: 'n' } spec { target_ref { kind: 'Service' "
                   "name: 's7' } ports { port: 80 } config { limits { requests: ", requests,
                   " } } }");
  };
  builder.add<v1::CircuitBreakingPolicy>(policy(5));
  const CompileResult before = compile(builder.build(), nullptr);
  const auto* old = before.table->clusters.find("n/s7:80")->get();
  ASSERT_NE(old->circuit, nullptr);
  EXPECT_EQ(before.table->clusters.find("n/s8:80")->get()->circuit, nullptr);
  builder.add<v1::CircuitBreakingPolicy>(policy(9));
  const CompileResult after = compile(builder.build(), before.table.get());
  EXPECT_EQ(after.work.clusters, 1U);
  const auto* now = after.table->clusters.find("n/s7:80")->get();
  EXPECT_EQ(now->circuit->limits.requests, 9U);
  EXPECT_EQ(now->circuit->gate, old->circuit->gate);
  EXPECT_EQ(now->circuit->breaker, old->circuit->breaker);
}

TEST(IncrementalCompile, AChangeThatConcernsNobodyMakesNothing) {
  SnapshotBuilder builder;
  const CompileResult before = compile(many(builder), nullptr);
  builder.add<v1::Namespace>("metadata { name: 'n' labels { key: 'a' value: 'b' } }");
  const CompileResult after = compile(builder.build(), before.table.get());
  EXPECT_EQ(after.work.routes + after.work.hosts + after.work.clusters, 0U);
  EXPECT_EQ(after.table->state.revision, before.table->state.revision + 1);
}

}  // namespace
}  // namespace limpet
