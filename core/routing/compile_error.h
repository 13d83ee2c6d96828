#pragma once

#include <string>

#include "core/resource/object.h"

namespace limpet {

// Why a snapshot cannot be compiled: an entry that a node cannot read at all. Objects that are
// merely wrong (a missing Service, an unknown backend kind) compile into what the Gateway API says
// the traffic then gets.
struct CompileError {
  EntryKey object;
  std::string field;
  std::string message;
};

}  // namespace limpet
