// Objects compiled as a node would: what the analysis and descriptions are read off.
#pragma once

#include <cstdint>
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

// Of two objects of one name, the later counts. What was told of Secrets stays: their values, which
// it was told of, are not here. The identities of endpoints, which only the server
// has, are made up: what is told of endpoints is how many there are and what they take.
// `now_unix_s`: for certificates whose values are here.
World make_world(std::span<const v1::Resource> objects, int64_t now_unix_s = 0);

}  // namespace limpet
