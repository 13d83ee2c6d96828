// However a state was reached, its table is the one that compiling it from nothing gives; and what
// a change does not concern is the same object before and after.
#include <random>

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::SnapshotBuilder;

std::string describe(const RankedRules& rules) {
  std::string text;
  for (const RankedRule& ranked : rules) {
    text += str_cat(" ", ranked.rule->name, "@", ranked.match_index);
    for (const RouteBackend& backend : ranked.rule->backends) {
      text += str_cat(">", backend.cluster ? backend.cluster->name : "-", "*", backend.weight);
    }
  }
  return text;
}

std::map<std::string, std::string> describe(const RoutingTable& table) {
  std::map<std::string, std::string> lines;
  for (const auto& [number, port] : table.ports) {
    port->listeners.for_each([&, number = number](const std::string& place,
                                                  const RoutingListener& listener) {
      const std::string at = str_cat(number, " ", place, " ");
      lines[at] = str_cat(listener.gateway, " ", listener.name);
      listener.hosts.for_each([&](const std::string& pattern, const VirtualHost& host) {
        host.exact.for_each([&](const std::string& path, const auto& rules) {
          lines[str_cat(at, pattern, " = ", path)] = describe(*rules);
        });
        host.prefixes.for_each([&](const std::string& path, const auto& rules) {
          lines[str_cat(at, pattern, " ^ ", path)] = describe(*rules);
        });
      });
    });
  }
  table.clusters.for_each([&](const std::string& name, const auto& cluster) {
    std::string text = cluster->policy ? cluster->policy->cookie_name : "-";
    for (const Endpoint& endpoint : cluster->cluster.endpoints) {
      text += str_cat(" ", endpoint.uid, endpoint.takes_new ? "+" : "-");
    }
    lines["cluster " + name] = text;
  });
  for (const RingKey& key : table.keys.keys) lines[str_cat("key ", key.id)] = "";
  lines["rules"] = std::to_string(table.rules);
  return lines;
}

// Adds or removes a random object out of a small world, so that changes often meet.
class World {
 public:
  explicit World(unsigned seed) : random_(seed) {}

  Snapshot change() {
    for (unsigned i = 0; i <= random_() % 3; ++i) change_one();
    return builder_.build();
  }

 private:
  std::string pick(std::initializer_list<const char*> words) {
    return words.begin()[random_() % words.size()];
  }
  std::string name() { return pick({"a", "b", "c"}); }

  void change_one() {
    const std::string ns = pick({"x", "y"});
    const std::string own = name();
    const std::string meta = str_cat("metadata { name: '", own, "' namespace: '", ns,
                                     "' creation_timestamp: '", random_() % 3, "' ");
    switch (random_() % 8) {
      case 0: return remove(ns, own);
      case 1: return add_gateway(meta);
      case 2:
      case 3: return add_route(meta, ns);
      case 4: {
        builder_.add<v1::Service>(str_cat(meta, "} spec { ports { port: ", 80 + random_() % 2,
                                          " } }"));
        return;
      }
      case 5: {
        builder_.add<v1::EndpointSlice>(
            str_cat(meta, "labels { key: 'kubernetes.io/service-name' value: '", name(),
                    "' } } endpoints { addresses: '10.0.0.", random_() % 4,
                    "' } ports { port: 9000 }"));
        return;
      }
      case 6: {
        builder_.add<v1::SessionStickyPolicy>(
            str_cat(meta, "} spec { target_ref { kind: 'Service' name: '", name(),
                    "' } ports { port: 80 config { cookie_name: '", own, "' } } }"));
        return;
      }
      default: {
        builder_.add<v1::Namespace>(str_cat("metadata { name: '", ns,
                                            "' labels { key: 'tier' value: '",
                                            pick({"web", "db"}), "' } }"));
        return;
      }
    }
  }

  void add_gateway(const std::string& meta) {
    std::string listeners;
    for (unsigned i = 0; i <= random_() % 2; ++i) {
      listeners += str_cat("listeners { name: 'l", i, "' port: ", 80 + random_() % 2,
                           " protocol: '", pick({"HTTP", "HTTP", "TCP"}), "' hostname: '",
                           pick({"", "*.h", "a.h"}), "' allowed_routes { namespaces { from: '",
                           pick({"All", "Same", "Selector"}),
                           "' selector { match_labels { key: 'tier' value: 'web' } } } } } ");
    }
    builder_.add<v1::Gateway>(str_cat(meta, "} spec { ", listeners, " }"));
  }

  void add_route(const std::string& meta, const std::string& ns) {
    std::string parents;
    for (unsigned i = 0; i <= random_() % 2; ++i) {
      parents += str_cat("parent_refs { name: '", name(), "' namespace: '", pick({"x", "y"}),
                         random_() % 3 == 0 ? "' port: 80 } " : "' } ");
    }
    builder_.add<v1::HTTPRoute>(str_cat(
        meta, "} spec { ", parents, random_() % 2 == 0 ? "hostnames: 'a.h' " : "",
        "rules { matches { path { type: '", pick({"Exact", "PathPrefix"}), "' value: '",
        pick({"/", "/p", "/p/q"}), "' } } backend_refs { name: '", name(), "' namespace: '", ns,
        "' port: 80 } } }"));
  }

  void remove(const std::string& ns, const std::string& own) {
    const std::string kind = pick({"Gateway", "HTTPRoute", "Service", "EndpointSlice",
                                   "SessionStickyPolicy", "Namespace"});
    builder_.remove(kind == "Namespace" ? EntryKey{kind, "", ns} : EntryKey{kind, ns, own});
  }

  std::mt19937 random_;
  SnapshotBuilder builder_;
};

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
