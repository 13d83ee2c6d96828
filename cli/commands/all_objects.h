// Everything that is stored, as the analysis needs it.
#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "cli/management.h"

namespace limpet::cli {

// Of all kinds that users write, from all namespaces. It takes as many calls as there are pages:
// a change in between may be seen in part.
absl::StatusOr<std::vector<v1::Resource>> all_objects(Management& server);

}  // namespace limpet::cli
