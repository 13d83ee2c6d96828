// gwctl describe: everything about objects, for people to read.
#include <map>
#include <ostream>

#include "cli/commands/all_objects.h"
#include "cli/commands/change.h"
#include "cli/commands/fetch.h"
#include "cli/output/columns.h"
#include "cli/output/endpoint_text.h"
#include "cli/output/findings_text.h"
#include "cli/output/label.h"
#include "cli/output/relations_text.h"
#include "cli/output/status_text.h"
#include "cli/output/table.h"
#include "core/analysis/analysis.h"
#include "core/base/text.h"
#include "core/resource/object.h"
#include "core/snapshot/wire.h"
#include "manifest/document.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  gwctl describe httproute fortio-route -n server\n"
    "  gwctl describe gateways -A\n";

struct DescribeOptions {
  Selection selection;
};

void print_line(std::ostream& out, std::string_view label, std::string_view value) {
  out << label_line(label, value);
}

void print_map(std::ostream& out, std::string_view label,
               const google::protobuf::Map<std::string, std::string>& entries) {
  const std::map<std::string, std::string> sorted(entries.begin(), entries.end());
  if (sorted.empty()) print_line(out, label, "");
  std::string_view shown = label;
  for (const auto& [key, value] : sorted) {
    if (shown.empty()) {
      out << std::string(kLabelWidth, ' ') << key << "=" << value << "\n";
    } else {
      print_line(out, shown, str_cat(key, "=", value));
    }
    shown = {};
  }
}

std::string created_text(const v1::ObjectMeta& metadata, absl::Time now) {
  absl::Time created;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, metadata.creation_timestamp(), &created, &error)) {
    return metadata.creation_timestamp();
  }
  return time_text(created, now);
}

// What is told of an object beside itself. It takes all the others: who may not read them is told
// of the object alone.
struct Surroundings {
  absl::Status told;  // not OK: nothing of the rest
  World world;
  std::vector<Finding> findings;
};

Surroundings surroundings_of(Management& server, int64_t now_unix_s) {
  Surroundings around;
  const auto objects = all_objects(server);
  around.told = objects.status();
  if (!objects.ok()) return around;
  around.world = make_world(*objects, now_unix_s);
  around.findings = analyze(around.world);
  return around;
}

std::string analysis_text(const Surroundings& around, const EntryKey& key) {
  if (absl::IsPermissionDenied(around.told)) {
    return label_line("Analysis", "not told: it takes the role viewer in all namespaces");
  }
  if (!around.told.ok()) {
    return label_line("Analysis", str_cat("not told: ", std_view(around.told.message())));
  }
  const std::vector<Finding> own = findings_of(around.findings, key);
  return own.empty() ? label_line("Analysis", "None") : "Analysis:\n" + findings_text(own);
}

void print_object(const Session& session, const v1::Resource& resource,
                  const Surroundings& around) {
  std::ostream& out = session.out();
  const google::protobuf::Message& object = *object_of(resource);
  const v1::ObjectMeta& metadata = metadata_of(object);
  const EntryKey key = key_of(resource);
  const DocumentNode document = to_document(object);
  print_line(out, "Name", key.name);
  if (!key.ns.empty()) print_line(out, "Namespace", key.ns);
  print_line(out, "Kind", key.kind);
  for (const auto& [name, value] : document.entries) {
    if (name == "apiVersion") print_line(out, "API Version", value.text);
  }
  print_map(out, "Labels", metadata.labels());
  print_map(out, "Annotations", metadata.annotations());
  print_line(out, "Created", created_text(metadata, session.environment.now()));
  print_line(out, "UID", metadata.uid());
  print_line(out, "Generation", str_cat(metadata.generation()));
  print_line(out, "Revision", metadata.resource_version());

  // The rest, whatever the kind has; the status comes last, as a table.
  DocumentNode rest = DocumentNode::map();
  for (const DocumentNode::Entry& entry : document.entries) {
    const bool shown =
        entry.first == "apiVersion" || entry.first == "kind" || entry.first == "metadata" ||
        entry.first == "status";
    if (!shown) rest.entries.push_back(entry);
  }
  if (!rest.entries.empty()) out << to_yaml(rest);
  out << relations_text(around.world, key) << status_text(resource)
      << analysis_text(around, key);
}

// What has become of a Service's endpoints. Who may not be told, or asks a server that does not
// know, is told the rest.
void print_endpoints(const Session& session, Management& server, const EntryKey& key) {
  if (key.kind != "Service") return;
  v1::ListEndpointsRequest request;
  request.set_namespace_(key.ns);
  request.set_service(key.name);
  const auto response = server.list_endpoints(request);
  if (!response.ok()) return;
  session.out() << troubled_endpoints_text(*response, session.environment.now());
}

// The newest changes of the object.
absl::Status print_events(const Session& session, Management& server, const EntryKey& key) {
  constexpr uint32_t kShown = 10;
  v1::ListRevisionsRequest request;
  request.set_limit(kShown);
  *request.mutable_object() = to_proto(key);
  const auto response = server.list_revisions(request);
  if (!response.ok()) return response.status();
  Table table({"  REVISION", "AGE", "ACTOR", "ACTION", "CHANGE", "MESSAGE"});
  const absl::Time now = session.environment.now();
  for (const v1::Revision& revision : response->revisions()) {
    const auto outcome = revision.changes().empty() ? v1::ObjectResult::OUTCOME_UNSPECIFIED
                                                    : revision.changes(0).outcome();
    table.add({str_cat("  ", revision.revision()),
               age(absl::FromUnixMillis(revision.unix_ms()), now), revision.actor(),
               revision.action(), std::string(outcome_text(outcome)), revision.message()});
  }
  session.out() << (table.empty() ? label_line("Events", "") : "Events:\n" + table.to_string());
  return absl::OkStatus();
}

int run_describe(const Session& session, const DescribeOptions& options) {
  Fetched fetched;
  const int code = fetch(session, options.selection, fetched);
  const std::unique_ptr<Management> server = session.connect();
  const int64_t now_unix_s = absl::ToUnixSeconds(session.environment.now());
  const Surroundings around =
      fetched.resources.empty() ? Surroundings() : surroundings_of(*server, now_unix_s);
  bool first = true;
  for (const v1::Resource& resource : fetched.resources) {
    if (!first) session.out() << "\n\n";
    print_object(session, resource, around);
    print_endpoints(session, *server, key_of(resource));
    const absl::Status told = print_events(session, *server, key_of(resource));
    if (!told.ok()) return session.fail(told);
    first = false;
  }
  if (code == kOk && fetched.resources.empty()) session.err() << "No resources found.\n";
  return code;
}

}  // namespace

void add_describe(CLI::App& app, Session& session) {
  const auto options = std::make_shared<DescribeOptions>();
  CLI::App* verb = add_verb(app, session, "describe", "Show everything about objects", kExamples,
                            options, run_describe);
  add_selection_flags(*verb, options->selection);
}

}  // namespace limpet::cli
