#include "cli/commands/gwctl.h"

#include <ostream>
#include <string>
#include <vector>

#include "cli/commands/context_file.h"
#include "cli/commands/hidden_verbs.h"
#include "cli/commands/session.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

constexpr char kExitCodes[] =
    "Exit codes:\n"
    "  0  done                        4  conflict with what is stored\n"
    "  1  failed, or a difference     5  rejected by validation or a guard\n"
    "  2  wrong use of gwctl          6  time is over\n"
    "  3  not found                   7  server not reachable, or access denied\n"
    "\n\"gwctl VERB --help\" shows examples of each verb.";

// CLI11 takes no std::string_view and keeps no streams of its own.
int report_parse_error(const CLI::App& app, const CLI::ParseError& error,
                       const Environment& environment) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    app.exit(error, environment.out, environment.err);  // --help, --version
    return kOk;
  }
  std::string verb;
  for (const CLI::App* chosen : app.get_subcommands()) verb = " " + chosen->get_name();
  environment.err << "gwctl: " << error.what() << "\nTry \"gwctl" << verb << " --help\".\n";
  return kUsage;
}

void add_verbs(CLI::App& app, Session& session) {
  add_validate(app, session);
  add_diff(app, session);
  add_analyze(app, session);
  add_trace(app, session);
  add_apply(app, session);
  add_get(app, session);
  add_describe(app, session);
  add_edit(app, session);
  add_explain(app, session);
  add_api_resources(app, session);
  add_delete(app, session);
  add_wait(app, session);
  add_history(app, session);
  add_rollback(app, session);
  add_audit(app, session);
  add_snapshot(app, session);
  add_nodes(app, session);
  add_session(app, session);
  add_endpoints(app, session);
  add_drain(app, session);
  add_undrain(app, session);
  add_keys(app, session);
  add_pki(app, session);
  add_token(app, session);
  add_context(app, session);
  add_completion(app, session);
  add_version(app, session);
}

void add_connection_flags(CLI::App& app, Session& session) {
  Connection& given = session.given;
  app.add_option("--server", given.server, "Address of the management server, HOST:PORT")
      ->envname("LIMPET_SERVER")
      ->default_str(kDefaultServer);
  app.add_option("--tls-ca", given.tls.ca, "PEM file: who the server is believed from")
      ->envname("LIMPET_TLS_CA");
  app.add_option("--tls-identity", given.tls.identity, "PEM file: your certificate and its key")
      ->envname("LIMPET_TLS_IDENTITY");
  app.add_option("--token-file", given.token_file, "File with a bearer token")
      ->envname("LIMPET_TOKEN_FILE");
  app.add_option("--token", given.token)->envname("LIMPET_TOKEN")->group("");
  app.add_option("--context", session.context, "How to reach the server, by name")
      ->envname("LIMPET_CONTEXT");
}

}  // namespace

int Session::fail(ExitCode code, const std::string& message) const {
  err() << "gwctl: " << message << "\n";
  return code;
}

int Session::fail(const absl::Status& status) const {
  return fail(exit_code_of(status), std::string(status.message()));
}

int run_gwctl(int argc, const char* const* argv, const Environment& environment) {
  Session session{.environment = environment, .run = {}};
  CLI::App app("gwctl - see and change the configuration of a Limpet cluster", "gwctl");
  app.footer(kExitCodes);
  app.require_subcommand(1);
  app.fallthrough();  // global flags may stand behind the verb
  app.set_version_flag("--version", str_cat("gwctl ", environment.version));
  add_connection_flags(app, session);
  add_verbs(app, session);
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "__complete") return run_complete(app, session, {argv + 2, argv + argc});
  if (first == "__man") return run_man(app, session, {argv + 2, argv + argc});
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_parse_error(app, error, environment);
  }
  absl::StatusOr<Connection> connection =
      complete(environment, session.given, session.context);
  // The verbs that mend contexts work without.
  if (!connection.ok() && !app.got_subcommand("context")) {
    return session.fail(kUsage, std::string(connection.status().message()));
  }
  if (connection.ok()) session.connection = *std::move(connection);
  const int code = session.run();
  environment.out.flush();
  return code;
}

}  // namespace limpet::cli
