// gwctl version: of this program and of the server.
#include <ostream>

#include "cli/commands/session.h"
#include "manifest/document.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  gwctl version\n"
    "  gwctl version --client\n";

struct VersionOptions {
  bool client_only = false;
  std::string output;
};

// What is known by then is printed, with an unreachable server too.
void print(const Session& session, const VersionOptions& options,
           const v1::GetVersionResponse* server) {
  DocumentNode document = DocumentNode::map();
  document.entries.emplace_back("clientVersion", DocumentNode::string(session.environment.version));
  if (server != nullptr) {
    document.entries.emplace_back("serverVersion", DocumentNode::string(server->version()));
    document.entries.emplace_back("head", to_document(server->head(), Unset::kShow));
  }
  if (options.output == "yaml") {
    session.out() << to_yaml(document);
  } else if (options.output == "json") {
    session.out() << to_json(document);
  } else {
    session.out() << "Client: " << session.environment.version << "\n";
    if (server == nullptr) return;
    session.out() << "Server: " << server->version() << " (revision " << server->head().revision()
                  << ")\n";
  }
}

int run_version(const Session& session, const VersionOptions& options) {
  if (options.client_only) {
    print(session, options, nullptr);
    return kOk;
  }
  const auto response = session.connect()->version();
  print(session, options, response.ok() ? &*response : nullptr);
  return response.ok() ? static_cast<int>(kOk) : session.fail(response.status());
}

}  // namespace

void add_version(CLI::App& app, Session& session) {
  const auto options = std::make_shared<VersionOptions>();
  CLI::App* verb = add_verb(app, session, "version", "Show the versions of gwctl and the server",
                            kExamples, options, run_version);
  verb->add_flag("--client", options->client_only, "Only gwctl's own; asks no server");
  verb->add_option("-o,--output", options->output, "yaml or json")
      ->check(CLI::IsMember({"yaml", "json"}));
}

}  // namespace limpet::cli
