// Holds back a change that takes most of the traffic away: more often a mistake (an empty
// directory, a selector too wide) than a wish.
#pragma once

#include <cstddef>

#include <absl/status/status.h>

#include "core/snapshot/snapshot.h"

namespace limpet {

// So few are taken away without a question, however few there are.
inline constexpr size_t kUnguardedLosses = 5;

// FAILED_PRECONDITION when the change would leave fewer than half of the listeners, routes or
// endpoints, and more than kUnguardedLosses fewer; what is replaced is not lost. Costs in
// proportion to the change, unless that takes more than kUnguardedLosses listeners away.
absl::Status check_mass_delete(const Snapshot& before, const Delta& change);

}  // namespace limpet
