// gwctl nodes: who is connected, and which revision each node serves.
#include <ostream>
#include <set>

#include "cli/commands/node_text.h"
#include "cli/commands/session.h"
#include "cli/output/columns.h"
#include "cli/output/table.h"
#include "core/base/text.h"
#include "core/snapshot/digest.h"
#include "manifest/document.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  gwctl nodes\n"
    "  gwctl nodes -o wide\n"
    "  gwctl nodes -o json\n"
    "  # Now, and whenever a node comes, goes, or serves another revision\n"
    "  gwctl nodes -w\n"
    "  # After the server's database was restored: let the nodes follow\n"
    "  gwctl nodes adopt --all\n";

struct NodesOptions {
  std::string output;
  bool watch = false;
  bool no_headers = false;
};

bool serves_head(const v1::NodeStatus& node, const v1::StateId& head) {
  return node.active().revision() == head.revision() && node.active().epoch() == head.epoch();
}

std::string status_text(const v1::NodeStatus& node, const v1::StateId& head) {
  if (!node.connected()) return "Disconnected";
  if (node.stale()) return "Stale";
  if (node.held()) return "Held";
  if (node.rejected_revision() > 0) return "Rejected";
  const bool degraded = !node.report().failed_listeners().empty() ||
                        !node.report().state_file_problem().empty();
  if (degraded) return "Degraded";
  return serves_head(node, head) ? "Ready" : "Updating";
}

// What the node found on its own machine.
std::string report_text(const v1::Report& report) {
  std::vector<std::string> problems;
  for (const v1::Report::FailedListener& failed : report.failed_listeners()) {
    problems.push_back(str_cat("port ", failed.port(), ": ", failed.message()));
  }
  if (!report.state_file_problem().empty()) {
    problems.push_back(str_cat("not kept for a restart: ", report.state_file_problem()));
  }
  return join(problems, "; ");
}

std::string reasons_text(const v1::NodeStatus& node) {
  if (node.rejected_reasons().empty()) return report_text(node.report());
  if (node.held()) return reason_text(node.rejected_reasons(0));
  std::string text =
      str_cat("revision ", node.rejected_revision(), ": ", reason_text(node.rejected_reasons(0)));
  const int more = node.rejected_reasons_size() - 1;
  return more > 0 ? str_cat(text, " (and ", more, " more)") : text;
}

std::string duration_text(int64_t micros) {
  if (micros == 0) return {};
  return micros < 1000 ? str_cat(micros, "us") : str_cat((micros + 500) / 1000, "ms");
}

std::string since_text(int64_t unix_ms, absl::Time now) {
  return unix_ms == 0 ? std::string() : age(absl::FromUnixMillis(unix_ms), now);
}

std::string digest_text(const v1::StateId& state) {
  const auto digest = Digest::from_bytes(state.digest());
  return digest ? digest->to_hex() : std::string();
}

std::string labels_text(const v1::NodeStatus& node) {
  std::set<std::string> labels;
  for (const auto& [key, value] : node.labels()) labels.insert(str_cat(key, "=", value));
  return join(labels, ",");
}

// `response` is of ListNodes or of WatchNodes.
template <typename Response>
Table node_table(const Response& response, bool wide, absl::Time now) {
  std::vector<std::string> header = {"NODE",       "STATUS",    "ADDRESS", "REVISION",
                                     "APPLIED-IN", "LAST-SEEN", "REASON"};
  if (wide) {
    header.insert(header.end(), {"GATEWAYS", "LABELS", "CONNECTED", "PEER", "BUILD", "DIGEST"});
  }
  Table table(std::move(header));
  for (const v1::NodeStatus& node : response.nodes()) {
    std::vector<std::string> cells = {
        node.node_id(),
        status_text(node, response.head()),
        node.address(),
        str_cat(node.active().revision(), "/", response.head().revision()),
        duration_text(node.apply_micros()),
        since_text(node.last_seen_unix_ms(), now),
        reasons_text(node)};
    if (wide) {
      cells.push_back(node.gateways().empty() ? "*" : join(node.gateways(), ","));
      cells.push_back(labels_text(node));
      cells.push_back(node.connected() ? since_text(node.connected_since_unix_ms(), now) : "");
      cells.push_back(node.peer());
      cells.push_back(node.build());
      cells.push_back(digest_text(node.active()));
    }
    table.add(std::move(cells));
  }
  return table;
}

int watch_nodes(const Session& session, const NodesOptions& options) {
  const bool wide = options.output == "wide";
  std::vector<size_t> widths;
  bool with_header = !options.no_headers;
  const auto show = [&](const v1::WatchNodesResponse& news) {
    if (options.output == "yaml") {
      session.out() << "---\n" << to_yaml(to_document(news, Unset::kShow));
    } else if (options.output == "json") {
      session.out() << to_json(to_document(news, Unset::kShow));
    } else {
      const Table table = node_table(news, wide, session.environment.now());
      const bool header = std::exchange(with_header, false);
      session.out() << table.to_string(widths, session.layout(header));
      for (const std::string& id : news.gone()) session.err() << id << " is forgotten\n";
    }
    session.out().flush();
    return session.out().good();  // else nobody reads any more
  };
  const absl::Status status = session.connect()->watch_nodes(show);
  if (!status.ok()) return session.fail(status);
  if (!session.out().good()) return kOk;
  return session.fail(kUnreachable, "the server has ended the watch");
}

int run_nodes(const Session& session, const NodesOptions& options) {
  if (options.watch) return watch_nodes(session, options);
  const auto response = session.connect()->list_nodes();
  if (!response.ok()) return session.fail(response.status());
  if (options.output == "yaml") {
    session.out() << to_yaml(to_document(*response, Unset::kShow));
  } else if (options.output == "json") {
    session.out() << to_json(to_document(*response, Unset::kShow));
  } else if (response->nodes().empty()) {
    session.err() << "No node has connected yet.\n";
  } else {
    const bool wide = options.output == "wide";
    const Table table = node_table(*response, wide, session.environment.now());
    session.out() << table.to_string(session.layout(!options.no_headers));
  }
  return kOk;
}

}  // namespace

void add_nodes(CLI::App& app, Session& session) {
  const auto options = std::make_shared<NodesOptions>();
  CLI::App* verb = add_verb(app, session, "nodes",
                            "Show the nodes and the revision that each serves, of the newest",
                            kExamples, options, run_nodes);
  verb->add_option("-o,--output", options->output, "wide, yaml or json")
      ->check(CLI::IsMember({"wide", "yaml", "json"}));
  verb->add_flag("-w,--watch", options->watch, "Go on and show each node that changes");
  verb->add_flag("--no-headers", options->no_headers, "Without the line of the columns' names");
  add_nodes_adopt(*verb, session);
}

}  // namespace limpet::cli
