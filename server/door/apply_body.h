// The body of POST /v1/apply.
#pragma once

#include <optional>
#include <string_view>

#include "server/door/call.h"

namespace limpet {

// Reads {"resources": [...], "deletes": [...], "pruneLabels": {...}, "options": {...}}, where
// resources are objects as Kubernetes writes them; or one such object; or a List of them. Every
// problem is told at once, under the place in the body: "resources[0].spec.ports".
std::optional<DoorError> read_apply(std::string_view body, v1::ApplyRequest& request);

}  // namespace limpet
