// From a snapshot to the routing table that a node serves from. Pure: the same entries give the
// same table on every node and in the server's dry run, whatever way the snapshot was reached.
//
// The table before lends all that did not change: a compile costs what differs between the two
// snapshots, and what it does not concern is the same object before and after.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/routing/compile_error.h"
#include "core/routing/routing_table.h"
#include "core/snapshot/snapshot.h"

namespace limpet {

struct CompileResult {
  std::shared_ptr<const RoutingTable> table;  // null when there are errors
  std::vector<CompileError> errors;

  // What was made anew.
  struct Work {
    size_t routes = 0;  // read, once or more
    size_t hosts = 0;
    size_t clusters = 0;
  } work;
};

// `previous` may be null: then everything is new.
CompileResult compile(const Snapshot& snapshot, const RoutingTable* previous);

}  // namespace limpet
