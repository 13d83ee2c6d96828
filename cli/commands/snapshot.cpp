// gwctl snapshot: the server's whole database as a file, and back.
#include <ostream>

#include "cli/commands/change.h"
#include "cli/commands/session.h"
#include "cli/commands/snapshot_file.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  gwctl snapshot save limpet-backup.db\n"
    "  # What a restore would change; then do it\n"
    "  gwctl snapshot restore limpet-backup.db --dry-run\n"
    "  gwctl snapshot restore limpet-backup.db -m 'the morning state'\n"
    "  gwctl nodes adopt --all\n";

constexpr char kSaveExamples[] =
    "  gwctl snapshot save limpet-backup.db\n"
    "  # In the place of the file that is there\n"
    "  gwctl snapshot save limpet-backup.db --force\n";

constexpr char kRestoreExamples[] =
    "  gwctl snapshot restore limpet-backup.db --dry-run\n"
    "  gwctl snapshot restore limpet-backup.db -m 'the morning state'\n"
    "  # Only if nobody has changed anything since revision 42\n"
    "  gwctl snapshot restore limpet-backup.db --expected-revision 42\n"
    "  # Then let the nodes follow\n"
    "  gwctl nodes adopt --all\n";

struct NoOptions {};

struct SaveOptions {
  std::string file;
  bool force = false;
};

struct RestoreOptions {
  std::string file;
  bool dry_run = false;
  bool force = false;
  uint64_t expected_revision = 0;
  std::string message;
};

int run_snapshot(const Session& session, const NoOptions&) {
  return session.fail(kUsage, "snapshot takes save or restore; see \"gwctl snapshot --help\"");
}

std::string name_of(const v1::StateId& state) {
  return str_cat("revision ", state.revision(), " of epoch ", absl::Hex(state.epoch()));
}

int run_save(const Session& session, const SaveOptions& options) {
  SavedFile file(options.file);
  if (absl::Status begun = file.begin(options.force); !begun.ok()) return session.fail(begun);
  absl::Status saved = session.connect()->save_snapshot(
      [&file](const v1::SaveSnapshotResponse& part) { return file.add(part); });
  if (saved.ok()) saved = file.finish();
  if (!saved.ok()) return session.fail(saved);
  session.out() << "saved " << name_of(file.state()) << " in " << options.file << " ("
                << file.bytes() << " bytes)\n";
  session.err() << "It holds the keys that seal sessions: keep it where only you can read it.\n";
  return kOk;
}

void tell_restored(const Session& session, const v1::RestoreSnapshotResponse& done, bool dry_run) {
  std::ostream& out = session.out();
  out << (dry_run ? "would restore " : "restored ") << name_of(done.saved()) << " as ";
  if (dry_run) {
    out << "revision " << done.state().revision() << " of a new epoch";
  } else {
    out << name_of(done.state());
  }
  out << ", in the place of " << name_of(done.replaced()) << "\n"
      << "objects: " << done.created() << " created, " << done.changed() << " configured, "
      << done.deleted() << " deleted\n"
      << "keys: " << done.kept_keys() << " kept of the replaced database\n";
  if (done.held_nodes() == 0) return;
  session.err() << (dry_run ? "Nodes that would serve on" : "Nodes that serve on")
                << " with what they have: " << done.held_nodes()
                << "; let them follow with: gwctl nodes adopt --all\n";
}

int run_restore(const Session& session, const RestoreOptions& options) {
  v1::ChangeOptions change;
  change.set_validate_only(options.dry_run);
  change.set_allow_mass_delete(options.force);
  change.set_expected_revision(options.expected_revision);
  change.set_message(options.message);
  FileToRestore file(options.file);
  if (absl::Status begun = file.begin(change); !begun.ok()) return session.fail(begun);
  const auto done = session.connect()->restore_snapshot(
      [&file](v1::RestoreSnapshotRequest& part) { return file.next(part); });
  if (!done.ok()) return fail_change(session, done.status());
  tell_restored(session, *done, options.dry_run);
  return kOk;
}

}  // namespace

void add_snapshot(CLI::App& app, Session& session) {
  CLI::App* verb = add_verb(app, session, "snapshot",
                            "Save the server's database, with its history and keys, or restore it",
                            kExamples, std::make_shared<NoOptions>(), run_snapshot);

  const auto save = std::make_shared<SaveOptions>();
  CLI::App* save_verb = add_verb(*verb, session, "save", "Write the server's database to a file",
                                 kSaveExamples, save, run_save);
  save_verb->add_option("file", save->file, "Readable by you alone, as it holds keys")->required();
  save_verb->add_flag("--force", save->force, "Replace the file if it is there");

  const auto restore = std::make_shared<RestoreOptions>();
  CLI::App* restore_verb = add_verb(*verb, session, "restore", "Make a saved database the server's",
                                    kRestoreExamples, restore, run_restore);
  restore_verb->add_option("file", restore->file, "What \"gwctl snapshot save\" wrote")->required();
  restore_verb->add_flag("--dry-run", restore->dry_run,
                         "Check the file and tell what would change, and change nothing");
  restore_verb
      ->add_option("--expected-revision", restore->expected_revision,
                   "Only if the state is at exactly this revision; else exit code 4")
      ->check(CLI::PositiveNumber);
  restore_verb->add_flag(
      "--force,--allow-mass-delete", restore->force,
      "Go on although more than half of the listeners, routes or endpoints would be gone");
  restore_verb->add_option("-m,--message", restore->message, "Why, for the history");
}

}  // namespace limpet::cli
