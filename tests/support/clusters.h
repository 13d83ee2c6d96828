// Clusters for tests of what decides over endpoints.
#pragma once

#include <string>
#include <vector>

#include "core/balance/cluster.h"
#include "core/base/text.h"

namespace limpet::testing {

// Endpoints 1, 2, ... with these weights, each at an address of its own; prepared as they are.
inline Cluster cluster_of_weights(const std::vector<uint32_t>& weights, Balancing balancing = {},
                                  OutlierSettings outlier = {},
                                  const Cluster* previous = nullptr) {
  Cluster cluster;
  cluster.name = "shop/web:80";
  cluster.rotation = std::make_shared<RoundRobin>();
  cluster.balancing = std::move(balancing);
  cluster.outlier = outlier;
  for (const uint32_t weight : weights) {
    Endpoint endpoint;
    endpoint.uid = cluster.endpoints.size() + 1;
    endpoint.name = str_cat("web-", endpoint.uid);
    endpoint.addresses = {*SocketAddress::parse(str_cat("10.0.0.", endpoint.uid), 80)};
    endpoint.weight = weight;
    cluster.eligible.push_back(static_cast<uint32_t>(cluster.endpoints.size()));
    cluster.endpoints.push_back(std::move(endpoint));
  }
  cluster.prepare(previous);
  return cluster;
}

}  // namespace limpet::testing
