// Explanations by what a server has, on a real store.
#include "server/session_explainer.h"

#include <memory>

#include <gtest/gtest.h>

#include "core/routing/compile_cluster.h"
#include "core/sticky/token.h"
#include "storage/sqlite_store.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

class SessionExplainerTest : public ::testing::Test {
 protected:
  SessionExplainerTest() {
    v1::Resource gateway;
    gateway.mutable_gateway()->mutable_metadata()->set_namespace_("server");
    gateway.mutable_gateway()->mutable_metadata()->set_name("edge");
    v1::Listener& listener = *gateway.mutable_gateway()->mutable_spec()->add_listeners();
    listener.set_name("http");
    listener.set_port(8000);
    listener.set_protocol("HTTP");
    gateway.mutable_gateway()->mutable_spec()->set_gateway_class_name("limpet");
    gateway.mutable_gateway()->set_api_version("gateway.networking.k8s.io/v1");
    gateway.mutable_gateway()->set_kind("Gateway");
    v1::Resource route;
    route.mutable_http_route()->set_api_version("gateway.networking.k8s.io/v1");
    route.mutable_http_route()->set_kind("HTTPRoute");
    route.mutable_http_route()->mutable_metadata()->set_namespace_("server");
    route.mutable_http_route()->mutable_metadata()->set_name("route");
    v1::HTTPRouteSpec& spec = *route.mutable_http_route()->mutable_spec();
    spec.add_parent_refs()->set_name("edge");
    v1::HTTPBackendRef& backend = *spec.add_rules()->add_backend_refs();
    backend.set_name("pipy");
    backend.set_port(8080);
    v1::Resource policy;
    v1::SessionStickyPolicy& sticky = *policy.mutable_session_sticky_policy();
    sticky.set_api_version("gateway.flomesh.io/v1alpha1");
    sticky.set_kind("SessionStickyPolicy");
    sticky.mutable_metadata()->set_namespace_("server");
    sticky.mutable_metadata()->set_name("sticky");
    sticky.mutable_spec()->mutable_target_ref()->set_kind("Service");
    sticky.mutable_spec()->mutable_target_ref()->set_name("pipy");
    sticky.mutable_spec()->add_ports()->set_port(8080);
    const auto made = applier_.apply(
        apply_request({service("pipy"), slice("one", "pipy", {"e1=10.0.0.1"}), gateway, route,
                       policy}),
        Origin{"", "peer"}, context_);
    EXPECT_TRUE(made.status.ok()) << made.status << " "
                                  << (made.violations.empty() ? "" : made.violations[0].field);
  }

  std::string token() const {
    const auto table = publisher_.compiled_head().table;
    const Cluster& cluster = (*table->clusters.find("server/pipy:8080"))->cluster;
    Binding binding;
    binding.scope = service_scope("server", "pipy", 8080);
    binding.backend = cluster.id;
    binding.endpoint = cluster.endpoints.at(0).uid;
    binding.created_unix_s = static_cast<uint32_t>(context_.now_unix_ms / 1000);
    binding.decided_at = table->time();
    SessionRecord record(5);
    record.put(binding);
    TokenCodec codec(1, context_.random);
    return codec.seal(record, table->keys, TokenPurpose::kCookie, "_srv_id");
  }
  void serve(const std::string& node, const StateId& state) {
    v1::Hello hello;
    hello.set_node_id(node);
    const auto ticket = registry_.connect(hello, "peer", {}, context_.now_unix_ms).value();
    registry_.active(ticket, state, 5, context_.now_unix_ms);
  }

  TemporaryDirectory directory_;
  ChangeContext context_ = test_context();
  std::unique_ptr<SqliteStore> store_ =
      SqliteStore::open(directory_ / "limpet.db", Epoch(7U << 24)).value();
  Publisher publisher_{open_state(*store_, context_).value()};
  Applier applier_{*store_, publisher_};
  NodeRegistry registry_;
  SessionExplainer explainer_{applier_, publisher_, registry_};
};

TEST_F(SessionExplainerTest, JudgesEachNodeByTheStateThatItServes) {
  v1::ExplainSessionRequest request;
  request.set_token(token());
  serve("behind", publisher_.head().id());
  v1::EvictSessionsRequest evict;
  evict.set_namespace_("server");
  evict.set_service("pipy");
  ASSERT_TRUE(applier_.evict(evict, {}, context_).status.ok());
  serve("there", publisher_.head().id());
  const auto session = explainer_.explain(request, context_.now_unix_ms);
  ASSERT_TRUE(session.ok()) << session.status();
  ASSERT_EQ(session->places_size(), 1);
  const auto& verdicts = session->places(0).verdicts();
  ASSERT_EQ(verdicts.size(), 3);
  EXPECT_EQ(verdicts[0].reason(), "evicted");
  EXPECT_EQ(verdicts[1].node(), "behind");
  EXPECT_EQ(verdicts[1].reason(), "hit");
  EXPECT_EQ(verdicts[1].endpoint(), "e1");
  EXPECT_EQ(verdicts[2].reason(), "evicted");
}

}  // namespace
}  // namespace limpet
