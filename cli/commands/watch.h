// get -w: objects, and then each change of them.
#pragma once

#include <string>

#include "cli/commands/fetch.h"

namespace limpet::cli {

// Runs until the server ends it, or gwctl is interrupted. `output` is that of get.
int watch_objects(const Session& session, const Selection& selection, const std::string& output);

}  // namespace limpet::cli
