// gwctl get: objects as tables, names, YAML or JSON.
#include <optional>
#include <ostream>
#include <span>

#include "cli/commands/fetch.h"
#include "cli/commands/object_choice.h"
#include "cli/commands/output_format.h"
#include "cli/commands/watch.h"
#include "cli/jsonpath/evaluate.h"
#include "cli/jsonpath/parser.h"
#include "cli/output/columns.h"
#include "core/base/text.h"
#include "core/resource/object.h"
#include "manifest/document.h"

namespace limpet::cli {
namespace {

using Kind = OutputFormat::Kind;

constexpr char kExamples[] =
    "  gwctl get httproutes -n server\n"
    "  gwctl get all -A\n"
    "  gwctl get gw,svc -o wide\n"
    "  gwctl get httproutes -A -l 'team=shop,tier in (web, api)'\n"
    "  gwctl get services -A --field-selector spec.type=ExternalName --sort-by metadata.name\n"
    "  # Labels as columns\n"
    "  gwctl get httproutes -A --show-labels -L team\n"
    "  # Fields of one's own choice\n"
    "  gwctl get svc -A -o custom-columns=NAME:.metadata.name,PORTS:.spec.ports[*].port\n"
    "  gwctl get hr -A -o jsonpath='{range .items[*]}{.metadata.name}{\"\\n\"}{end}'\n"
    "  # Now, and whenever one changes\n"
    "  gwctl get httproutes -A -w\n"
    "  # As it could be applied again\n"
    "  gwctl get httproute fortio-route -n server -o yaml\n";

struct GetOptions {
  Selection selection;
  std::string output;
  std::string fields;   // a field selector; empty: all
  std::string sort_by;  // a path; empty: as they come
  bool watch = false;
  bool no_headers = false;
  bool show_labels = false;
  std::vector<std::string> label_columns;
};

// What the flags say, understood.
struct View {
  OutputFormat format;
  FieldSelector fields;
  std::optional<jsonpath::Path> sort_by;
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
void print_tables(const Session& session, const GetOptions& options, const View& view,
                  const Fetched& fetched) {
  const std::span<const v1::Resource> all(fetched.resources);
  TableStyle style{.wide = view.format.kind == Kind::kWide,
                   .with_namespace = options.selection.all_namespaces,
                   .with_kind = &kind_of(all.front()) != &kind_of(all.back()),
                   .now = session.environment.now(),
                   .show_labels = options.show_labels,
                   .label_columns = options.label_columns};
  const TableLayout layout = session.layout(!options.no_headers);
  for (size_t begin = 0, end = 0; begin < all.size(); begin = end) {
    const KindInfo& kind = kind_of(all[begin]);
    while (end < all.size() && &kind_of(all[end]) == &kind) ++end;
    if (begin > 0 && !options.no_headers) session.out() << "\n";
    session.out() << kind_table(kind, all.subspan(begin, end - begin), style).to_string(layout);
  }
}

int print_columns(const Session& session, const GetOptions& options, const View& view,
                  const Fetched& fetched) {
  std::vector<DocumentNode> objects;
  for (const v1::Resource& resource : fetched.resources) {
    objects.push_back(to_document(*object_of(resource)));
  }
  const absl::StatusOr<Table> table = columns_table(view.format.columns, objects);
  if (!table.ok()) return session.fail(kUsage, std::string(table.status().message()));
  session.out() << table->to_string(session.layout(!options.no_headers));
  return kOk;
}

int print_template(const Session& session, const View& view, const Fetched& fetched) {
  const absl::StatusOr<std::string> text =
      jsonpath::render(view.format.parts, document_of(fetched));
  if (!text.ok()) return session.fail(kUsage, std::string(text.status().message()));
  session.out() << *text;
  return kOk;
}

int print(const Session& session, const GetOptions& options, const View& view,
          const Fetched& fetched) {
  switch (view.format.kind) {
    case Kind::kYaml:
      session.out() << to_yaml(document_of(fetched));
      return kOk;
    case Kind::kJson:
      session.out() << to_json(document_of(fetched));
      return kOk;
    case Kind::kName:
      print_names(session, fetched);
      return kOk;
    case Kind::kTemplate:
      return print_template(session, view, fetched);
    case Kind::kTable:
    case Kind::kWide:
    case Kind::kColumns:
      break;
  }
  if (fetched.resources.empty()) {
    const Selection& selection = options.selection;
    session.err() << "No resources found"
                  << (selection.all_namespaces ? "" : " in namespace " + selection.ns) << ".\n";
    return kOk;
  }
  if (view.format.kind == Kind::kColumns) return print_columns(session, options, view, fetched);
  print_tables(session, options, view, fetched);
  return kOk;
}

// Mistakes in flags are told before a server is asked.
int understand(const Session& session, const GetOptions& options, View& view) {
  const auto wrong = [&](std::string_view flag, const absl::Status& status) {
    return session.fail(kUsage, str_cat(flag, std_view(status.message())));
  };
  absl::StatusOr<OutputFormat> format = parse_output(options.output);
  if (!format.ok()) return wrong("", format.status());
  view.format = *std::move(format);
  absl::StatusOr<FieldSelector> fields = FieldSelector::parse(options.fields);
  if (!fields.ok()) return wrong("--field-selector: ", fields.status());
  view.fields = *std::move(fields);
  if (!options.sort_by.empty()) {
    absl::StatusOr<jsonpath::Path> path = jsonpath::parse_path(options.sort_by);
    if (!path.ok()) return wrong("--sort-by: ", path.status());
    view.sort_by = *std::move(path);
  }
  const bool own_format =
      view.format.kind == Kind::kColumns || view.format.kind == Kind::kTemplate;
  if (options.watch && (own_format || view.sort_by || !options.fields.empty())) {
    return session.fail(kUsage, "-w goes with tables, names, YAML and JSON alone, and neither with "
                                "--field-selector nor with --sort-by");
  }
  return kOk;
}

// --field-selector and --sort-by: the server has neither.
void choose(const GetOptions& options, const View& view, Fetched& fetched) {
  if (!options.fields.empty()) {
    std::erase_if(fetched.resources, [&](const v1::Resource& resource) {
      return !view.fields.selects(to_document(*object_of(resource)));
    });
  }
  if (view.sort_by) sort_objects(*view.sort_by, fetched.resources);
}

int run_get(const Session& session, const GetOptions& options) {
  View view;
  if (int code = understand(session, options, view); code != kOk) return code;
  if (options.watch) {
    return watch_objects(session, options.selection,
                         {view.format.kind, options.no_headers, options.show_labels,
                          options.label_columns});
  }
  Fetched fetched;
  const int code = fetch(session, options.selection, fetched);
  if (code != kOk && (code != kNotFound || fetched.resources.empty())) return code;
  if (fetched.one_by_name && !options.fields.empty()) {
    return session.fail(kUsage, "an object is got by its name or by its fields, not by both");
  }
  choose(options, view, fetched);
  const int printed = print(session, options, view, fetched);
  return printed == kOk ? code : printed;
}

}  // namespace

void add_get(CLI::App& app, Session& session) {
  const auto options = std::make_shared<GetOptions>();
  CLI::App* verb = add_verb(app, session, "get", "Show objects", kExamples, options, run_get);
  add_selection_flags(*verb, options->selection);
  verb->add_option("-o,--output", options->output, "How they are shown (see the examples)")
      ->type_name(kOutputValues);
  verb->add_option("--field-selector", options->fields,
                   "Objects with these fields: metadata.name=a,spec.type!=ExternalName");
  verb->add_option("--sort-by", options->sort_by, "A field that decides the order, as JSONPath");
  verb->add_flag("--no-headers", options->no_headers, "Without the line of the columns' names");
  verb->add_flag("--show-labels", options->show_labels, "All labels, as a last column");
  verb->add_option("-L,--label-columns", options->label_columns,
                   "KEY[,KEY...] of labels, a column each")
      ->delimiter(',')
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb->add_flag("-w,--watch", options->watch, "Go on and show each change as it is stored");
}

}  // namespace limpet::cli
