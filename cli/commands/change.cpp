#include "cli/commands/change.h"

#include <ostream>

#include "cli/output/columns.h"
#include "core/resource/kind.h"

namespace limpet::cli {

void add_change_flags(CLI::App& verb, ChangeFlags& flags) {
  add_dry_run_flags(verb, flags);
  add_guard_flags(verb, flags);
}

void add_dry_run_flags(CLI::App& verb, ChangeFlags& flags) {
  // In braces: what the flag without a value means.
  verb.add_flag("--dry-run{server}", flags.dry_run,
                "Ask the server what would happen, and change nothing")
      ->check(CLI::IsMember({"server", "none"}));
  verb.add_option("--expected-revision", flags.expected_revision,
                  "Only if the state is at exactly this revision; else exit code 4")
      ->check(CLI::PositiveNumber);
}

void add_guard_flags(CLI::App& verb, ChangeFlags& flags) {
  verb.add_flag(
      "--allow-mass-delete", flags.allow_mass_delete,
      "Go on although more than half of the listeners, routes or endpoints would be gone");
  add_message_flags(verb, flags);
}

void add_message_flags(CLI::App& verb, ChangeFlags& flags) {
  verb.add_option("-m,--message", flags.message, "Why, for the history");
  add_wait_flags(verb, flags.wait);
}

v1::ChangeOptions options_of(const ChangeFlags& flags) {
  v1::ChangeOptions options;
  options.set_validate_only(flags.dry_run == "server");
  options.set_expected_revision(flags.expected_revision);
  options.set_allow_mass_delete(flags.allow_mass_delete);
  options.set_message(flags.message);
  return options;
}

int fail_change(const Session& session, const absl::Status& status) {
  for (const FieldViolation& violation : violations_of(status)) {
    session.err() << violation.field << ": " << violation.description << "\n";
  }
  return session.fail(status);
}

std::string_view outcome_text(v1::ObjectResult::Outcome outcome) {
  switch (outcome) {
    case v1::ObjectResult::CREATED:
      return "created";
    case v1::ObjectResult::CONFIGURED:
      return "configured";
    case v1::ObjectResult::UNCHANGED:
      return "unchanged";
    case v1::ObjectResult::DELETED:
      return "deleted";
    case v1::ObjectResult::NOT_FOUND:
      return "not found";
    default:
      return "applied";
  }
}

int finish_change(const Session& session, const ObjectResults& results, const v1::StateId& state,
                  const ChangeFlags& flags) {
  const bool dry_run = flags.dry_run == "server";
  for (const v1::ObjectResult& result : results) {
    if (result.outcome() == v1::ObjectResult::NOT_FOUND) continue;
    const KindInfo* kind = find_kind(result.key().kind());
    session.out() << (kind == nullptr ? result.key().kind() : kind_label(*kind)) << "/"
                  << result.key().name() << " " << outcome_text(result.outcome())
                  << (dry_run ? " (server dry run)" : "") << "\n";
  }
  session.out().flush();
  if (!flags.wait.wait || dry_run) return kOk;
  return wait_until_active(session, state.revision(), flags.wait);
}

}  // namespace limpet::cli
