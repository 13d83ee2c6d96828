// gwctl keys: the keys that seal clients' session tokens.
#include <algorithm>
#include <ostream>

#include <absl/strings/str_format.h>

#include "cli/commands/change.h"
#include "cli/commands/progress_line.h"
#include "cli/output/columns.h"
#include "cli/output/table.h"
#include "core/base/text.h"

namespace limpet::cli {
namespace {

constexpr char kListExamples[] = "  gwctl keys list\n";
constexpr char kRotateExamples[] =
    "  # Replace the key that seals sessions; no session moves\n"
    "  gwctl keys rotate\n"
    "  # Return when the new one does\n"
    "  gwctl keys rotate -m 'a disk was lost' --wait --timeout 1m\n";

constexpr absl::Duration kBetweenQuestions = absl::Milliseconds(500);

using Key = v1::ListKeysResponse::Key;

struct KeyOptions {
  ChangeFlags change;
};

std::string name_of(uint32_t id) { return absl::StrFormat("%x", id); }

// Newest first: those before the one that mints have not minted yet.
bool is_coming(const v1::ListKeysResponse& keys, const Key& key) {
  for (const Key& other : keys.keys()) {
    if (other.mints()) return key.id() > other.id();
  }
  return true;
}

std::string state_of(const v1::ListKeysResponse& keys, const Key& key) {
  if (key.mints()) return "mints";
  return is_coming(keys, key) ? "coming" : "opens";
}

std::string time_left(int64_t unix_ms, absl::Time now) {
  if (unix_ms == 0) return "-";
  const absl::Time until = absl::FromUnixMillis(unix_ms);
  return until <= now ? "0s" : age(now, until);
}

int run_list(const Session& session, const KeyOptions&) {
  const auto response = session.connect()->list_keys();
  if (!response.ok()) return session.fail(response.status());
  const absl::Time now = session.environment.now();
  Table table({"KEY", "AGE", "STATE", "OPENS-FOR", "MISSING-ON"});
  for (const Key& key : response->keys()) {
    table.add({name_of(key.id()), age(absl::FromUnixMillis(key.created_unix_ms()), now),
               state_of(*response, key), time_left(key.opens_until_unix_ms(), now),
               key.missing().empty() ? "-" : join(key.missing(), ",")});
  }
  session.out() << table.to_string(session.layout());
  if (response->next_rotation_unix_ms() != 0) {
    session.err() << "The next key comes in "
                  << time_left(response->next_rotation_unix_ms(), now) << ".\n";
  }
  return kOk;
}

// Asks until the key mints, and tells whom it waits for meanwhile.
class MintWait {
 public:
  MintWait(const Session& session, uint32_t id, absl::Duration timeout)
      : session_(session),
        id_(id),
        end_(session.environment.now() + timeout),
        server_(session.connect()),
        line_(session) {}

  int run() {
    while (true) {
      const auto keys = server_->list_keys();
      if (!keys.ok()) return fail(keys.status());
      const auto found = std::find_if(keys->keys().begin(), keys->keys().end(),
                                      [&](const Key& key) { return key.id() == id_; });
      if (found == keys->keys().end()) {
        return fail(absl::AbortedError("the key is not there any more"));
      }
      if (!is_coming(*keys, *found)) break;
      const std::string why = text_of(*found);
      const absl::Duration left = end_ - session_.environment.now();
      if (left <= absl::ZeroDuration()) return time_is_over(why);
      line_.show(why);
      session_.environment.sleep(std::min(left, kBetweenQuestions));
    }
    line_.clear();
    session_.out() << "key/" << name_of(id_) << " mints\n" << std::flush;
    return kOk;
  }

 private:
  std::string text_of(const Key& key) const {
    if (key.missing().empty()) {
      return str_cat("key ", name_of(id_), " waits for a node to connect, or for those to come "
                     "back that were there before the server's start");
    }
    return str_cat("key ", name_of(id_), " waits for ", join(key.missing(), ", "),
                   " to have it on disk");
  }

  int fail(const absl::Status& status) {
    line_.clear();
    return session_.fail(absl::Status(
        status.code(), str_cat("stored, but not waited for to the end: ", status.message())));
  }

  int time_is_over(const std::string& why) {
    line_.clear();
    return session_.fail(kTimedOut, str_cat("stored, but the time is over: ", why));
  }

  const Session& session_;
  const uint32_t id_;
  const absl::Time end_;
  const std::unique_ptr<Management> server_;
  ProgressLine line_;
};

int run_rotate(const Session& session, const KeyOptions& options) {
  v1::RotateKeysRequest request;
  *request.mutable_options() = options_of(options.change);
  const auto response = session.connect()->rotate_keys(request);
  if (!response.ok()) return fail_change(session, response.status());
  const bool dry_run = options.change.dry_run == "server";
  session.out() << "key/" << name_of(response->id())
                << (response->began() ? " coming" : " is coming already")
                << (dry_run ? " (server dry run)" : "") << "\n"
                << std::flush;
  if (!options.change.wait.wait || dry_run) return kOk;
  return MintWait(session, response->id(), options.change.wait.timeout).run();
}

}  // namespace

void add_keys(CLI::App& app, Session& session) {
  const auto options = std::make_shared<KeyOptions>();
  CLI::App* keys =
      app.add_subcommand("keys", "Show and replace the keys that seal clients' sessions");
  keys->require_subcommand(1);
  keys->footer(str_cat("Examples:\n", kListExamples, kRotateExamples));
  add_verb(*keys, session, "list", "Show the keys, without their secrets, newest first",
           kListExamples, options, run_list);
  CLI::App* rotate = add_verb(*keys, session, "rotate", "Begin to replace the key that mints",
                              kRotateExamples, options, run_rotate);
  add_dry_run_flags(*rotate, options->change);
  rotate->add_option("-m,--message", options->change.message, "Why, for the history");
  rotate->add_flag("--wait", options->change.wait.wait, "Return when the new key mints");
  add_timeout_flag(*rotate, options->change.wait);
}

}  // namespace limpet::cli
