// gwctl history: what was changed, when, by whom and why.
#include <array>
#include <ostream>

#include <absl/strings/numbers.h>

#include "cli/commands/change.h"
#include "cli/commands/object_diff.h"
#include "cli/commands/resource_args.h"
#include "cli/output/columns.h"
#include "cli/output/label.h"
#include "cli/output/table.h"
#include "core/base/text.h"
#include "core/resource/object.h"
#include "core/snapshot/wire.h"
#include "manifest/document.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  # The newest revisions, the newest first\n"
    "  gwctl history --limit 10\n"
    "  # What revision 12 changed\n"
    "  gwctl history 12\n"
    "  # The revisions that changed one object\n"
    "  gwctl history httproute fortio-route -n server\n"
    "  gwctl history -o json\n";

struct HistoryOptions {
  std::vector<std::string> words;  // REVISION, or an object
  std::string ns = kDefaultNamespace;
  uint32_t limit = 20;
  std::string output;
};

// "2 created, 1 deleted"
std::string summary(const v1::Revision& revision) {
  constexpr std::array kOutcomes = {v1::ObjectResult::CREATED, v1::ObjectResult::CONFIGURED,
                                    v1::ObjectResult::DELETED};
  std::vector<std::string> parts;
  for (v1::ObjectResult::Outcome outcome : kOutcomes) {
    int count = 0;
    for (const v1::ObjectResult& change : revision.changes()) count += change.outcome() == outcome;
    if (count > 0) parts.push_back(str_cat(count, " ", outcome_text(outcome)));
  }
  return join(parts, ", ");
}

void print_document(const Session& session, const std::string& output,
                    const google::protobuf::Message& message) {
  const DocumentNode document = to_document(message, Unset::kShow);
  session.out() << (output == "yaml" ? to_yaml(document) : to_json(document));
}

int list_revisions(const Session& session, const HistoryOptions& options, const EntryKey* object) {
  v1::ListRevisionsRequest request;
  request.set_limit(options.limit);
  if (object != nullptr) *request.mutable_object() = to_proto(*object);
  const auto response = session.connect()->list_revisions(request);
  if (!response.ok()) return session.fail(response.status());
  if (!options.output.empty()) {
    print_document(session, options.output, *response);
    return kOk;
  }
  if (response->revisions().empty()) {
    session.err() << (object == nullptr ? "Nothing was changed yet.\n"
                                        : "No revision that is kept changed it.\n");
    return kOk;
  }
  Table table({"REVISION", "AGE", "ACTOR", "ACTION", "CHANGES", "MESSAGE"});
  const absl::Time now = session.environment.now();
  for (const v1::Revision& revision : response->revisions()) {
    table.add({str_cat(revision.revision()), age(absl::FromUnixMillis(revision.unix_ms()), now),
               revision.actor(), revision.action(), summary(revision), revision.message()});
  }
  session.out() << table.to_string(session.layout());
  return kOk;
}

void print_revision(const Session& session, const v1::Revision& revision) {
  std::ostream& out = session.out();
  const absl::Time time = absl::FromUnixMillis(revision.unix_ms());
  out << label_line("Revision", str_cat(revision.revision()))
      << label_line("Time", time_text(time, session.environment.now()))
      << label_line("Actor", revision.actor()) << label_line("Peer", revision.peer())
      << label_line("Action", revision.action()) << label_line("Message", revision.message());
  out << (revision.changes().empty() ? "Changes:      <none>\n" : "Changes:\n");
  for (const v1::ObjectResult& change : revision.changes()) {
    const v1::EntryKey& key = change.key();
    out << "  " << to_string(EntryKey{key.kind(), key.namespace_(), key.name()}) << " "
        << outcome_text(change.outcome()) << "\n";
  }
}

// How the revision differs from the one before it, as long as that one is kept.
int print_diff(const Session& session, Management& server, const v1::Revision& revision) {
  if (revision.changes().empty()) return kOk;
  v1::DiffRequest request;
  request.set_from(revision.revision() - 1);
  request.set_to(revision.revision());
  const auto response = server.diff(request);
  if (absl::IsOutOfRange(response.status())) {
    session.err() << "How the objects were before is not kept any more.\n";
    return kOk;
  }
  if (!response.ok()) return session.fail(response.status());
  const DiffSides sides{str_cat("revision ", request.from()), str_cat("revision ", request.to()),
                        session.environment.color};
  for (const v1::DiffResponse::Change& change : response->changes()) {
    const std::string text = object_diff(change.has_before() ? &change.before() : nullptr,
                                         change.has_after() ? &change.after() : nullptr, sides);
    if (!text.empty()) session.out() << "\n" << text;
  }
  return kOk;
}

int show_revision(const Session& session, const HistoryOptions& options, uint64_t wanted) {
  const std::unique_ptr<Management> server = session.connect();
  v1::ListRevisionsRequest request;
  request.set_limit(1);
  request.set_before(wanted + 1);
  const auto response = server->list_revisions(request);
  if (!response.ok()) return session.fail(response.status());
  if (response->revisions().empty() || response->revisions(0).revision() != wanted) {
    return session.fail(kNotFound, str_cat("there is no revision ", wanted, " in the history"));
  }
  const v1::Revision& revision = response->revisions(0);
  if (!options.output.empty()) {
    print_document(session, options.output, revision);
    return kOk;
  }
  print_revision(session, revision);
  return print_diff(session, *server, revision);
}

int run_history(const Session& session, const HistoryOptions& options) {
  uint64_t revision = 0;
  if (options.words.empty()) return list_revisions(session, options, nullptr);
  if (options.words.size() == 1 && absl::SimpleAtoi(options.words[0], &revision)) {
    return show_revision(session, options, revision);
  }
  const absl::StatusOr<ResourceArgs> args = parse_resource_args(options.words, options.ns);
  if (!args.ok()) return session.fail(kUsage, std::string(args.status().message()));
  if (args->keys.size() != 1) {
    return session.fail(kUsage, "history takes a revision, or one object: KIND NAME or KIND/NAME");
  }
  return list_revisions(session, options, &args->keys[0]);
}

}  // namespace

void add_history(CLI::App& app, Session& session) {
  const auto options = std::make_shared<HistoryOptions>();
  CLI::App* verb = add_verb(app, session, "history", "Show what was changed, when, by whom and why",
                            kExamples, options, run_history);
  verb->add_option("what", options->words,
                   "REVISION: what it changed; KIND NAME or KIND/NAME: what changed the object");
  verb->add_option("-n,--namespace", options->ns, "Namespace of the object")
      ->capture_default_str();
  verb->add_option("--limit", options->limit, "How many revisions to show")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("-o,--output", options->output, "yaml or json")
      ->check(CLI::IsMember({"yaml", "json"}));
}

}  // namespace limpet::cli
