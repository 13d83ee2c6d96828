// What the verbs that change something share: their flags, and how they tell what was done.
#pragma once

#include <string>

#include <google/protobuf/repeated_field.h>

#include "cli/commands/activation.h"
#include "cli/commands/session.h"

namespace limpet::cli {

struct ChangeFlags {
  std::string dry_run = "none";  // or "server"
  uint64_t expected_revision = 0;
  bool allow_mass_delete = false;
  std::string message;
  WaitOptions wait;
};

// --dry-run, --expected-revision, --allow-mass-delete, --message, --wait and --timeout.
void add_change_flags(CLI::App& verb, ChangeFlags& flags);
// Of these, the first two.
void add_dry_run_flags(CLI::App& verb, ChangeFlags& flags);
// The last three.
void add_message_flags(CLI::App& verb, ChangeFlags& flags);
// The last four.
void add_guard_flags(CLI::App& verb, ChangeFlags& flags);

v1::ChangeOptions options_of(const ChangeFlags& flags);

// Tells what was wrong with single fields, and why nothing was changed. The exit code.
int fail_change(const Session& session, const absl::Status& status);

using ObjectResults = google::protobuf::RepeatedPtrField<v1::ObjectResult>;

// "created", "deleted", ...
std::string_view outcome_text(v1::ObjectResult::Outcome outcome);

// "httproute.gateway.networking.k8s.io/fortio-route created", a line each; then waits, if asked to.
// The exit code of it all.
int finish_change(const Session& session, const ObjectResults& results, const v1::StateId& state,
                  const ChangeFlags& flags);

}  // namespace limpet::cli
