// gwctl endpoints: the endpoints of a Service, and what each of them takes.
#include <ostream>

#include "cli/commands/resource_args.h"
#include "cli/commands/session.h"
#include "cli/output/endpoint_text.h"
#include "manifest/document.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  gwctl endpoints pipy -n server\n"
    "  # With what nodes find wrong with them\n"
    "  gwctl endpoints pipy -n server -o wide\n"
    "  gwctl endpoints pipy -n server -o json\n";

struct EndpointsOptions {
  std::string service;
  std::string ns = kDefaultNamespace;
  std::string output;
  bool no_headers = false;
};

int run_endpoints(const Session& session, const EndpointsOptions& options) {
  v1::ListEndpointsRequest request;
  request.set_namespace_(options.ns);
  request.set_service(options.service);
  const auto response = session.connect()->list_endpoints(request);
  if (!response.ok()) return session.fail(response.status());
  if (options.output == "yaml") {
    session.out() << to_yaml(to_document(*response, Unset::kShow));
  } else if (options.output == "json") {
    session.out() << to_json(to_document(*response, Unset::kShow));
  } else if (response->endpoints().empty()) {
    session.err() << "Service " << options.ns << "/" << options.service << " has no endpoints.\n";
  } else {
    const Table table =
        endpoint_table(*response, options.output == "wide", session.environment.now());
    session.out() << table.to_string(session.layout(!options.no_headers));
  }
  return kOk;
}

}  // namespace

void add_endpoints(CLI::App& app, Session& session) {
  const auto options = std::make_shared<EndpointsOptions>();
  CLI::App* verb = add_verb(app, session, "endpoints",
                            "Show a Service's endpoints, and which of them are drained or down",
                            kExamples, options, run_endpoints);
  verb->add_option("service", options->service, "The Service")->required();
  verb->add_option("-n,--namespace", options->ns, "Namespace of the Service")
      ->capture_default_str();
  verb->add_option("-o,--output", options->output, "wide, yaml or json")
      ->check(CLI::IsMember({"wide", "yaml", "json"}));
  verb->add_flag("--no-headers", options->no_headers, "Without the line of the columns' names");
}

}  // namespace limpet::cli
