// --wait: until every connected node serves a revision.
#pragma once

#include <string>

#include "cli/commands/session.h"

namespace limpet::cli {

struct WaitOptions {
  bool wait = false;
  absl::Duration timeout = absl::Seconds(60);
  uint32_t percent = 100;  // of the connected nodes that are waited for
};

void add_wait_flags(CLI::App& verb, WaitOptions& options);
// Of --wait's flags, one each.
void add_percent_flag(CLI::App& verb, WaitOptions& options);
void add_timeout_flag(CLI::App& verb, WaitOptions& options);

// kOk when enough of them serve it, or when no node is connected; kFailed as soon as those that do
// not have refused it; kTimedOut. Names, on stderr, who does not serve it and why.
int wait_until_active(const Session& session, uint64_t revision, const WaitOptions& options);

}  // namespace limpet::cli
