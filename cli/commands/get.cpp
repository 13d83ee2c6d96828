// gwctl get: objects as tables, names, YAML or JSON.
#include <ostream>
#include <span>

#include "cli/commands/fetch.h"
#include "cli/commands/watch.h"
#include "cli/output/columns.h"
#include "core/base/text.h"
#include "core/resource/object.h"
#include "manifest/document.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  gwctl get httproutes -n server\n"
    "  gwctl get all -A\n"
    "  gwctl get gw,svc -o wide\n"
    "  gwctl get httproutes -A -l 'team=shop,tier in (web, api)'\n"
    "  # Now, and whenever one changes\n"
    "  gwctl get httproutes -A -w\n"
    "  # As it could be applied again\n"
    "  gwctl get httproute fortio-route -n server -o yaml\n";

struct GetOptions {
  Selection selection;
  std::string output;
  bool watch = false;
};

const KindInfo& kind_of(const v1::Resource& resource) {
  return *find_kind(object_of(resource)->GetDescriptor()->name());
}

// One object as itself, several as a List, as kubectl has it.
DocumentNode document_of(const Fetched& fetched) {
  if (fetched.one_by_name) return to_document(*object_of(fetched.resources[0]));
  DocumentNode list = DocumentNode::map();
  list.entries.emplace_back("apiVersion", DocumentNode::string("v1"));
  list.entries.emplace_back("kind", DocumentNode::string("List"));
  DocumentNode items = DocumentNode::list();
  for (const v1::Resource& resource : fetched.resources) {
    items.items.push_back(to_document(*object_of(resource)));
  }
  list.entries.emplace_back("items", std::move(items));
  return list;
}

void print_names(const Session& session, const Fetched& fetched) {
  for (const v1::Resource& resource : fetched.resources) {
    session.out() << kind_label(kind_of(resource)) << "/" << key_of(resource).name << "\n";
  }
}

// A table per kind, with an empty line between them.
void print_tables(const Session& session, const GetOptions& options, const Fetched& fetched) {
  const std::span<const v1::Resource> all(fetched.resources);
  TableStyle style{.wide = options.output == "wide",
                   .with_namespace = options.selection.all_namespaces,
                   .with_kind = &kind_of(all.front()) != &kind_of(all.back()),
                   .now = session.environment.now()};
  for (size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    const KindInfo& kind = kind_of(all[begin]);
    while (end < all.size() && &kind_of(all[end]) == &kind) ++end;
    if (begin > 0) session.out() << "\n";
    session.out() << kind_table(kind, all.subspan(begin, end - begin), style).to_string();
  }
}

int run_get(const Session& session, const GetOptions& options) {
  if (options.watch) return watch_objects(session, options.selection, options.output);
  Fetched fetched;
  const int code = fetch(session, options.selection, fetched);
  if (code != kOk && (code != kNotFound || fetched.resources.empty())) return code;
  if (options.output == "yaml") {
    session.out() << to_yaml(document_of(fetched));
  } else if (options.output == "json") {
    session.out() << to_json(document_of(fetched));
  } else if (options.output == "name") {
    print_names(session, fetched);
  } else if (!fetched.resources.empty()) {
    print_tables(session, options, fetched);
  } else if (options.selection.all_namespaces) {
    session.err() << "No resources found.\n";
  } else {
    session.err() << "No resources found in namespace " << options.selection.ns << ".\n";
  }
  return code;
}

}  // namespace

void add_get(CLI::App& app, Session& session) {
  const auto options = std::make_shared<GetOptions>();
  CLI::App* verb = add_verb(app, session, "get", "Show objects", kExamples, options, run_get);
  add_selection_flags(*verb, options->selection);
  verb->add_option("-o,--output", options->output, "wide, yaml, json or name")
      ->check(CLI::IsMember({"wide", "yaml", "json", "name"}));
  verb->add_flag("-w,--watch", options->watch, "Go on and show each change as it is stored");
}

}  // namespace limpet::cli
