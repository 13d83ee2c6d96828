#include "core/routing/compile_cluster.h"

#include <gtest/gtest.h>

#include "core/routing/compile.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::SnapshotBuilder;

class CompileClusterTest : public ::testing::Test {
 protected:
  CompileClusterTest() {
    builder_.add<v1::Service>(
        "metadata { name: 's' namespace: 'n' } spec { ports { port: 80 } }");
    builder_.add<v1::EndpointSlice>(
        "metadata { name: 's-1' namespace: 'n' "
        "labels { key: 'kubernetes.io/service-name' value: 's' } } "
        "endpoints { addresses: '10.0.0.1' hostname: 'web-0' } "
        "endpoints { addresses: '10.0.0.2' hostname: 'web-1' } ports { port: 9000 }");
  }

  void set_state(const std::string& endpoint, const std::string& text) {
    builder_.put({std::string(kEndpointStateKind), "n", "s/name:" + endpoint},
                 serialize(testing::from_text<v1::EndpointState>(text)));
  }

  std::shared_ptr<const RoutingCluster> cluster() {
    CompileResult result = compile(builder_.build(), table_.get());
    EXPECT_TRUE(result.errors.empty());
    table_ = result.table;
    return *table_->clusters.find("n/s:80");
  }

  SnapshotBuilder builder_;
  std::shared_ptr<const RoutingTable> table_;
};

TEST_F(CompileClusterTest, ADrainedEndpointTakesNobodyNewAndKeepsItsSessions) {
  EXPECT_EQ(cluster()->cluster.eligible.size(), 2U);
  set_state("web-0", "uid: 7 drain { since_unix_ms: 5 deadline_unix_ms: 9 }");
  const auto draining = cluster();
  EXPECT_EQ(draining->cluster.eligible.size(), 1U);
  const Endpoint& endpoint = *draining->cluster.find(7);
  EXPECT_FALSE(endpoint.takes_new);
  EXPECT_TRUE(endpoint.serves_sessions);
  EXPECT_FALSE(endpoint.drained);
}

TEST_F(CompileClusterTest, OnceItIsOverItServesNobody) {
  set_state("web-0", "uid: 7 drain { over: true }");
  const auto drained = cluster();
  const Endpoint& endpoint = *drained->cluster.find(7);
  EXPECT_FALSE(endpoint.takes_new);
  EXPECT_FALSE(endpoint.serves_sessions);
  EXPECT_TRUE(endpoint.drained);
  set_state("web-0", "uid: 7");
  EXPECT_EQ(cluster()->cluster.eligible.size(), 2U) << "it is drained no longer";
}

TEST_F(CompileClusterTest, EvictionsAreOfTheServiceOrOfOneEndpoint) {
  EXPECT_EQ(cluster()->evictions, nullptr);
  const Epoch epoch = Epoch::make(1'700'000'000'000, 3);
  const std::string time = str_cat("epoch: ", epoch.value(), " revision: ");
  builder_.put({std::string(kServiceStateKind), "n", "s"},
               serialize(testing::from_text<v1::ServiceState>(
                   str_cat("evictions { ", time, "5 } evictions { ", time,
                           "8 endpoint_uid: 7 }"))));
  const auto evicted = cluster();
  const Evictions expected{{epoch.created(), 5}, {{7, {epoch.created(), 8}}}};
  EXPECT_EQ(*evicted->evictions, expected);
}

}  // namespace
}  // namespace limpet
