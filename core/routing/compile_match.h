// What an HTTPRouteMatch asks for, compiled.
#pragma once

#include <memory>

#include "core/routing/match_conditions.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

// Null when it asks for nothing but an exact path or a prefix. A condition that cannot be compiled
// (core/validate refuses it) never holds.
std::shared_ptr<const MatchConditions> compile_conditions(const v1::HTTPRouteMatch& match);

}  // namespace limpet
