// gwctl rollback: users' objects as they were at a revision.
#include <ostream>

#include "cli/commands/change.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  # Which revisions there are, and what a rollback would undo\n"
    "  gwctl history\n"
    "  gwctl diff --from 12\n"
    "  gwctl rollback --to 12 --dry-run\n"
    "  gwctl rollback --to 12 -m 'the new path is wrong' --wait\n";

struct RollbackOptions {
  uint64_t to = 0;
  ChangeFlags change;
};

int run_rollback(const Session& session, const RollbackOptions& options) {
  v1::RollbackRequest request;
  request.set_to(options.to);
  *request.mutable_options() = options_of(options.change);
  const auto response = session.connect()->rollback(request);
  if (!response.ok()) return session.fail(response.status());
  if (response->results().empty()) {
    session.err() << "Nothing differs from revision " << options.to << ".\n";
  }
  return finish_change(session, response->results(), response->state(), options.change);
}

}  // namespace

void add_rollback(CLI::App& app, Session& session) {
  const auto options = std::make_shared<RollbackOptions>();
  CLI::App* verb = add_verb(app, session, "rollback",
                            "Make the objects what they were at a revision, as a new revision",
                            kExamples, options, run_rollback);
  verb->add_option("--to", options->to, "The revision")->required()->check(CLI::PositiveNumber);
  add_change_flags(*verb, options->change);
}

}  // namespace limpet::cli
