// A Service whose endpoints are tried, on a real store, and nodes that find what a test says.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "limpet/v1/state.pb.h"
#include "server/applier.h"
#include "server/node_registry.h"
#include "storage/sqlite_store.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/server/builders.h"

namespace limpet::testing {

// Of port 8080, which has the Service's endpoints tried.
inline v1::Resource health_policy(const std::string& service) {
  v1::Resource resource;
  v1::HealthCheckPolicy& policy = *resource.mutable_health_check_policy();
  policy.set_api_version("gateway.flomesh.io/v1alpha1");
  policy.set_kind("HealthCheckPolicy");
  policy.mutable_metadata()->set_name(service);
  policy.mutable_metadata()->set_namespace_("server");
  policy.mutable_spec()->mutable_target_ref()->set_kind("Service");
  policy.mutable_spec()->mutable_target_ref()->set_name(service);
  policy.mutable_spec()->add_ports()->set_port(8080);
  return resource;
}

struct HealthWorld {
  static constexpr auto kUp = v1::HealthReport::UP;
  static constexpr auto kDown = v1::HealthReport::DOWN;

  HealthWorld() {
    apply({service("pipy"), slice("one", "pipy", {"e1=10.0.0.1", "e2=10.0.0.2", "10.0.0.3"}),
           health_policy("pipy")});
  }

  void apply(const std::vector<v1::Resource>& resources) {
    const auto made = applier.apply(apply_request(resources), Origin{"", "peer"}, context);
    EXPECT_TRUE(made.status.ok()) << made.status;
  }
  void remove(const std::string& kind, const std::string& name) {
    v1::EntryKey key;
    key.set_kind(kind);
    key.set_namespace_("server");
    key.set_name(name);
    EXPECT_TRUE(applier.remove(delete_request({key}), Origin{"", "peer"}, context).status.ok());
  }

  static TriedEndpoint endpoint(const std::string& name) {
    return {"server", "pipy", 8080, named_endpoint_uid("server", "pipy", name)};
  }
  static v1::HealthReport report(const TriedEndpoint& endpoint, v1::HealthReport::Health health,
                                 const std::string& problem = "") {
    v1::HealthReport report;
    v1::HealthReport::Finding& finding = *report.add_findings();
    finding.set_namespace_(endpoint.ns);
    finding.set_service(endpoint.service);
    finding.set_port(endpoint.port);
    finding.set_endpoint_uid(endpoint.uid);
    finding.set_health(health);
    finding.set_problem(problem);
    return report;
  }
  void find(const std::string& node, const std::string& name, v1::HealthReport::Health health,
            const std::string& problem = "") {
    if (!tickets.contains(node)) connect(node);
    registry.found(tickets[node], report(endpoint(name), health, problem), context.now_unix_ms);
  }
  void connect(const std::string& node) {
    v1::Hello hello;
    hello.set_node_id(node);
    tickets[node] = registry.connect(hello, "peer", {}, context.now_unix_ms).value();
  }

  v1::EndpointState state(const std::string& key = "name:e1") const {
    const EntryPtr entry =
        publisher.head().find({std::string(kEndpointStateKind), "server", "pipy/" + key});
    v1::EndpointState state;
    EXPECT_TRUE(entry != nullptr && state.ParseFromString(entry->bytes));
    return state;
  }
  bool is_down(const std::string& name) const { return state("name:" + name).down_size() != 0; }
  uint64_t revision() const { return publisher.head().id().revision; }

  TemporaryDirectory directory;
  ChangeContext context = test_context();
  std::unique_ptr<SqliteStore> store =
      SqliteStore::open(directory / "limpet.db", Epoch(7U << 24)).value();
  Publisher publisher{open_state(*store, context).value()};
  Applier applier{*store, publisher};
  NodeRegistry registry;
  std::map<std::string, NodeRegistry::Ticket> tickets;
};

}  // namespace limpet::testing
