// gwctl session evict: ends the sessions that a Service, or an endpoint of it, has now.
#include <ostream>

#include "cli/commands/change.h"
#include "cli/commands/sessions.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  # Every client of the Service begins a new session with its next request\n"
    "  gwctl session evict --service pipy -n server -m 'logged everybody out' --wait\n"
    "  # Only those whose sessions are at one endpoint, by its name or address\n"
    "  gwctl session evict --service pipy -n server --endpoint pipy-0\n"
    "  gwctl session evict --service pipy -n server --endpoint 10.0.0.7:8080\n";

struct EvictOptions {
  std::string service;
  std::string ns;
  std::string endpoint;
  ChangeFlags change;
};

int run_session_evict(const Session& session, const EvictOptions& options) {
  v1::EvictSessionsRequest request;
  request.set_namespace_(options.ns);
  request.set_service(options.service);
  request.set_endpoint(options.endpoint);
  *request.mutable_options() = options_of(options.change);
  const auto response = session.connect()->evict_sessions(request);
  if (!response.ok()) return fail_change(session, response.status());
  const bool dry_run = options.change.dry_run == "server";
  session.out() << "service/" << options.service << " sessions";
  if (!response->endpoint().empty()) session.out() << " of endpoint " << response->endpoint();
  session.out() << " evicted" << (dry_run ? " (server dry run)" : "") << "\n";
  session.out().flush();
  if (!options.change.wait.wait || dry_run) return kOk;
  return wait_until_active(session, response->state().revision(), options.change.wait);
}

}  // namespace

void add_session_evict(CLI::App& sessions, Session& session) {
  const auto options = std::make_shared<EvictOptions>();
  CLI::App* verb =
      add_verb(sessions, session, "evict",
               "End the sessions that a Service has now; the next request of each begins a new one",
               kExamples, options, run_session_evict);
  verb->add_option("--service", options->service, "Whose sessions end")->required();
  verb->add_option("-n,--namespace", options->ns, "Of the Service (default: default)");
  verb->add_option("--endpoint", options->endpoint,
                   "Of this endpoint alone, by its name or its address with or without the port");
  add_dry_run_flags(*verb, options->change);
  add_message_flags(*verb, options->change);
}

}  // namespace limpet::cli
