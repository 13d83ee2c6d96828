// drain --wait: until drained endpoints may be stopped.
#pragma once

#include <string>
#include <vector>

#include "cli/commands/session.h"

namespace limpet::cli {

struct DrainedEndpoints {
  std::string ns;
  std::string service;
  std::vector<std::string> names;
};

// Says "safe to stop" of each as soon as it is; kOk when all are, kTimedOut, kNotFound when one is
// not listed any more, kConflict when one is not drained any more. Names, on stderr, the nodes that
// are not connected and may not know of it.
int wait_until_safe(const Session& session, const DrainedEndpoints& endpoints,
                    absl::Duration timeout);

}  // namespace limpet::cli
