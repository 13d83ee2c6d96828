// gwctl nodes adopt: lets nodes leave the database that they serve for the server's.
#include <ostream>

#include "cli/commands/session.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  # After the server's database was restored or begun anew\n"
    "  gwctl nodes adopt node-1 node-2\n"
    "  gwctl nodes adopt --all\n";

struct AdoptOptions {
  std::vector<std::string> nodes;
  bool all = false;
};

int run_adopt(const Session& session, const AdoptOptions& options) {
  if (options.all == !options.nodes.empty()) {
    return session.fail(kUsage, "nodes adopt takes either NODE... or --all");
  }
  v1::AdoptNodesRequest request;
  request.mutable_node_ids()->Assign(options.nodes.begin(), options.nodes.end());
  request.set_all(options.all);
  const auto response = session.connect()->adopt_nodes(request);
  if (!response.ok()) return session.fail(response.status());
  for (const std::string& id : response->adopted()) {
    session.out() << "node/" << id << " adopted\n";
  }
  const auto asked = static_cast<int>(options.nodes.size());
  if (response->adopted_size() == 0) {
    session.err() << "No node waits to be adopted; \"gwctl nodes\" shows what each serves.\n";
  } else if (!options.all && response->adopted_size() < asked) {
    session.err() << asked - response->adopted_size()
                  << " of the nodes did not wait to be adopted.\n";
  }
  return kOk;
}

}  // namespace

void add_nodes_adopt(CLI::App& nodes, Session& session) {
  const auto options = std::make_shared<AdoptOptions>();
  CLI::App* verb = add_verb(nodes, session, "adopt",
                            "Let nodes that serve another database's state follow this server",
                            kExamples, options, run_adopt);
  verb->add_option("node", options->nodes, "Nodes, as \"gwctl nodes\" names them");
  verb->add_flag("--all", options->all, "Every connected node that waits for it");
}

}  // namespace limpet::cli
