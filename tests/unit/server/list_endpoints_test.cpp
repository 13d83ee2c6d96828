#include "server/list_endpoints.h"

#include <gtest/gtest.h>

#include "tests/unit/server/health_world.h"

namespace limpet {
namespace {

using testing::HealthWorld;
using Listed = v1::ListEndpointsResponse::Endpoint;

class ListEndpointsTest : public ::testing::Test, protected HealthWorld {
 protected:
  absl::StatusOr<v1::ListEndpointsResponse> list(const std::string& service = "pipy") {
    v1::ListEndpointsRequest request;
    request.set_namespace_("server");
    request.set_service(service);
    return list_endpoints(request, applier, publisher, registry);
  }
  Listed listed(const std::string& name) {
    const auto response = list();
    for (const Listed& endpoint : response->endpoints()) {
      if (endpoint.name() == name) return endpoint;
    }
    ADD_FAILURE() << "no endpoint " << name;
    return {};
  }
};

TEST_F(ListEndpointsTest, TellsOfAllByPortAndName) {
  const auto response = list();
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->state().revision(), revision());
  ASSERT_EQ(response->endpoints_size(), 3);
  EXPECT_EQ(response->endpoints(0).name(), "10.0.0.3:8080");
  EXPECT_EQ(response->endpoints(1).name(), "e1");
  const Listed& last = response->endpoints(2);
  EXPECT_EQ(last.name(), "e2");
  EXPECT_EQ(last.uid(), endpoint("e2").uid);
  EXPECT_EQ(last.port(), 8080);
  ASSERT_EQ(last.addresses_size(), 1);
  EXPECT_EQ(last.addresses(0), "10.0.0.2:8080");
  EXPECT_TRUE(last.takes_new());
  EXPECT_TRUE(last.serves_sessions());
  EXPECT_TRUE(last.tried());
  EXPECT_FALSE(last.has_drain());
  EXPECT_FALSE(last.has_down());
  EXPECT_TRUE(last.opinions().empty());
}

TEST_F(ListEndpointsTest, TellsWhatNodesFindAndWhatCameOfIt) {
  find("n2", "e1", kUp);
  find("n1", "e1", kDown, "status 503");
  Listed e1 = listed("e1");
  ASSERT_EQ(e1.opinions_size(), 2);
  EXPECT_EQ(e1.opinions(0).node_id(), "n1");
  EXPECT_EQ(e1.opinions(0).health(), kDown);
  EXPECT_EQ(e1.opinions(0).problem(), "status 503");
  EXPECT_EQ(e1.opinions(1).health(), kUp);
  EXPECT_FALSE(e1.has_down());
  EXPECT_TRUE(e1.takes_new());

  const HealthVerdict verdict{endpoint("e1"), HealthVerdict::Is::kDown, {0, 1}, "status 503"};
  ASSERT_TRUE(applier.take_verdicts({verdict}, context).status.ok());
  e1 = listed("e1");
  EXPECT_EQ(e1.down().problem(), "status 503");
  EXPECT_FALSE(e1.takes_new());
  EXPECT_FALSE(e1.serves_sessions());
  EXPECT_FALSE(listed("e2").has_down());

  registry.disconnected(tickets["n1"], context.now_unix_ms);
  EXPECT_EQ(listed("e1").opinions_size(), 2) << "it may be back soon";
  registry.look_for_stale(context.now_unix_ms + NodeRegistry::kStaleMs);
  EXPECT_EQ(listed("e1").opinions_size(), 1);
}

TEST_F(ListEndpointsTest, TellsOfDrains) {
  v1::DrainRequest drain;
  drain.set_namespace_("server");
  drain.set_service("pipy");
  drain.add_endpoints("10.0.0.3");
  ASSERT_TRUE(applier.drain(drain, Origin{"", "peer"}, context).status.ok());
  const Listed unnamed = listed("10.0.0.3:8080");
  EXPECT_EQ(unnamed.drain().since_unix_ms(), context.now_unix_ms);
  EXPECT_FALSE(unnamed.takes_new());
  EXPECT_TRUE(unnamed.serves_sessions());
}

TEST_F(ListEndpointsTest, OfWhatNobodyTriesThereIsNothingFound) {
  find("n1", "e1", kDown);
  remove("HealthCheckPolicy", "pipy");
  EXPECT_FALSE(listed("e1").tried());
  EXPECT_TRUE(listed("e1").opinions().empty());
}

TEST_F(ListEndpointsTest, WithoutEndpointsItIsEmptyAndWithoutAServiceAnError) {
  apply({service("empty")});
  EXPECT_TRUE(list("empty")->endpoints().empty());
  const auto missing = list("nobody");
  EXPECT_TRUE(absl::IsNotFound(missing.status()));
  EXPECT_EQ(missing.status().message(), "not found: Service server/nobody");
  v1::ListEndpointsRequest elsewhere;
  elsewhere.set_service("pipy");
  EXPECT_EQ(list_endpoints(elsewhere, applier, publisher, registry).status().message(),
            "not found: Service default/pipy");
}

}  // namespace
}  // namespace limpet
