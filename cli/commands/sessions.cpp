// gwctl session: what becomes of clients' sessions, and their end.
#include "cli/commands/sessions.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  gwctl session explain -\n"
    "  gwctl session evict --service pipy -n server --wait\n";

}  // namespace

void add_session(CLI::App& app, Session& session) {
  CLI::App* verb = app.add_subcommand("session", "Explain clients' sessions, and end them");
  verb->require_subcommand(1);
  verb->footer(std::string("Examples:\n") + kExamples);
  add_session_explain(*verb, session);
  add_session_evict(*verb, session);
}

}  // namespace limpet::cli
