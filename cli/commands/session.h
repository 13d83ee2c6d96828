// What the verbs share: one run of gwctl.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/commands/environment.h"
#include "cli/exit_code.h"
#include "cli/output/table.h"

namespace limpet::cli {

// Filled while the command line is parsed; the chosen verb's `run` is called after that.
struct Session {
  const Environment& environment;
  Connection given = {};       // on the command line, or in the environment
  Connection connection = {};  // that, and what the context says beside it
  std::string context = {};    // its name; empty: the current one
  std::function<int()> run;

  std::ostream& out() const { return environment.out; }
  std::ostream& err() const { return environment.err; }
  // Of tables on `out`.
  TableLayout layout(bool with_header = true) const { return {with_header, environment.columns}; }
  std::unique_ptr<Management> connect() const { return environment.connect(connection); }

  // Says what went wrong, as a line on stderr; the exit code that belongs to it.
  int fail(const absl::Status& status) const;
  int fail(ExitCode code, const std::string& message) const;
};

// Adds a verb that runs `run` with the options that `options` points to, unless a verb below it
// was chosen.
template <typename Options>
CLI::App* add_verb(CLI::App& app, Session& session, const std::string& name,
                   const std::string& help, const std::string& examples,
                   std::shared_ptr<Options> options, int (*run)(const Session&, const Options&)) {
  CLI::App* verb = app.add_subcommand(name, help);
  verb->footer("Examples:\n" + examples);
  verb->callback([verb, &session, options, run] {
    if (!verb->get_subcommands().empty()) return;
    session.run = [&session, options, run] { return run(session, *options); };
  });
  return verb;
}

// The verbs, one file each.
void add_analyze(CLI::App& app, Session& session);
void add_api_resources(CLI::App& app, Session& session);
void add_apply(CLI::App& app, Session& session);
void add_audit(CLI::App& app, Session& session);
void add_completion(CLI::App& app, Session& session);
void add_context(CLI::App& app, Session& session);
void add_delete(CLI::App& app, Session& session);
void add_describe(CLI::App& app, Session& session);
void add_diff(CLI::App& app, Session& session);
void add_drain(CLI::App& app, Session& session);
void add_keys(CLI::App& app, Session& session);
void add_edit(CLI::App& app, Session& session);
void add_endpoints(CLI::App& app, Session& session);
void add_explain(CLI::App& app, Session& session);
void add_get(CLI::App& app, Session& session);
void add_history(CLI::App& app, Session& session);
void add_nodes(CLI::App& app, Session& session);
void add_nodes_adopt(CLI::App& nodes, Session& session);
void add_pki(CLI::App& app, Session& session);
void add_rollback(CLI::App& app, Session& session);
void add_session(CLI::App& app, Session& session);
void add_snapshot(CLI::App& app, Session& session);
void add_token(CLI::App& app, Session& session);
void add_trace(CLI::App& app, Session& session);
void add_undrain(CLI::App& app, Session& session);
void add_validate(CLI::App& app, Session& session);
void add_version(CLI::App& app, Session& session);
void add_wait(CLI::App& app, Session& session);

}  // namespace limpet::cli
