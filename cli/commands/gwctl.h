#pragma once

#include "cli/commands/environment.h"

namespace limpet::cli {

// The whole command line; its exit code.
int run_gwctl(int argc, const char* const* argv, const Environment& environment);

}  // namespace limpet::cli
