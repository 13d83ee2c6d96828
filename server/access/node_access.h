#pragma once

#include <absl/status/status.h>

#include "limpet/v1/discovery.pb.h"
#include "server/access/caller.h"

namespace limpet {

// Whether the caller is a node at all. PERMISSION_DENIED: it is somebody else.
absl::Status check_is_node(const Caller& caller);

// Whether the caller may open a node's stream with this Hello: it has to be that node, and may ask
// for no more Gateways than its certificate names. PERMISSION_DENIED says what is wrong.
absl::Status check_node(const Caller& caller, const v1::Hello& hello);

}  // namespace limpet
