// Verbs for programs: no help names them.
#pragma once

#include <string>
#include <vector>

#include "cli/commands/session.h"

namespace limpet::cli {

// gwctl __complete WORD...: what may stand in the place of the last word, a line each. Says nothing
// when the server does not answer at once.
int run_complete(CLI::App& app, Session& session, const std::vector<std::string>& words);

// gwctl __man DIRECTORY: writes the man page of each verb.
int run_man(const CLI::App& app, const Session& session, const std::vector<std::string>& words);

}  // namespace limpet::cli
