#include "core/balance/cluster.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(Cluster, FindsByUid) {
  Cluster cluster;
  for (const uint64_t uid : {3, 7, 9}) {
    Endpoint endpoint;
    endpoint.uid = uid;
    cluster.endpoints.push_back(endpoint);
  }
  EXPECT_EQ(cluster.find(7), &cluster.endpoints[1]);
  EXPECT_EQ(cluster.find(8), nullptr);
  EXPECT_EQ(cluster.find(10), nullptr);
  EXPECT_EQ(Cluster().find(1), nullptr);
}

}  // namespace
}  // namespace limpet
