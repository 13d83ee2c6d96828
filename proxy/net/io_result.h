// What became of a read or a write that does not block.
#pragma once

#include <cstddef>

namespace limpet {

enum class IoStatus {
  kOk,
  kWouldBlock,  // an edge will tell
  kEnd,         // the peer has finished sending
  kError,       // the connection is broken
};

struct IoResult {
  IoStatus status = IoStatus::kWouldBlock;
  size_t size = 0;  // with kOk: bytes moved, at least 1
};

}  // namespace limpet
