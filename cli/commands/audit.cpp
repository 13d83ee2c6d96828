// gwctl audit: who did what, from where.
#include <ostream>

#include "cli/commands/session.h"
#include "cli/output/columns.h"
#include "cli/output/table.h"
#include "core/base/text.h"
#include "manifest/document.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  gwctl audit\n"
    "  gwctl audit --limit 500 -o json\n";

struct AuditOptions {
  uint32_t limit = 50;
  std::string output;
};

int run_audit(const Session& session, const AuditOptions& options) {
  v1::ListAuditRequest request;
  request.set_limit(options.limit);
  const auto response = session.connect()->list_audit(request);
  if (!response.ok()) return session.fail(response.status());
  if (!options.output.empty()) {
    const DocumentNode document = to_document(*response, Unset::kShow);
    session.out() << (options.output == "yaml" ? to_yaml(document) : to_json(document));
    return kOk;
  }
  if (response->records().empty()) {
    session.err() << "Nothing was done yet.\n";
    return kOk;
  }
  Table table({"ID", "AGE", "ACTOR", "PEER", "ACTION", "REVISION", "MESSAGE"});
  const absl::Time now = session.environment.now();
  for (const v1::ListAuditResponse::Record& record : response->records()) {
    table.add({str_cat(record.id()), age(absl::FromUnixMillis(record.unix_ms()), now),
               record.actor(), record.peer(), record.action(),
               record.revision() == 0 ? "" : str_cat(record.revision()), record.message()});
  }
  session.out() << table.to_string(session.layout());
  return kOk;
}

}  // namespace

void add_audit(CLI::App& app, Session& session) {
  const auto options = std::make_shared<AuditOptions>();
  CLI::App* verb =
      add_verb(app, session, "audit", "Show who did what", kExamples, options, run_audit);
  verb->add_option("--limit", options->limit, "How many records to show, the newest first")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb->add_option("-o,--output", options->output, "yaml or json")
      ->check(CLI::IsMember({"yaml", "json"}));
}

}  // namespace limpet::cli
