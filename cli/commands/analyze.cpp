// gwctl analyze: what is wrong with what is stored, and what a change would make of it.
#include <ostream>
#include <utility>

#include "cli/commands/all_objects.h"
#include "cli/commands/manifest_input.h"
#include "manifest/document.h"
#include "cli/output/findings_text.h"
#include "core/analysis/analysis.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  # What is wrong with what is stored\n"
    "  gwctl analyze\n"
    "  # What an apply would break, and what it would mend\n"
    "  gwctl analyze -f examples/session-sticky/\n"
    "  # The files by themselves; no server is asked\n"
    "  gwctl analyze --offline -f examples/session-sticky/\n"
    "\nExit code 0: no issues (-f: none introduced), 1: there are, more than 1: an error.";

struct AnalyzeOptions {
  std::vector<std::string> files;
  std::string default_namespace;
  std::string output;
  bool offline = false;
};

using Section = std::pair<const char*, const std::vector<Finding>*>;

// "issuesIntroduced" as a title is "Issues introduced".
std::string title_of(std::string_view name) {
  std::string title;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper) title += ' ';
    title += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  title[0] = static_cast<char>(title[0] - 'a' + 'A');
  return title;
}

// The exit code follows from the first section.
int print(const Session& session, const std::string& output, const std::vector<Section>& sections) {
  DocumentNode document = DocumentNode::map();
  for (const auto& [name, findings] : sections) {
    if (output.empty()) {
      if (name != sections.front().first) session.out() << "\n";
      session.out() << title_of(name) << ":\n" << findings_text(*findings);
    } else {
      document.entries.emplace_back(name, findings_document(*findings));
    }
  }
  if (output == "yaml") session.out() << to_yaml(document);
  if (output == "json") session.out() << to_json(document);
  return sections.front().second->empty() ? kOk : kFailed;
}

// Here 1 says that there are issues.
int error_code(int code) { return code == kFailed ? static_cast<int>(kUnreachable) : code; }

int run_analyze(const Session& session, const AnalyzeOptions& options) {
  if (options.offline && options.files.empty()) {
    return session.fail(kUsage, "--offline looks at files: name them with -f");
  }
  std::vector<v1::Resource> changed;
  if (int code = load_objects(session, options.files, options.default_namespace, changed);
      code != kOk) {
    return code;
  }
  const int64_t now_unix_s = absl::ToUnixSeconds(session.environment.now());
  if (options.offline) {
    const std::vector<Finding> issues = analyze(make_world(changed, now_unix_s));
    return print(session, options.output, {{"issues", &issues}});
  }
  const auto stored = all_objects(*session.connect());
  if (!stored.ok()) return error_code(session.fail(stored.status()));
  const std::vector<Finding> before = analyze(make_world(*stored, now_unix_s));
  if (options.files.empty()) return print(session, options.output, {{"issues", &before}});
  const std::string now =
      absl::FormatTime(absl::RFC3339_sec, session.environment.now(), absl::UTCTimeZone());
  const FindingChanges changes =
      compare(before, analyze(make_world(after_apply(*stored, changed, now), now_unix_s)));
  return print(session, options.output,
               {{"issuesIntroduced", &changes.introduced},
                {"issuesFixed", &changes.fixed},
                {"issuesUnchanged", &changes.unchanged}});
}

}  // namespace

void add_analyze(CLI::App& app, Session& session) {
  const auto options = std::make_shared<AnalyzeOptions>();
  CLI::App* verb =
      add_verb(app, session, "analyze", "Tell what is wrong, or what an apply would break and mend",
               kExamples, options, run_analyze);
  add_file_flag(*verb, options->files);
  verb->add_option("-n,--namespace", options->default_namespace,
                   "Namespace of objects that name none");
  verb->add_flag("--offline", options->offline, "Look at the files alone, and ask no server");
  verb->add_option("-o,--output", options->output, "yaml or json")
      ->check(CLI::IsMember({"yaml", "json"}));
}

}  // namespace limpet::cli
