// gwctl api-resources: the kinds that there are, and what they are called.
#include <ostream>

#include "cli/commands/session.h"
#include "cli/output/table.h"
#include "core/base/text.h"
#include "core/resource/kind.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  gwctl api-resources\n"
    "  # With every version that is accepted\n"
    "  gwctl api-resources -o wide\n"
    "  # For scripts\n"
    "  gwctl api-resources --namespaced=true -o name\n";

struct ApiResourcesOptions {
  std::string output;
  std::string namespaced;  // "true", "false", or "" for both
  bool no_headers = false;
};

int run_api_resources(const Session& session, const ApiResourcesOptions& options) {
  const bool wide = options.output == "wide";
  std::vector<std::string> header = {"NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"};
  if (wide) header.emplace_back("VERSIONS");
  Table table(std::move(header));
  for (const KindInfo& kind : user_kinds()) {
    const std::string namespaced = kind.namespaced ? "true" : "false";
    if (!options.namespaced.empty() && options.namespaced != namespaced) continue;
    if (options.output == "name") {
      session.out() << kind.plural << (kind.group.empty() ? "" : ".") << kind.group << "\n";
      continue;
    }
    std::vector<std::string> cells = {std::string(kind.plural), std::string(kind.short_name),
                                      api_versions_of(kind).front(), namespaced,
                                      std::string(kind.kind)};
    if (wide) cells.push_back(join(kind.versions, ","));
    table.add(std::move(cells));
  }
  if (!table.empty()) session.out() << table.to_string(session.layout(!options.no_headers));
  return kOk;
}

}  // namespace

void add_api_resources(CLI::App& app, Session& session) {
  const auto options = std::make_shared<ApiResourcesOptions>();
  CLI::App* verb = add_verb(app, session, "api-resources", "Show the kinds of objects there are",
                            kExamples, options, run_api_resources);
  verb->add_option("-o,--output", options->output, "wide or name")
      ->check(CLI::IsMember({"wide", "name"}));
  verb->add_flag("--namespaced{true}", options->namespaced,
                 "Only kinds whose objects are in a namespace (=false: in none)")
      ->check(CLI::IsMember({"true", "false"}));
  verb->add_flag("--no-headers", options->no_headers, "Without the line of the columns' names");
}

}  // namespace limpet::cli
