// From a snapshot to the routing table that a node serves from. Pure: the same entries give the
// same table on every node and in the server's dry run.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/routing/routing_table.h"
#include "core/snapshot/snapshot.h"

namespace limpet {

// Why a snapshot cannot be compiled: an entry that a node cannot read at all. Objects that are
// merely wrong (a missing Service, an unknown backend kind) compile into what the Gateway API says
// the traffic then gets.
struct CompileError {
  EntryKey object;
  std::string field;
  std::string message;
};

struct CompileResult {
  std::shared_ptr<const RoutingTable> table;  // null when there are errors
  std::vector<CompileError> errors;
};

// `previous` may be null. What did not change is taken over from it, so that counters and
// connections that hang off it go on.
CompileResult compile(const Snapshot& snapshot, const RoutingTable* previous);

}  // namespace limpet
