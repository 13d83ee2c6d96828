// What of a ReferenceGrant has no effect.
#pragma once

#include <vector>

#include "core/analysis/analysis.h"
#include "core/routing/routing_table.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

std::vector<Finding> analyze_grant(const v1::ReferenceGrant& grant, const RoutingTable& table);

}  // namespace limpet
