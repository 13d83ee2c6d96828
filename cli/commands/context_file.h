#pragma once

#include "cli/commands/environment.h"
#include "cli/contexts/contexts.h"

namespace limpet::cli {

// A file that is not there has no contexts. Errors name the file.
absl::StatusOr<Contexts> read_contexts(const Environment& environment);
absl::Status write_contexts(const Environment& environment, const Contexts& contexts);

// What was given on the command line, and beside it what the named context (empty: the current one)
// has. NOT_FOUND: there is none of that name.
absl::StatusOr<Connection> complete(const Environment& environment, const Connection& given,
                                    const std::string& context);

}  // namespace limpet::cli
