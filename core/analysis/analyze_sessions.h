// Services whose sessions share a cookie in browsers, since routes lead to them on one host.
#pragma once

#include <vector>

#include "core/analysis/analysis.h"

namespace limpet {

// Requires: the world has a table.
std::vector<Finding> analyze_sessions(const World& world);

}  // namespace limpet
