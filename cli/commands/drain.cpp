// gwctl drain, gwctl undrain: endpoints that take no new sessions.
#include <ostream>

#include "cli/commands/activation.h"
#include "cli/commands/change.h"
#include "cli/commands/drain_wait.h"
#include "cli/commands/resource_args.h"
#include "cli/commands/session.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

constexpr char kDrainExamples[] =
    "  # No new sessions for pipy-0; those that it has stay until they end\n"
    "  gwctl drain pipy pipy-0 -n server\n"
    "  # Return when nobody can be there any more, at the latest after ten minutes\n"
    "  gwctl drain pipy pipy-0 -n server --deadline 10m --wait\n"
    "  # An endpoint without a name, by its address\n"
    "  gwctl drain pipy 10.0.0.7:8080 -n server\n"
    "\n\"gwctl undrain\" ends it.";

constexpr char kUndrainExamples[] =
    "  # Endpoints get new sessions again\n"
    "  gwctl undrain pipy pipy-0 pipy-1 -n server\n"
    "  # Return when every connected node serves it\n"
    "  gwctl undrain pipy pipy-0 -n server --wait\n";

struct DrainOptions {
  std::string service;
  std::vector<std::string> endpoints;
  std::string ns = kDefaultNamespace;
  absl::Duration deadline = absl::ZeroDuration();  // from now; 0: none
  ChangeFlags change;
};

v1::DrainRequest request_of(const DrainOptions& options) {
  v1::DrainRequest request;
  request.set_namespace_(options.ns);
  request.set_service(options.service);
  request.mutable_endpoints()->Assign(options.endpoints.begin(), options.endpoints.end());
  *request.mutable_options() = options_of(options.change);
  return request;
}

void tell(const Session& session, const DrainOptions& options,
          const google::protobuf::RepeatedPtrField<std::string>& endpoints, const char* outcome) {
  for (const std::string& endpoint : endpoints) {
    session.out() << "service/" << options.service << " endpoint " << endpoint << " " << outcome
                  << (options.change.dry_run == "server" ? " (server dry run)" : "") << "\n";
  }
  session.out().flush();
}

int run_drain(const Session& session, const DrainOptions& options) {
  v1::DrainRequest request = request_of(options);
  if (options.deadline > absl::ZeroDuration()) {
    request.set_deadline_unix_ms(
        absl::ToUnixMillis(session.environment.now() + options.deadline));
  }
  const auto response = session.connect()->drain(request);
  if (!response.ok()) return fail_change(session, response.status());
  tell(session, options, response->endpoints(), "draining");
  tell(session, options, response->unchanged(), "unchanged");
  if (!options.change.wait.wait || options.change.dry_run == "server") return kOk;
  DrainedEndpoints drained{options.ns, options.service,
                           {response->endpoints().begin(), response->endpoints().end()}};
  drained.names.insert(drained.names.end(), response->unchanged().begin(),
                       response->unchanged().end());
  return wait_until_safe(session, drained, options.change.wait.timeout);
}

int run_undrain(const Session& session, const DrainOptions& options) {
  v1::DrainRequest request = request_of(options);
  request.set_undo(true);
  const auto response = session.connect()->drain(request);
  if (!response.ok()) return fail_change(session, response.status());
  tell(session, options, response->endpoints(), "undrained");
  tell(session, options, response->unchanged(), "unchanged");
  if (!options.change.wait.wait || options.change.dry_run == "server") return kOk;
  return wait_until_active(session, response->state().revision(), options.change.wait);
}

void add_duration(CLI::App& verb, const char* flag, absl::Duration& duration,
                  const std::string& help) {
  verb.add_option_function<std::string>(
      flag,
      [flag, &duration](const std::string& text) {
        const bool ok = absl::ParseDuration(text, &duration);
        if (ok && duration > absl::ZeroDuration()) return;
        throw CLI::ValidationError(flag, "must be a duration such as 500ms, 30s or 2h");
      },
      help);
}

void add_arguments(CLI::App& verb, DrainOptions& options) {
  verb.add_option("service", options.service, "The Service")->required();
  verb.add_option("endpoint", options.endpoints,
                  "Its endpoints, by name, or address with or without the port")
      ->required();
  verb.add_option("-n,--namespace", options.ns, "Namespace of the Service")->capture_default_str();
  add_dry_run_flags(verb, options.change);
  verb.add_option("-m,--message", options.change.message, "Why, for the history");
}

}  // namespace

void add_drain(CLI::App& app, Session& session) {
  const auto options = std::make_shared<DrainOptions>();
  options->change.wait.timeout = absl::InfiniteDuration();
  CLI::App* verb = add_verb(app, session, "drain", "Let endpoints get no new sessions",
                            kDrainExamples, options, run_drain);
  add_arguments(*verb, *options);
  add_duration(*verb, "--deadline", options->deadline,
               "When sessions that are still there leave, too, from now: such as 30s, 10m or 2h");
  verb->add_flag("--wait", options->change.wait.wait, "Return when the endpoints are safe to stop");
  add_duration(*verb, "--timeout", options->change.wait.timeout,
               "How long to wait, such as 30s or 2h (default: as long as it takes)");
}

void add_undrain(CLI::App& app, Session& session) {
  const auto options = std::make_shared<DrainOptions>();
  CLI::App* verb = add_verb(app, session, "undrain", "Let drained endpoints get new sessions again",
                            kUndrainExamples, options, run_undrain);
  add_arguments(*verb, *options);
  verb->add_flag("--wait", options->change.wait.wait, "Return when every connected node serves it");
  add_timeout_flag(*verb, options->change.wait);
}

}  // namespace limpet::cli
