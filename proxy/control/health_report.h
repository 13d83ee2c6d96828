// What a node tells its server of endpoints (HealthReport).
#pragma once

#include <vector>

#include "limpet/v1/discovery.pb.h"
#include "proxy/control/health_checker.h"

namespace limpet {

// The findings, in their order, in messages of at most kMaxFindings.
inline constexpr size_t kMaxFindings = 1'000;
std::vector<v1::NodeMessage> health_messages(const std::vector<HealthFinding>& findings);

}  // namespace limpet
