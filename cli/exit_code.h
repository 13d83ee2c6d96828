// What gwctl's exit codes mean (docs/gwctl.md), and what a server's answer makes of them.
#pragma once

#include <absl/status/status.h>

namespace limpet::cli {

enum ExitCode : int {
  kOk = 0,
  kFailed = 1,  // a condition that did not come true, or an error of the server's own
  kUsage = 2,
  kNotFound = 3,
  kConflict = 4,  // what is stored is not what it was expected to be
  kRejected = 5,  // by validation or by a guard; nothing was changed
  kTimedOut = 6,
  kUnreachable = 7,  // or denied
};

ExitCode exit_code_of(const absl::Status& status);

}  // namespace limpet::cli
