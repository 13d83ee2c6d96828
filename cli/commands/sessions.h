// The verbs below "gwctl session", one file each.
#pragma once

#include "cli/commands/session.h"

namespace limpet::cli {

void add_session_evict(CLI::App& sessions, Session& session);
void add_session_explain(CLI::App& sessions, Session& session);

}  // namespace limpet::cli
