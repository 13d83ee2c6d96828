// The simulation's configurations as requests to the server.
#pragma once

#include "limpet/v1/management.pb.h"
#include "tests/simulation/facts.h"

namespace limpet::simulation {

constexpr char kNamespace[] = "shop";
constexpr int kListenerPort = 80;
constexpr int kServicePort = 80;

// What leads from one configuration to the other. From an empty one: everything.
v1::ApplyRequest request_for(const Config& before, const Config& after);

}  // namespace limpet::simulation
