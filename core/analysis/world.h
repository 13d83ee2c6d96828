// Objects compiled as a node would: what the analysis and descriptions are read off.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/routing/compile.h"
#include "core/routing/routing_table.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

struct World {
  // By key, each with the status that follows from the configuration alone.
  std::vector<v1::Resource> objects;
  std::shared_ptr<const RoutingTable> table;  // null when there are errors
  std::vector<CompileError> errors;
};

// Of two objects of one name, the later counts. The identities of endpoints, which only the server
// has, are made up: what is told of endpoints is how many there are and what they take.
World make_world(std::span<const v1::Resource> objects);

}  // namespace limpet
